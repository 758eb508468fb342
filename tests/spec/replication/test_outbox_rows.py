"""Which change shows what on the Internet side."""

from decimal import Decimal

import pytest

from ocms_core.kernel.changes import (
    AddressFurnished,
    Change,
    CourtDueDateRecorded,
    CurrentOffenderSet,
    DetailFurnished,
    NoticeChanged,
    NoticePutBack,
    NoticesChanged,
    NoticesMoved,
    OffenderCleared,
    OffenderHistoryKept,
    OffendersRenamed,
    OffenderUpdated,
    SuspensionOpened,
    SuspensionShownOnNotices,
)
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import SuspensionRecord
from ocms_core.replication.outbox_rows import NOTICE, OFFENDER, OutboxRow, OutboxRows, outbox_rows
from tests.support.builders import DUE, NOW, SINCE, WWP, shown
from tests.support.cases import Case, parametrize_cases
from tests.support.offender_builders import EMPLOYEE, JOHN, ORCHARD

CASES: tuple[Case[None, Change, OutboxRow | OutboxRows | None], ...] = (
    Case(
        rule="G12",
        name="a stage move shows",
        ask=NoticeChanged("N1", move=StageMove("CPC", SINCE, "WAR", NOW)),
        says=OutboxRow(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="so does that of several notices, each by its own row",
        ask=NoticesMoved((("N1", SINCE), ("N2", SINCE)), "CPC", "WAR", NOW, NextStage(None, None)),
        says=OutboxRows(NOTICE, (("N1", None), ("N2", None))),
    ),
    Case(
        rule="G12",
        name="and a change of several that is the same on each",
        ask=NoticesChanged((("N1", SINCE), ("N2", NOW)), NoticeChanged("N1", suspension=shown("PS", "WWP"))),
        says=OutboxRows(NOTICE, (("N1", None), ("N2", None))),
    ),
    Case(
        rule="G12",
        name="of several of which the audit columns alone change nothing shows",
        ask=NoticesChanged((("N1", SINCE), ("N2", NOW)), NoticeChanged("N1")),
        says=None,
    ),
    Case(
        rule="G12",
        name="a suspension of several notices shows on each",
        ask=SuspensionShownOnNotices(("N1", "N2"), shown("TS", "HST", NOW)),
        says=OutboxRows(NOTICE, (("N1", None), ("N2", None))),
    ),
    Case(
        rule="G12",
        name="a suspension shows",
        ask=NoticeChanged("N1", suspension=shown("PS", "WWP", NOW)),
        says=OutboxRow(NOTICE, "N1"),
    ),
    Case(
        rule=("G12", "K4"),
        name="a notice that is put back shows",
        ask=NoticePutBack("N1", {"last_processing_stage": "DN1"}),
        says=OutboxRow(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="another name of an identity shows in each of its roles",
        ask=OffendersRenamed((("N1", "O"), ("N2", "H")), "JOHN LEE"),
        says=OutboxRows(OFFENDER, (("N1", "O"), ("N2", "H"))),
    ),
    Case(
        rule="G12",
        name="a next stage shows",
        ask=NoticeChanged("N1", next=NextStage("CSD", DUE)),
        says=OutboxRow(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="the end of the stage path shows",
        ask=NoticeChanged("N1", next=NextStage(None, None)),
        says=OutboxRow(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="an amount payable shows, nought too",
        ask=NoticeChanged("N1", amount_payable=Decimal("0.00")),
        says=OutboxRow(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="a payment allowance shows",
        ask=NoticeChanged("N1", payment_acceptance_allowed="N"),
        says=OutboxRow(NOTICE, "N1"),
    ),
    *(
        Case(
            rule=("G12", "F60"),
            name=f"{what} shows, by its role",
            ask=change,
            says=OutboxRow(OFFENDER, "N1", "H"),
        )
        for what, change in (
            ("a new offender", CurrentOffenderSet("N1", "H", JOHN)),
            ("a former offender", OffenderCleared("N1", "H")),
            ("a new name", OffenderUpdated("N1", "H", JOHN)),
        )
    ),
    *(
        Case(rule="F60", name=f"{what} does not show", ask=change, says=None)
        for what, change in (
            ("an address", AddressFurnished("N1", "H", ORCHARD)),
            ("what was furnished besides", DetailFurnished("N1", "H", EMPLOYEE)),
            ("the history", OffenderHistoryKept("N1", "H", "UPDATE", "OIC001", NOW)),
        )
    ),
    Case(
        rule="G12",
        name="a touch of the audit columns does not show",
        ask=NoticeChanged("N1"),
        says=None,
    ),
    Case(
        rule="G12",
        name="the record of a suspension does not show, its notice row does",
        ask=SuspensionOpened(SuspensionRecord("N1", NOW, 1, "CAS", WWP, "CAS")),
        says=None,
    ),
    Case(
        rule="G12",
        name="the due date of a court case does not show",
        ask=CourtDueDateRecorded("N1", DUE),
        says=None,
    ),
)


@parametrize_cases(CASES)
def test_outgoing(case: Case[None, Change, OutboxRow | OutboxRows | None]) -> None:
    assert outbox_rows(case.ask) == case.says


@pytest.mark.rule("G12")
def test_the_outbox_keeps_the_kinds_by_these_words() -> None:
    assert (NOTICE, OFFENDER) == ("NOTICE", "OFFENDER")

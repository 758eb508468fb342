"""What an officer can take back of the HST list, with the notices it was done to (K4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.changes import (
    EnquiryWithdrawn,
    IdentityPutBack,
    IdentityRemoved,
    NoticePutBack,
    SuspensionClosed,
    SuspensionOpened,
)
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.suspensions import HST, SuspensionRecord
from ocms_core.reversals.facts import (
    LIST,
    NOTICES,
    SUSPENSIONS,
    IdentityReversalFacts,
    ReversibleNotice,
    Row,
    dates_of_identity,
)
from ocms_core.reversals.identity_reversing import decide
from tests.spec.reversals.test_reversing import LATER, MADE, RECORD, STAGE_ROW, group
from tests.support.builders import NOW, at
from tests.support.cases import Case, parametrize_cases

IDENTITY = "S1234567A"
APPLY, REVIVE = Operation.APPLY_HST.value, Operation.REVIVE_HST.value
LISTED: Row = {"name": "JOHN", "postal_code": "123456"}
DUE = at("2025-02-13T09:30:00")
REMARKS = "Reverses apply-hst of 2025-01-14 09:30:00 by OIC001"

UNDER_HST: Mapping[str, Any] = {
    "suspension_type": "TS",
    "epr_reason_of_suspension": "HST",
    "epr_date_of_suspension": local(MADE),
    "due_date_of_revival": local(DUE),
}
ACTIVE: Mapping[str, Any] = dict.fromkeys(UNDER_HST)


def changed(table: str, notice_no: str, before: Row | None, after: Row | None, **key: object) -> RowChange:
    return RowChange(table, {"notice_no": notice_no, **key}, before, after)


def of_list(before: Row | None, after: Row | None) -> RowChange:
    return RowChange(LIST, {"id_no": IDENTITY}, before, after)


def opened(notice_no: str, sr_no: int) -> RowChange:
    return changed(SUSPENSIONS, notice_no, None, RECORD, date_of_suspension=local(MADE), sr_no=sr_no)


def shown(notice_no: str, before: Row, after: Row) -> RowChange:
    return changed(NOTICES, notice_no, before, after)


def notice(notice_no: str, row: Row, last: AuditRow, *, sr_no: int = 1) -> ReversibleNotice:
    rows = {(NOTICES, (notice_no,)): row, (SUSPENSIONS, (notice_no, local(MADE), sr_no)): RECORD}
    return ReversibleNotice(notice_no, rows, (last,), last_sr_no=sr_no)


APPLIED = group(
    APPLY,
    of_list(None, LISTED),
    shown("A", ACTIVE, UNDER_HST),
    opened("A", 1),
    shown("B", ACTIVE, UNDER_HST),
    opened("B", 4),
)
SUSPENDED_ROW = {**STAGE_ROW, **UNDER_HST}
A, B = notice("A", SUSPENDED_ROW, APPLIED), notice("B", SUSPENDED_ROW, APPLIED, sr_no=4)
FACTS = IdentityReversalFacts(EMPTY, LISTED, (APPLIED,), {"A": A, "B": B}, {"A": MADE, "B": MADE})

UPDATED = group(Operation.UPDATE_HST.value, of_list({"name": "JON"}, LISTED), number=2, made=LATER)
SUBMITTED = group(Operation.CHANGE_STAGES.value, number=2, made=LATER)
EARLIER = group(REVIVE, of_list(LISTED, None), number=0, made=MADE - timedelta(hours=1))
TAKEN_OFF = group(REVIVE, of_list(LISTED, None))
OFF_THE_LIST = IdentityReversalFacts(EMPTY, None, (TAKEN_OFF,))


def since(what: str) -> str:
    return f"OCMS-4006 Something else has happened since: {what}"


POSSIBLE = "possible"
NOTHING = "OCMS-4005 There is no HST apply or revive of today that can be taken back"

VERDICTS: tuple[Case[IdentityReversalFacts, None, str], ...] = (
    Case(rule="K4", name="an apply of today with its notices", given=FACTS, says=POSSIBLE),
    Case(rule="K4", name="a revive of today that left no notice", given=OFF_THE_LIST, says=POSSIBLE),
    Case(rule="K4", name="nothing was done to it lately", given=IdentityReversalFacts(EMPTY), says=NOTHING),
    Case(
        rule="K4",
        name="only an update was made",
        given=evolve(FACTS, groups=(UPDATED,)),
        says=NOTHING,
    ),
    Case(
        rule="K4",
        name="the later of two changes",
        given=evolve(FACTS, groups=(EARLIER, APPLIED)),
        says=POSSIBLE,
    ),
    Case(
        rule="K4",
        name="the identity has been updated since",
        given=evolve(FACTS, groups=(APPLIED, UPDATED)),
        says=since("update-hst"),
    ),
    Case(
        rule="K4",
        name="another program has taken it off the list since",
        given=evolve(FACTS, listed=None),
        says=since("another program"),
    ),
    Case(
        rule="K4",
        name="another program has listed it since",
        given=evolve(OFF_THE_LIST, listed=LISTED),
        says=since("another program"),
    ),
    Case(
        rule="K4",
        name="another program has changed its address since",
        given=evolve(FACTS, listed={**LISTED, "postal_code": "654321"}),
        says=since("another program"),
    ),
    Case(
        rule="K4",
        name="a column the change did not write is another's affair",
        given=evolve(FACTS, listed={**LISTED, "upd_user_id": "batch"}),
        says=POSSIBLE,
    ),
    Case(
        rule="K4",
        name="one of its notices is gone",
        given=evolve(FACTS, notices={"A": A}),
        says=since("another program (B)"),
    ),
    Case(
        rule="K4",
        name="the audit trail no longer knows one of its notices",
        given=evolve(FACTS, notices={"A": A, "B": evolve(B, groups=())}),
        says=since("another program (B)"),
    ),
    Case(
        rule="K4",
        name="another program has written to one of its notices since",
        given=evolve(FACTS, notices={"A": evolve(A, touched_elsewhere=MADE), "B": B}),
        says=since("another program (A)"),
    ),
    Case(
        rule="K4",
        name="a row of one notice is not as the change left it",
        given=evolve(FACTS, notices={"A": A, "B": notice("B", STAGE_ROW, APPLIED, sr_no=4)}),
        says=since("another program (B)"),
    ),
    Case(
        rule="K4",
        name="a stage of one notice was changed since",
        given=evolve(FACTS, notices={"A": A, "B": evolve(B, groups=(EARLIER, APPLIED, SUBMITTED))}),
        says=since("changeProcessingStage (B)"),
    ),
    Case(
        rule="K4",
        name="another notice of the identity has come under TS-HST since",
        given=evolve(FACTS, under_hst={**FACTS.under_hst, "C": LATER}),
        says=since("TS-HST (C)"),
    ),
    Case(
        rule="K4",
        name="another notice has come under TS-HST in that very moment",
        given=evolve(FACTS, under_hst={**FACTS.under_hst, "C": MADE}),
        says=since("TS-HST (C)"),
    ),
    Case(
        rule="K4",
        name="another notice was under TS-HST before",
        given=evolve(FACTS, under_hst={**FACTS.under_hst, "C": MADE - timedelta(microseconds=1)}),
        says=POSSIBLE,
    ),
)


@parametrize_cases(VERDICTS)
def test_verdict(case: Case[IdentityReversalFacts, None, str]) -> None:
    verdict = decide(IDENTITY, case.given, "OIC002", NOW)
    if isinstance(verdict, Refusal):
        assert f"{verdict.code.code} {verdict.code.text.format(**verdict.words)}" == case.says
    else:
        assert case.says == POSSIBLE


def decided(facts: IdentityReversalFacts) -> Decision[str]:
    decision = decide(IDENTITY, facts, "OIC002", NOW)
    assert isinstance(decision, Decision)
    return decision


@pytest.mark.rule("K4", "U1")
def test_an_apply_is_taken_back_with_all_its_notices() -> None:
    decision = decided(FACTS)
    assert decision.answers == (
        Answer("A", codes.HST_SUCCESS, "ACTIVE"),
        Answer("B", codes.HST_SUCCESS, "ACTIVE"),
    )
    assert decision.changes == (
        NoticePutBack("A", STAGE_ROW),
        SuspensionClosed("A", MADE, 1, NOW, "OTH", "OIC002", REMARKS),
        NoticePutBack("B", STAGE_ROW),
        SuspensionClosed("B", MADE, 4, NOW, "OTH", "OIC002", REMARKS),
        IdentityRemoved(IDENTITY),
        EnquiryWithdrawn(IDENTITY),
    )


REVIVAL = {"date_of_revival": local(MADE), "revival_reason": "RDN"}


@pytest.mark.rule("K4", "U1")
def test_a_revive_is_taken_back_with_its_suspension_and_what_the_list_had() -> None:
    revived = group(
        REVIVE,
        changed(
            SUSPENSIONS,
            "A",
            dict.fromkeys(REVIVAL),
            REVIVAL,
            date_of_suspension=local(MADE),
            sr_no=1,
        ),
        shown("A", UNDER_HST, ACTIVE),
        of_list(LISTED, None),
    )
    rows = {
        (NOTICES, ("A",)): STAGE_ROW,
        (SUSPENSIONS, ("A", local(MADE), 1)): {**RECORD, **REVIVAL},
    }
    left = ReversibleNotice("A", rows, (revived,), last_sr_no=1)
    decision = decided(IdentityReversalFacts(EMPTY, None, (revived,), {"A": left}))
    remarks = "Reverses revive-hst of 2025-01-14 09:30:00 by OIC001"
    record = SuspensionRecord("A", MADE, 2, "OCMS", HST, "OIC002", DUE, remarks)
    assert decision.answers == (Answer("A", codes.HST_SUCCESS, "TS-HST"),)
    assert decision.changes == (
        SuspensionOpened(record),
        NoticePutBack("A", SUSPENDED_ROW),
        IdentityPutBack(IDENTITY, LISTED),
    )


@pytest.mark.rule("K4", "H7")
@pytest.mark.parametrize(
    "kind, reason, status",
    [("TS", "HST", "TS-HST"), ("PS", "WWP", "PS-WWP"), ("PS", None, "PS"), (None, None, "ACTIVE")],
)
def test_a_notice_whose_row_was_not_changed_stands_as_its_row_shows(
    kind: str | None, reason: str | None, status: str
) -> None:
    applied = group(APPLY, of_list(None, LISTED), opened("A", 1))
    row = {**STAGE_ROW, "suspension_type": kind, "epr_reason_of_suspension": reason}
    facts = evolve(FACTS, groups=(applied,), notices={"A": notice("A", row, applied)}, under_hst={})
    (answer,) = decided(facts).answers
    assert answer.detail == status


@pytest.mark.rule("K4", "G20")
def test_the_dates_are_those_of_the_identity_and_of_all_its_notices() -> None:
    facts = evolve(
        FACTS, groups=(EARLIER, APPLIED), notices={"A": evolve(A, groups=(APPLIED, SUBMITTED)), "B": B}
    )
    dates: list[datetime] = list(dates_of_identity(facts))
    assert dates == [EARLIER.changed_at, MADE, MADE, LATER, MADE]

"""Which change shows what on the Internet side."""

from decimal import Decimal

from ocms_core.kernel.changes import Change, CourtDueDateRecorded, NoticeChanged, SuspensionOpened
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import SuspensionRecord
from ocms_core.mirror.outgoing import NOTICE, Outgoing, outgoing
from tests.support.builders import DUE, NOW, SINCE, WWP, shown
from tests.support.cases import Case, each

CASES: tuple[Case[None, Change, Outgoing | None], ...] = (
    Case(
        rule="G12",
        name="a stage move shows",
        ask=NoticeChanged("N1", move=StageMove("CPC", SINCE, "WAR", NOW)),
        says=Outgoing(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="a suspension shows",
        ask=NoticeChanged("N1", suspension=shown("PS", "WWP", NOW)),
        says=Outgoing(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="a next stage shows",
        ask=NoticeChanged("N1", next=NextStage("CSD", DUE)),
        says=Outgoing(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="an end of the road shows",
        ask=NoticeChanged("N1", next=NextStage(None, None)),
        says=Outgoing(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="an amount payable shows, nought too",
        ask=NoticeChanged("N1", amount_payable=Decimal("0.00")),
        says=Outgoing(NOTICE, "N1"),
    ),
    Case(
        rule="G12",
        name="a payment allowance shows",
        ask=NoticeChanged("N1", payment_acceptance_allowed="N"),
        says=Outgoing(NOTICE, "N1"),
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


@each(CASES)
def test_outgoing(case: Case[None, Change, Outgoing | None]) -> None:
    assert outgoing(case.ask) == case.says

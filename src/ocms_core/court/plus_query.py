"""API 4: PLUS asks whether and until when notices can be paid."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ocms_core.court.facts import PlusNotice
from ocms_core.kernel.changes import CourtDueDateRecorded
from ocms_core.kernel.codes import NOTICES_NOT_FOUND, SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule

NOT_PAYABLE = "N"


@rule("P30")
def decide(
    notice_nos: Sequence[str], found: Mapping[str, PlusNotice], now: datetime
) -> Decision[PlusNotice] | Refusal:
    """
    Answer a query; one unknown number refuses all of it, nothing is recorded, no court test is made (P30).

    The detail of each answer is the notice with its payment allowance as of `now`.
    """
    if any(notice_no not in found for notice_no in notice_nos):
        return Refusal(NOTICES_NOT_FOUND)
    notices = [found[notice_no] for notice_no in notice_nos]
    return Decision(
        answers=tuple(Answer(notice.notice_no, SUCCESS, as_of(notice, now)) for notice in notices),
        changes=tuple(
            CourtDueDateRecorded(notice.notice_no, notice.payment_due_date)
            for notice in notices
            if not is_due_date_recorded(notice)
        ),
    )


def as_of(notice: PlusNotice, now: datetime) -> PlusNotice:
    """Show a notice with its payment allowance as of now."""
    allowance = payment_allowance(notice, now)
    if allowance == notice.payment_acceptance_allowed:
        return notice
    # Spelt out because `_replace` takes twice as long, and the counter waits.
    return PlusNotice(
        notice.notice_no,
        notice.payment_due_date,
        allowance,
        notice.amount_payable,
        notice.has_court_case,
        notice.court_payment_due_date,
    )


@rule("P31")
def payment_allowance(notice: PlusNotice, now: datetime) -> str:
    """Return N once the due moment has passed, and the stored flag until then (P31)."""
    overdue = notice.payment_due_date is not None and now > notice.payment_due_date
    return NOT_PAYABLE if overdue else notice.payment_acceptance_allowed


@rule("P32")
def is_due_date_recorded(notice: PlusNotice) -> bool:
    """Return whether the court case has the due date already, so that a repeated query writes nothing."""
    return notice.has_court_case and notice.court_payment_due_date == notice.payment_due_date

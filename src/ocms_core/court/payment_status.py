"""API 1: the payment status of unpaid court notices, for CAS."""

from collections.abc import Iterable, Mapping

from ocms_core.court.facts import NoticePaymentStatus
from ocms_core.court.request_checks import EPR_REASONS
from ocms_core.kernel.rule_tags import rule

EPR_REASON_WORDS: dict[tuple[str | None, str | None], str] = {
    (reason.type, reason.code): word for word, reason in EPR_REASONS.items()
}


@rule("P10", "P11")
def decide(
    notice_nos: Iterable[str], found: Mapping[str, NoticePaymentStatus]
) -> tuple[NoticePaymentStatus, ...]:
    """Answer notices that exist in the order asked, as stored; leave unknown numbers out (P10, P11)."""
    return tuple(with_typed_reason(found[notice_no]) for notice_no in notice_nos if notice_no in found)


@rule("P12")
def with_typed_reason(notice: NoticePaymentStatus) -> NoticePaymentStatus:
    """Show a reason CAS itself may give under a permanent suspension with its type, as `PS-WWP` (P12)."""
    word = EPR_REASON_WORDS.get((notice.suspension_type, notice.epr_reason))
    if word is None:
        return notice
    # Spelt out because `evolve` takes four times as long, and a day's list is long.
    return NoticePaymentStatus(
        notice_no=notice.notice_no,
        payment_status=notice.payment_status,
        amount_payable=notice.amount_payable,
        amount_paid=notice.amount_paid,
        payment_acceptance_allowed=notice.payment_acceptance_allowed,
        suspension_type=notice.suspension_type,
        crs_reason=notice.crs_reason,
        epr_reason=word,
    )

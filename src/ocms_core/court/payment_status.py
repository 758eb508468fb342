"""API 1: the payment status of unpaid court notices, for CAS."""

from collections.abc import Iterable, Mapping

from ocms_core.court.facts import NoticePaymentStatus
from ocms_core.court.request_checks import EPR_REASONS
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import PERMANENT, SuspensionReason

EPR_REASON_CODES: frozenset[str] = frozenset(reason.code for reason in EPR_REASONS.values())
"""The stored codes of the reasons CAS may give."""


@rule("P10", "P11")
def decide(
    notice_nos: Iterable[str], found: Mapping[str, NoticePaymentStatus]
) -> tuple[NoticePaymentStatus, ...]:
    """Answer notices that exist in the order asked, as stored; leave unknown numbers out (P10, P11)."""
    return tuple(with_typed_reason(found[notice_no]) for notice_no in notice_nos if notice_no in found)


@rule("P12")
def with_typed_reason(notice: NoticePaymentStatus) -> NoticePaymentStatus:
    """
    Show a reason CAS itself may give with the type of the suspension, as `PS-WWP` (P12).

    Without a type it is shown with PS, the only type CAS can write it with.
    """
    if notice.epr_reason is None or notice.epr_reason not in EPR_REASON_CODES:
        return notice
    word = str(SuspensionReason(notice.suspension_type or PERMANENT, notice.epr_reason))
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

"""API 1: the payment status of unpaid court notices, for CAS."""

from collections.abc import Iterable, Mapping
from functools import cache

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
    # Spelt out because `_replace` takes twice as long, and a day's list is long.
    return NoticePaymentStatus(
        notice.notice_no,
        notice.payment_status,
        notice.amount_payable,
        notice.amount_paid,
        notice.payment_acceptance_allowed,
        notice.suspension_type,
        notice.crs_reason,
        typed_reason(notice.suspension_type or PERMANENT, notice.epr_reason),
    )


@cache
def typed_reason(suspension_type: str, code: str) -> str:
    """Return a reason with its type as one word, such as `PS-WWP`; there are only a few."""
    return str(SuspensionReason(suspension_type, code))

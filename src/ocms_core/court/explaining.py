"""What the court and payment operations would answer for a notice now."""

from collections.abc import Callable, Mapping
from datetime import datetime

from ocms_core.court import court_notices, payment_status, plus_query
from ocms_core.court.facts import CourtFacts, NoticePaymentStatus, PlusNotice
from ocms_core.court.ports import CourtStores
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import INVALID_NOTICE_NO, NOTICES_NOT_FOUND, SUCCESS
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.kernel.notice_numbers import is_notice_no
from ocms_core.kernel.reference import facts_on
from ocms_core.kernel.suspensions import PERMANENT, TEMPORARY

OPERATIONS = (Operation.GET_PAYMENT_STATUS, Operation.UPDATE_COURT_NOTICES, Operation.QUERY_NOTICE_INFO)


def explain(notice_no: str, *, stores: CourtStores, now: datetime) -> tuple[Explanation, ...]:
    """
    Explain what CAS and PLUS would be answered for one notice, and by which rule.

    Reads only. Raises `Unavailable` when the database cannot be reached.
    """
    if not is_notice_no(notice_no):
        refused = f"{INVALID_NOTICE_NO.code} {INVALID_NOTICE_NO.text}"
        return tuple(because(operation.value, refused, is_notice_no) for operation in OPERATIONS)
    with stores.reading() as reader:
        return (
            explain_payment_status(notice_no, reader.payment_statuses([notice_no])),
            explain_court_update(
                notice_no, facts_on(now, CourtFacts(reader.reference(), reader.court_notices([notice_no])))
            ),
            explain_plus_query(notice_no, reader.plus_notices([notice_no]), now),
        )


def explain_payment_status(notice_no: str, found: Mapping[str, NoticePaymentStatus]) -> Explanation:
    """Explain what API 1 would show."""
    answers = payment_status.decide([notice_no], found)
    if not answers:
        return because(Operation.GET_PAYMENT_STATUS.value, "left out: no such notice", payment_status.decide)
    (shown,) = answers
    return because(
        Operation.GET_PAYMENT_STATUS.value,
        f"payment {shown.payment_status or 'unknown'}, payable {shown.amount_payable}, "
        f"paid {shown.amount_paid}, allowed {shown.payment_acceptance_allowed}, "
        f"suspension {shown.suspension_type or 'none'} {shown.epr_reason or shown.crs_reason or ''}".rstrip(),
        payment_status.with_typed_reason,
    )


def explain_court_update(notice_no: str, facts: CourtFacts) -> Explanation:
    """Explain whether API 2 would update the notice, and which type it would refuse without a reason."""
    notice = facts.notices.get(notice_no)
    answer = court_answer(CourtUpdate(notice_no), facts)
    deciders: list[Callable[..., object]] = [] if notice is None else [court_notices.is_court_notice]
    if notice is None or not court_notices.is_court_notice(notice):
        deciders.append(court_notices.update_outcome)
    said = [answer]
    for kind in (PERMANENT, TEMPORARY):
        alone = court_answer(CourtUpdate(notice_no, kind), facts)
        if alone != answer:
            said.append(f"{kind} without a reason {alone}")
            deciders.append(court_notices.is_type_allowed)
    return because(Operation.UPDATE_COURT_NOTICES.value, "; ".join(said), *deciders)


def court_answer(update: CourtUpdate, facts: CourtFacts) -> str:
    """Return what API 2 would answer an update."""
    notice = facts.notices.get(update.notice_no)
    code = court_notices.first_refusal(update, notice, facts.reference) or SUCCESS
    return f"{code.code} {code.text}"


def explain_plus_query(notice_no: str, found: Mapping[str, PlusNotice], now: datetime) -> Explanation:
    """Explain what API 4 would show."""
    notice = found.get(notice_no)
    if notice is None:
        return because(
            Operation.QUERY_NOTICE_INFO.value,
            f"{NOTICES_NOT_FOUND.code} {NOTICES_NOT_FOUND.text}",
            plus_query.decide,
        )
    return because(
        Operation.QUERY_NOTICE_INFO.value,
        f"allowed {plus_query.payment_allowance(notice, now)}, payable {notice.amount_payable}, "
        f"due {notice.payment_due_date.isoformat() if notice.payment_due_date else 'never'}",
        plus_query.payment_allowance,
    )

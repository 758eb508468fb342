"""The court and payment services: what CAS and PLUS can ask, start to end."""

from collections.abc import Sequence
from datetime import datetime

from ocms_core.court import court_notices, payment_status, plus_query
from ocms_core.court.facts import CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.court.ports import CourtStores
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.codes import INTERNAL_ERROR
from ocms_core.kernel.decision_moments import dates_of
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.idempotency import IdempotentCall
from ocms_core.kernel.reference import facts_on
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.unit_of_work import IsolateRow, execute


def get_payment_status(notice_nos: Sequence[str], *, stores: CourtStores) -> tuple[NoticePaymentStatus, ...]:
    """
    Return the payment status of unpaid court notices, in the order asked.

    Unknown numbers are left out. Raises `Unavailable` when the database cannot be reached.
    Contract 1, API 1; rules P10 to P12.
    """
    with stores.reading() as reader:
        return payment_status.decide(notice_nos, reader.payment_statuses(notice_nos))


def update_court_notices(
    updates: Sequence[CourtUpdate],
    *,
    stores: CourtStores,
    now: datetime,
    call: IdempotentCall[Decision[CourtNotice]] | None = None,
) -> Decision[CourtNotice] | Refusal:
    """
    Move and suspend court notices as CAS asks, each item for itself.

    Raises `Conflict` when the same notices were changed under it three times running, `Unavailable`
    when the database cannot be reached, a `RepeatedCall` for a repeat of `call`. Contract 1, API 2; rules
    P20 to P26 and K1.
    """
    return execute(
        stores.writing,
        load=lambda store, now: facts_on(now, store.court_facts([update.notice_no for update in updates])),
        decide=lambda facts, now: court_notices.decide(updates, facts, now),
        dates=lambda facts: dates_of(facts.notices.values()),
        now=now,
        on_refused_row=IsolateRow(INTERNAL_ERROR),
        call=call,
    )


@rule("P32")
def query_notice_info(
    notice_nos: Sequence[str], *, stores: CourtStores, now: datetime
) -> Decision[PlusNotice] | Refusal:
    """
    Read first and lock only when a due date is to be recorded, so that a repeat writes nothing at all (P32).

    Raises `Unavailable` when the database cannot be reached. Contract 1, API 4; rules P30 to P32.
    """
    with stores.reading() as reader:
        seen = plus_query.decide(notice_nos, reader.plus_notices(notice_nos), now)
    if isinstance(seen, Refusal) or not seen.changes:
        return seen
    return execute(
        stores.writing,
        load=lambda store, _: store.plus_notices(notice_nos),
        decide=lambda found, now: plus_query.decide(notice_nos, found, now),
        now=now,
        on_refused_row=IsolateRow(INTERNAL_ERROR),
    )

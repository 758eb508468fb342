"""
The HST services behind the five calls, start to end.

Those that write take the call they answer: a repeat of it raises a `RepeatedCall` (K1).
"""

from datetime import date, datetime

from ocms_core.hst import applying, lookup, reviving, updating
from ocms_core.hst.facts import CheckedIdentity, KnownOffender, ListedIdentity
from ocms_core.hst.listing import HstListPage
from ocms_core.hst.outcomes import CheckOutcome, MonthOfChecks, last_months, month_of_checks, outcome_of
from ocms_core.hst.ports import HstStores
from ocms_core.hst.reports import month_bounds
from ocms_core.hst.request_checks import HstApplication, HstListQuery, HstRevival, HstUpdate
from ocms_core.kernel.addresses import AddressAnswer
from ocms_core.kernel.codes import HST_NOT_CREATED, HST_NOT_REVIVED, HST_NOT_UPDATED
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decision_moments import dates_of
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.idempotency import IdempotentCall
from ocms_core.kernel.reference import facts_on
from ocms_core.kernel.unit_of_work import RefuseCall, execute


def find(id_no: str, *, stores: HstStores) -> KnownOffender:
    """
    Return whether an identity is listed, or else what is known of it.

    Raises `Unavailable` when the database cannot be reached. Contract 4, 1.1; rule H2.
    """
    with stores.reading() as reader:
        return lookup.lookup_result(reader.known_offender(id_no))


def apply(
    application: HstApplication,
    *,
    officer: str,
    stores: HstStores,
    now: datetime,
    call: IdempotentCall[Decision[str]] | None = None,
) -> Decision[str] | Refusal:
    """
    List an identity and suspend its notices, all or nothing; the answers are the notices suspended.

    Raises `Unavailable` when the database cannot be reached. Contract 4, 1.2; rules H3 to H5, H20.
    """
    return execute(
        stores.writing,
        load=lambda store, now: facts_on(now, store.identity_facts([application.id_no])),
        decide=lambda facts, now: applying.decide(application, facts, officer, now),
        now=now,
        dates=lambda facts: dates_of(facts.notices),
        on_refused_row=RefuseCall(HST_NOT_CREATED),
        call=call,
    )


def update(
    change: HstUpdate,
    *,
    stores: HstStores,
    now: datetime,
    call: IdempotentCall[Decision[str]] | None = None,
) -> Decision[str] | Refusal:
    """
    Change name and address of a listed identity; the answers are the notices touched.

    Raises `Unavailable` when the database cannot be reached. Contract 4, 1.3; rule H6.
    """
    return execute(
        stores.writing,
        load=lambda store, now: facts_on(now, store.identity_facts([change.id_no])),
        decide=lambda facts, now: updating.decide(change, facts, now),
        now=now,
        dates=lambda facts: dates_of(facts.notices),
        on_refused_row=RefuseCall(HST_NOT_UPDATED),
        call=call,
    )


def revive(
    revival: HstRevival,
    *,
    officer: str,
    stores: HstStores,
    now: datetime,
    call: IdempotentCall[Decision[str]] | None = None,
) -> Decision[str] | Refusal:
    """
    Remove an identity from the list and lift its TS-HST; each answer is how the notice stands now.

    Raises `Unavailable` when the database cannot be reached. Contract 4, 1.4; rule H7.
    """
    return execute(
        stores.writing,
        load=lambda store, now: facts_on(now, store.identity_facts([revival.id_no])),
        decide=lambda facts, now: reviving.decide(revival, facts, officer, now),
        now=now,
        dates=lambda facts: dates_of(facts.notices),
        on_refused_row=RefuseCall(HST_NOT_REVIVED),
        call=call,
    )


def show_list(query: HstListQuery, *, stores: HstStores) -> HstListPage:
    """
    Show one page of the HST list, newest first.

    Raises `Unavailable` when the database cannot be reached. Contract 4, 1.5; rule H8.
    """
    with stores.reading() as reader:
        return HstListPage(query, *reader.listing(query))


def count_outcomes(*, months: int, stores: HstStores, now: datetime) -> tuple[MonthOfChecks, ...]:
    """
    Count by outcome the identities whose latest answer came in in each of the last months (H37).

    An identity counts in the month of its latest answer alone, as no earlier one is kept.
    """
    with stores.reading() as reader:
        return tuple(
            month_of_checks(month, tuple(reader.checked_identities(*month_bounds(month))))
            for month in last_months(singapore(now).date(), months)
        )


def checked_in(
    month: date, outcome: CheckOutcome | None, *, stores: HstStores
) -> tuple[CheckedIdentity, ...]:
    """Return the identities whose latest answer came in in a month, by number, with one outcome or any."""
    with stores.reading() as reader:
        checked = tuple(reader.checked_identities(*month_bounds(month)))
    return tuple(each for each in checked if outcome is None or outcome_of(each) is outcome)


def show_identity(id_no: str, *, stores: HstStores) -> tuple[ListedIdentity | None, AddressAnswer | None]:
    """Return an identity as it is listed, and what MHA or DataHive said of it last; None for what is not."""
    with stores.reading() as reader:
        return reader.listed_with_answer(id_no)

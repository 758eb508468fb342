"""The HST list as officers see it."""

from datetime import datetime, time

from ocms_core.hst.facts import ListedRow
from ocms_core.hst.request_checks import HstListQuery
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object


@value_object
class HstListPage:
    """One page of the list, and how many rows there are in all."""

    query: HstListQuery
    total: int
    rows: tuple[ListedRow, ...]


@rule("H8")
def period(query: HstListQuery) -> tuple[datetime | None, datetime | None]:
    """Return the first moment a filter includes, and the first after it: midnights of Singapore (H8)."""
    since, before = (
        None if day is None else datetime.combine(day, time(), SINGAPORE)
        for day in (query.since, query.before)
    )
    return since, before


def identities(page: HstListPage) -> tuple[str, ...]:
    """Return the identity number a page was asked for by and those it shows, for the access record."""
    queried = () if page.query.id_no is None else (page.query.id_no,)
    return (*queried, *(row.identity.id_no for row in page.rows))

"""The stuck cases as an officer sees them: page by page, of one kind or of all (K5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeGuard

from ocms_core.jobs.stuck_cases import StuckCase, StuckKind, WaitingCases, stuck_cases
from ocms_core.kernel.codes import FIELD_INVALID
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100
LARGEST_SKIP = 2**31 - 1


@value_object
class StuckCaseQuery:
    """The part of the list that is wanted: `limit` cases behind the first `skip`, of a kind or of all."""

    kind: StuckKind | None = None
    skip: int = 0
    limit: int = DEFAULT_LIMIT


@value_object
class StuckCasePage:
    """One page of the list, and how many cases there are in all."""

    query: StuckCaseQuery
    total: int
    cases: tuple[StuckCase, ...]


@rule("K5")
def stuck_case_query(given: Mapping[str, object]) -> StuckCaseQuery | Refusal:
    """Read a page of the list: `kind`, `skip`, `limit` (1 to 100, or 20); a blank kind is none (K5)."""
    kinds = {kind.value: kind for kind in StuckKind}
    wanted = None if given.get("kind") == "" else given.get("kind")
    if wanted is not None and (not isinstance(wanted, str) or wanted not in kinds):
        return Refusal(FIELD_INVALID, {"field": "kind"})
    skip, limit = given.get("skip"), given.get("limit")
    if not is_whole(skip, 0, LARGEST_SKIP):
        return Refusal(FIELD_INVALID, {"field": "skip"})
    if not is_whole(limit, 1, LARGEST_LIMIT):
        return Refusal(FIELD_INVALID, {"field": "limit"})
    return StuckCaseQuery(kinds[wanted] if wanted else None, skip or 0, limit or DEFAULT_LIMIT)


def is_whole(value: object, least: int, most: int) -> TypeGuard[int | None]:
    """Return whether a value is a whole number within bounds, or is not stated."""
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


@rule("K5")
def stuck_case_page(
    cases: WaitingCases, query: StuckCaseQuery, now: datetime, grace: Mapping[StuckKind, timedelta]
) -> StuckCasePage:
    """
    Return a page of the stuck cases: kind by kind, the oldest of each first (K5).

    Raises `Unavailable` when the database cannot be reached.
    """
    skip, found, total = query.skip, list[StuckCase](), 0
    for kind in StuckKind if query.kind is None else (query.kind,):
        count = cases.count(kind, now - grace[kind])
        wanted = query.limit - len(found)
        if wanted and skip < count:
            found += stuck_cases(cases, kind, now, grace, wanted, skip=skip)
        skip = max(skip - count, 0)
        total += count
    return StuckCasePage(query, total, tuple(found))

"""The moment of a decision, which follows everything it is decided on."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import Suspensions

AN_INSTANT = timedelta(microseconds=1)
FURTHEST_AHEAD = timedelta(hours=1)


class DatedNotice(Protocol):
    """A notice with the dates of what was last decided on it."""

    @property
    def stage_date(self) -> datetime | None:
        """When it entered its stage."""

    @property
    def suspensions(self) -> Suspensions:
        """All that suspends it."""


def dates_of(notices: Iterable[DatedNotice]) -> Iterator[datetime]:
    """Yield the dates of the stages and open suspensions of notices."""
    for notice in notices:
        if notice.stage_date:
            yield notice.stage_date
        yield from suspension_dates(notice.suspensions)


def suspension_dates(suspensions: Suspensions) -> Iterator[datetime]:
    """Yield since when a notice is suspended: by its open records, and by what its row shows."""
    for record in suspensions.open_records:
        yield record.since
    if suspensions.shown.since:
        yield suspensions.shown.since


@rule("G20")
def moment_after(now: datetime, dates: Iterable[datetime]) -> datetime:
    """
    Return the moment of a decision: the present one, or an instant after the newest date it follows (G20).

    A date more than an hour ahead is planned, or of a wrong clock, and is not followed.
    """
    newest = max((date for date in dates if date <= now + FURTHEST_AHEAD), default=now)
    return newest + AN_INSTANT if newest > now else now

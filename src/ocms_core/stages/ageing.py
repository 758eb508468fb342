"""How many open notices stand in each stage, and for how long: figures of the dashboard and their lists."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import StageChange
from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.value_objects import value_object

MOST_SHOWN = 200
"""How many lines a list of the dashboard shows, the first; its figure counts them all."""

FIRST_DAYS = (0, 15, 31, 91)
"""The first day of each band of ages; a stage has fourteen days unless a parameter says otherwise."""


@value_object
class AgeBand:
    """Whole Singapore days since the day a notice entered its stage; the last band has no last day."""

    first_day: int
    last_day: int | None = None

    def entered(self, day: date) -> tuple[date | None, date | None]:
        """
        Return the first day of entry of this band as seen on a day, and the day after its last.

        None where the band is open: to the past for the last, to a date ahead of time for the first.
        """
        since = None if self.last_day is None else day - timedelta(days=self.last_day)
        before = day - timedelta(days=self.first_day - 1) if self.first_day else None
        return since, before

    def __str__(self) -> str:
        """Write the band in words."""
        if self.last_day is None:
            return f"{self.first_day} days and more"
        return f"{self.first_day} to {self.last_day} days"


AGE_BANDS: tuple[AgeBand, ...] = (
    *(AgeBand(first, following - 1) for first, following in pairwise(FIRST_DAYS)),
    AgeBand(FIRST_DAYS[-1]),
)


@value_object
class StageAges:
    """The open notices of one stage, counted by the bands of `AGE_BANDS`."""

    stage: str
    notices: tuple[int, ...]


@value_object
class AgedNotice:
    """An open notice as a list of the dashboard shows it; it says nothing of a person."""

    notice_no: str
    vehicle_no: str
    stage: str
    entered_at: datetime
    next_stage: str | None
    next_due: datetime | None
    amount_payable: Decimal | None


class AgeingReader(Protocol):
    """One reading transaction; open notices are those whose row shows no permanent suspension."""

    def counts(self, since: Sequence[date]) -> Iterable[tuple[str, int, int]]:
        """
        Count open notices by stage and band: stage, place of the band, number.

        `since` is the first day of entry of each band but the last, the latest first.
        """

    def open_notices(
        self, stage: str, since: date | None, before: date | None, most: int
    ) -> Sequence[AgedNotice]:
        """Return the open notices of a stage that entered it in a period, those of longest standing first."""

    def changes(self, officer: str, day: date, most: int) -> Sequence[StageChange]:
        """Return the change rows of an officer and day, the latest first."""


class AgeingStores(Protocol):
    """Opens transactions for the figures of the dashboard."""

    def reading(self) -> AbstractContextManager[AgeingReader]:
        """Open a transaction that only reads."""


@rule("S1")
def count_ages(*, stores: AgeingStores, now: datetime) -> tuple[StageAges, ...]:
    """
    Count open notices by stage and by the whole days since they entered it, in one statement (S1).

    Stages without any are left out; the others are in the order of the contract, unknown ones last.
    """
    day = singapore(now).date()
    since = [first for first, _ in (band.entered(day) for band in AGE_BANDS) if first]
    found: dict[str, list[int]] = {}
    with stores.reading() as reader:
        for stage, band, notices in reader.counts(since):
            found.setdefault(stage, [0] * len(AGE_BANDS))[band] += notices
    order = {stage: place for place, stage in enumerate(STAGES)}
    stages = sorted(found, key=lambda stage: (order.get(stage, len(order)), stage))
    return tuple(StageAges(stage, tuple(found[stage])) for stage in stages)


def notices_of_age(stage: str, band: AgeBand, *, stores: AgeingStores, now: datetime) -> Sequence[AgedNotice]:
    """Return the first open notices of a stage and band, which a figure of `count_ages` counts."""
    with stores.reading() as reader:
        return reader.open_notices(stage, *band.entered(singapore(now).date()), MOST_SHOWN)


@rule("S51")
def changes_of_day(officer: str, day: date, *, stores: AgeingStores) -> Sequence[StageChange]:
    """Return the first changes of an officer and a day, which the report of the day counts (S51)."""
    with stores.reading() as reader:
        return reader.changes(officer, day, MOST_SHOWN)

"""The simulation of a year: days of work, and quiet days after it in which only the jobs run."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from attrs import field, frozen

from tests.campaigns.year import checks
from tests.campaigns.year.city import city
from tests.campaigns.year.days import day_of_work, night
from tests.campaigns.year.virtual_clock import VirtualClock, time_of_databases
from tests.support.builders import at

START = at("2025-01-01T00:00:00")
NOTICES = 100_000
DAYS = 365
QUIET_DAYS = 60
MONTH = 30


@frozen
class Month:
    """The rows of the tables with a retention at the end of a month, and how long the month took."""

    ends: datetime
    notices: int
    sizes: dict[str, int]
    seconds: float


@frozen
class Year:
    """What a run came to."""

    seed: int
    notices: int
    days: int
    quiet_days: int
    seconds: float
    months: tuple[Month, ...]
    counts: Counter[str] = field(factory=Counter)
    stuck: dict[str, int] = field(factory=dict)


def simulate(
    folder: Path, *, seed: int, notices: int, days: int, quiet_days: int, progress: Callable[[str], object]
) -> Year:
    """
    Simulate a city below an empty folder and check it: every month in part, at the end in whole.

    The same seed and numbers give the same year. Raises `Unexplained` for whatever does not follow from
    what was done.
    """
    clock, started, months = VirtualClock(START), monotonic(), list[Month]()
    stuck: dict[str, int] = {}
    with time_of_databases(clock), city(folder, seed, clock) as here:
        for number in range(days + quiet_days):
            day = START + timedelta(days=number)
            night(here, day)
            checks.note_last_ids(here)
            if number < days:
                day_of_work(here, notices * (number + 1) // days - notices * number // days)
            if (number + 1) % MONTH == 0:
                for check in checks.MONTHLY:
                    check(here)
                done = monotonic() - started
                before = sum(month.seconds for month in months)
                months.append(Month(day, len(here.known), checks.sizes(here), done - before))
                progress(f"{day:%Y-%m-%d}: {len(here.known):,} notices, {done / 60:.1f} minutes")
            if number == days - 1:
                for check in checks.AT_THE_END:
                    check(here)
                stuck = dict(checks.check_stuck(here))
        return Year(seed, notices, days, quiet_days, monotonic() - started, tuple(months), here.counts, stuck)

"""A run of a job: when it began, how it ended, and the lock it holds meanwhile."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import TypeAlias

from attrs import field, frozen

from ocms_core.kernel.faults import Fault
from ocms_core.kernel.spec import rule

JobCounts: TypeAlias = Mapping[str, int]
"""What a run did, in numbers by name: `{"added": 3, "removed": 1}`."""


class LockLost(Fault):
    """The run slept past the time of its lock, so another may be at work: it writes nothing any more."""

    def __init__(self, job: str) -> None:
        super().__init__(f"{job} lost its lock: it ran past the time it had and was not extended")


@unique
class Result(Enum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"


@unique
class NotNow(Enum):
    """Why a run did not begin."""

    HELD = "another worker is at it, or it ended a moment ago"
    SLOT_RUN = "it has run for this time of its schedule already"
    RAN_TODAY = "it has run today already; --force runs it again"


@frozen
class Ask:
    """
    A wish to run a job.

    `slot` is the time of the schedule it is for, the same on every machine whatever its clock says;
    None for a run by hand. `at_most` is how long the lock holds when nobody extends it, `at_least` how
    long it is kept even when the work is done sooner.
    """

    job: str
    worker: str
    at_most: timedelta
    at_least: timedelta = timedelta(0)
    slot: datetime | None = None
    once_a_day: bool = False
    forced: bool = False


@frozen
class Held:
    """
    A lock one run holds.

    `fence` is the number of the run: each taking of the lock has a higher one than all before it, so a
    write that carries an old number is recognised and refused.
    """

    job: str
    fence: int
    holder: str
    at_most: timedelta
    lock_least: datetime


@rule("P42")
@frozen
class Run:
    """The start of a run is on record before it does anything, so one that never ended is seen."""

    number: int
    job: str
    worker: str
    started_at: datetime
    slot: datetime | None = None
    forced: bool = False
    ended_at: datetime | None = None
    result: Result | None = None
    counts: JobCounts = field(factory=dict)
    error: str | None = None
    holds_lock: bool = False

    @property
    def state(self) -> str:
        """How the run stands: running, never ended, done or failed."""
        if self.result:
            return self.result.value
        return "running" if self.holds_lock else "never ended"


def refusal(ask: Ask, *, slot_run: bool, ran_today: bool) -> NotNow | None:
    """
    A time of the schedule is run once, and a job of once a day once a day unless it is forced (P42).

    Runs count, not the calls each of them tried, and failed ones too; a run cut off is made up for.
    """
    if ask.slot and slot_run:
        return NotNow.SLOT_RUN
    if ask.once_a_day and ran_today and not ask.forced:
        return NotNow.RAN_TODAY
    return None

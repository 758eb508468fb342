"""A run of a job: when it began, how it ended, and the lock it holds meanwhile."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import TypeAlias

from attrs import field

from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

JobCounts: TypeAlias = Mapping[str, int]
"""What a run did, in numbers by name: `{"added": 3, "removed": 1}`."""


class LockLost(OcmsError):
    """The run slept past the time of its lock, so another may be at work: it writes nothing any more."""

    def __init__(self, job: str) -> None:
        super().__init__(f"{job} lost its lock: it ran past the time it had and was not extended")


@unique
class RunResult(Enum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


@unique
class SkipReason(Enum):
    """Why a run did not begin."""

    HELD = "another worker is at it, or it ended a moment ago"
    PAUSED = "it failed a moment ago and is tried again soon"
    SLOT_RUN = "it has run for this time of its schedule already"
    RAN_TODAY = "it has run today already; --force runs it again"


@value_object
class LockRequest:
    """
    A wish to run a job.

    `slot` is the time of the schedule it is for, the same on every machine whatever its clock says;
    None for a run by hand. `at_most` is how long the lock holds when nobody extends it, `at_least` how
    long it is kept even when the work is done sooner. For one time of the schedule it is tried `tries`
    times at most while it fails, with a `pause` in between.
    """

    job: str
    worker: str
    at_most: timedelta
    at_least: timedelta = timedelta(0)
    slot: datetime | None = None
    once_a_day: bool = False
    forced: bool = False
    tries: int = 1
    pause: timedelta = timedelta(0)


@value_object
class SlotRuns:
    """What became of the runs for one time of the schedule; lost ones and those cut off are none of them."""

    done: bool = False
    failed: int = 0
    last_failed: datetime | None = None


@value_object
class LockLease:
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
@value_object
class Run:
    """The start of a run is on record before it does anything, so one that never ended is seen."""

    number: int
    job: str
    worker: str
    started_at: datetime
    slot: datetime | None = None
    forced: bool = False
    ended_at: datetime | None = None
    result: RunResult | None = None
    counts: JobCounts = field(factory=dict)
    error: str | None = None
    holds_lock: bool = False

    @property
    def state(self) -> str:
        """How the run stands: running, never ended, or as it ended."""
        if self.result:
            return self.result.value
        return "running" if self.holds_lock else "never ended"


def skip_reason(ask: LockRequest, *, slot: SlotRuns, ran_today: bool, now: datetime) -> SkipReason | None:
    """
    A time of the schedule is run once, and a job of once a day once a day unless it is forced (P42).

    Runs count, not the calls each of them tried, and failed ones too; a run lost or cut off is made up
    for. A job that may try more than once pauses after a run that failed.
    """
    if ask.slot and (slot.done or slot.failed >= ask.tries):
        return SkipReason.SLOT_RUN
    if ask.once_a_day and ran_today and not ask.forced:
        return SkipReason.RAN_TODAY
    if slot.last_failed and now < slot.last_failed + ask.pause:
        return SkipReason.PAUSED
    return None


@rule("P42")
def final_result(result: RunResult, *, held: bool) -> RunResult:
    """A run that failed when its lock was gone is lost: it does not count as having run."""
    return RunResult.LOST if result is RunResult.FAILED and not held else result

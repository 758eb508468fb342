"""Runs of jobs and their locks as data, and the rules that say whether a run may begin and how it counts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import TypeAlias

from attrs import field

from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far the clock of another node may be wrong."""

JobCounts: TypeAlias = Mapping[str, int]
"""What a run did, in numbers by name: `{"added": 3, "removed": 1}`."""


class LockLost(OcmsError):
    """A run outlived its lock, so another may be at work: it may not write any more."""

    def __init__(self, job: str) -> None:
        super().__init__(f"{job} lost its lock: it ran past the time it had and was not extended")


@unique
class RunResult(Enum):
    """How a run ended; LOST: it outlived its lock."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


@unique
class SkipReason(Enum):
    """Why a run did not begin."""

    HELD = "another worker is at it, or it ended a moment ago"
    MISDATED = "its lock is dated ahead of the database's clock, see docs/howto/java-nodes.md"
    PAUSED = "it failed a moment ago and is tried again soon"
    SLOT_RUN = "it has run for this time of its schedule already"
    RAN_TODAY = "it has run today already; --force runs it again"


@value_object
class LockRequest:
    """
    A request to run a job under its lock.

    `slot` is the time of the schedule it is for, the same on every machine whatever its clock says;
    None for a manual run. `at_most` is how long the lock holds when nobody extends it, `at_least` how
    long it is kept even when the work is done sooner. While it fails, a slot is run `tries` times at
    most, with a `pause` in between. A run that is `log_only` leaves no row in the table of runs (P42).
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
    log_only: bool = False


@value_object
class SlotRuns:
    """The runs for one slot that count: done or failed. Runs that were lost or cut off do not."""

    done: bool = False
    failed: int = 0
    last_failed: datetime | None = None


@value_object
class LockLease:
    """
    A lock held by one run.

    `fence` is the fencing token, the number of the run: each run that takes the lock has a higher one
    than all before it, so a write that carries an old one is refused. The lock is kept until
    `kept_until` even when the run ends sooner. `log_only` as in the request.
    """

    job: str
    fence: int
    holder: str
    at_most: timedelta
    kept_until: datetime
    log_only: bool = False


@value_object
class HeldLock:
    """A lock that is held: since when and until when its row says, at a time of the database."""

    job: str
    holder: str
    locked_at: datetime
    until: datetime
    seen_at: datetime


@unique
class ReleaseRefusal(Enum):
    """Why a lock is not released by hand."""

    FREE = "nobody holds it"
    RUNNING = "the process of its worker runs on this machine"
    EXTENDED = "its worker extended it a moment ago"
    FOREIGN = "its holder is no worker of OCMS"


@rule("P42")
@value_object
class Run:
    """A run as recorded: its start before it does anything, so that one that never ended is seen (P42)."""

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
        """The state of the run: running, never ended, or its result."""
        if self.result:
            return self.result.value
        return "running" if self.holds_lock else "never ended"


@value_object
class JobState:
    """A job as its schedule and its last run show it; `schedule` is empty for one that is run by hand."""

    name: str
    what: str
    schedule: str
    last: Run | None
    next_at: datetime | None


@value_object
class RunOutcome:
    """What a run came to: its number, result, counts, and the error that ended it."""

    number: int
    result: RunResult
    counts: JobCounts
    error: str | None = None


@rule("P42")
def skip_reason(request: LockRequest, *, slot: SlotRuns, ran_today: bool, now: datetime) -> SkipReason | None:
    """
    Return why a run may not begin: its slot was run, its once-a-day job ran today, or it pauses (P42).

    Runs count, not the calls each of them tried, and failed ones too; a run lost or cut off is made up
    for. A job that may be tried more than once pauses after a run that failed.
    """
    if request.slot and (slot.done or slot.failed >= request.tries):
        return SkipReason.SLOT_RUN
    if request.once_a_day and ran_today and not request.forced:
        return SkipReason.RAN_TODAY
    if slot.last_failed and now < slot.last_failed + request.pause:
        return SkipReason.PAUSED
    return None


@rule("P42")
def dated_ahead(lock: HeldLock) -> timedelta | None:
    """
    Return how far ahead of the database's clock a lock was taken; None while that may be a clock's error.

    A lock is dated when it is taken, so one dated hours ahead was written in the time of another zone (P42).
    """
    ahead = lock.locked_at - lock.seen_at
    return ahead if ahead > CLOCK_TOLERANCE else None


@rule("P42")
def final_result(result: RunResult, *, held: bool) -> RunResult:
    """Return LOST for a run that failed when its lock was gone, which does not count as having run (P42)."""
    return RunResult.LOST if result is RunResult.FAILED and not held else result

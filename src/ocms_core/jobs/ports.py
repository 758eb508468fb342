"""What running jobs needs from a database, a mail server, a crontab and a log."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Protocol, TypeAlias

from ocms_core.jobs.runs import (
    HeldLock,
    JobCounts,
    JobState,
    LockLease,
    LockRequest,
    Run,
    RunOutcome,
    RunResult,
    SlotRuns,
)
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.value_objects import value_object

Clock: TypeAlias = Callable[[], datetime]
"""Reads the time, for what happens while a run lasts."""


class JobTransaction(Protocol):
    """A transaction on locks and runs; leaving it with an error undoes it."""

    def database_time(self) -> datetime:
        """Return the database's time, which all workers share whatever their own clocks say."""

    def acquire(self, request: LockRequest, now: datetime) -> bool:
        """
        Take the lock of a job for `at_most` from now; return whether it was free.

        May raise `RowRejected` or `Conflict` when two take a lock for the first time.
        """

    def slot_runs(self, job: str, slot: datetime) -> SlotRuns:
        """Return the runs of a job for a time of its schedule."""

    def has_run_on(self, job: str, day: date) -> bool:
        """Return whether a run of a job that began on a Singapore day was done or failed."""

    def record_start(self, request: LockRequest, now: datetime) -> int:
        """
        Record the start of a run and return its number, higher than all before it.

        A run that is `log_only` is recorded in the row of its lock alone.
        """

    def name_holder(self, job: str, holder: str) -> None:
        """Write who holds the lock that was taken in this transaction."""

    def extend(self, lease: LockLease, now: datetime) -> bool:
        """Hold the lock for another `at_most` from now; return whether it was still held."""

    def lease_end(self, lease: LockLease) -> datetime | None:
        """
        Return until when the lock is held; None when another holds it.

        Nobody takes it until the transaction ends.
        """

    def held(self, job: str, now: datetime) -> HeldLock | None:
        """Return who holds the lock of a job, None when it is free; nobody changes it in the meantime."""

    def release_from(self, job: str, held: HeldLock, at: datetime) -> None:
        """Let the lock of a holder end at a moment, so that this holder writes nothing more."""

    def release(self, lease: LockLease, at: datetime) -> None:
        """Let the lock end at a moment; the lock of another holder is left alone."""

    def record_end(
        self, lease: LockLease, now: datetime, *, result: RunResult, counts: JobCounts, error: str | None
    ) -> None:
        """Record how the run of a lease ended."""

    def limit_idle_time(self, most: timedelta) -> None:
        """Make the database end this transaction if its holder is idle for longer, where it can."""


class JobStore(Protocol):
    """Where locks and runs are kept."""

    def writing(self) -> AbstractContextManager[JobTransaction]:
        """Open a transaction."""

    def held_lock(self, job: str) -> HeldLock | None:
        """Return the lock of a job; None when it is free."""


class AlertStore(Protocol):
    """Where alerts are kept until they are sent."""

    def keep(self, alert: Alert, now: datetime) -> bool:
        """Keep an alert; return False when its incident has one already."""


@value_object
class PendingAlert:
    """An alert not sent yet, with its number and how often sending it was attempted."""

    number: int
    attempts: int
    alert: Alert
    since: datetime


class AlertOutbox(Protocol):
    """The alerts that are to be sent; each of the marks is committed at once."""

    def pending(self, now: datetime) -> Sequence[PendingAlert]:
        """Return the alerts that are to be attempted now, the oldest first."""

    def mark_sent(self, pending: PendingAlert, now: datetime) -> None:
        """Record that an alert was sent."""

    def mark_failed(
        self, pending: PendingAlert, error: str, now: datetime, *, next_attempt: datetime
    ) -> None:
        """Record an attempt that failed, and when the next one is."""


class AlertSender(Protocol):
    """A mail server, or what stands for it."""

    def send(self, alert: Alert, now: datetime) -> int:
        """
        Send an alert and return how many recipients were refused.

        Raises `Unavailable` when it was sent to nobody and is to be attempted again.
        """


class RunObserver(Protocol):
    """A log of one run."""

    def started(self, lease: LockLease, worker: str) -> None:
        """Note that the run has begun."""

    def failed(self, lease: LockLease, error: Exception) -> None:
        """Note what ended the run, before it is recorded."""

    def alert_not_kept(self, lease: LockLease, fault: OcmsError) -> None:
        """Note that operations could not be alerted."""

    def ended(self, lease: LockLease, outcome: RunOutcome) -> None:
        """Note what the run came to."""


class JobOverview(Protocol):
    """The jobs and what they did, to be shown."""

    def jobs(self, now: datetime) -> Sequence[JobState]:
        """Return every job with its last run and its next, in the order of the table of jobs."""

    def runs(self, job: str | None, last: int) -> Sequence[Run]:
        """Return the last runs of a job, or of all but what ran well each minute; the newest first."""


class Schedule(Protocol):
    """The times at which a job is due."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time later than a moment; None when there is none."""

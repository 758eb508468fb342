"""
The lock of a job: one run at a time, each with a higher fencing token than all before it.

Times are the database's: a lock holds until its end, at most `at_most` without being extended, and is kept
at least `at_least`; only the holder extends or releases it. A holder that was suspended past the end of its
lock is refused when it writes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ocms_core.jobs.ports import JobStore, JobTransaction
from ocms_core.jobs.runs import (
    HeldLock,
    JobCounts,
    LockLease,
    LockLost,
    LockRequest,
    ReleaseRefusal,
    RunResult,
    SkipReason,
    SlotRuns,
    dated_ahead,
    final_result,
    skip_reason,
)
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

EXTENSIONS_PER_LEASE = 3
# However long a lock holds, its holder shows this often that it is alive.
LONGEST_EXTENSION_INTERVAL = timedelta(minutes=1)


class LockNotTaken(Exception):
    """Undoes the transaction of a run that may not begin."""

    def __init__(self, reason: SkipReason) -> None:
        self.reason = reason


@value_object
class JobLocks:
    """Takes, extends and ends the locks of jobs; every method is one short transaction."""

    _store: JobStore

    @rule("P42")
    def take(self, request: LockRequest) -> LockLease | SkipReason:
        """
        Take a job's lock and record the start of its run in the same transaction (P42).

        Returns the reason when the run may not begin; a lock that another holds is not waited for.
        """
        try:
            with self._store.writing() as transaction:
                return start_run(transaction, request)
        except LockNotTaken as refused:
            return refused.reason
        except (RowRejected, Conflict):
            return SkipReason.HELD  # two were the first ever to take this lock, and the other won

    def misdated(self, job: str) -> HeldLock | None:
        """Return the lock of a job when it is held by a row of another clock than the database's."""
        lock = self._store.held_lock(job)
        return lock if lock and dated_ahead(lock) else None

    def extend(self, lease: LockLease) -> bool:
        """Hold a lock for another `at_most` from now; return False when it is no longer held."""
        with self._store.writing() as transaction:
            return transaction.extend(lease, transaction.database_time())

    @rule("P42")
    def release_by_hand(
        self, job: str, at_most: timedelta, process_runs: Callable[[str], bool | None]
    ) -> tuple[HeldLock | None, ReleaseRefusal | None]:
        """
        Release the lock of a job whose worker is gone (P42).

        Returns who had it, None for a lock that is free, and the reason when it is not released. A worker
        that was only suspended writes nothing more.
        """
        with self._store.writing() as transaction:
            now = transaction.database_time()
            held = transaction.held(job, now)
            if held is None:
                return None, ReleaseRefusal.FREE
            refusal = release_refusal(held, at_most, now, process_runs)
            if refusal is None:
                transaction.release_from(job, held, now)
            return held, refusal

    def end(self, lease: LockLease, result: RunResult, counts: JobCounts, error: str | None) -> RunResult:
        """
        Record how a run ended and release its lock; the lock of another holder is left alone.

        Returns the result as recorded: a run that failed when its lock was gone is lost.
        """
        with self._store.writing() as transaction:
            until, now = transaction.lease_end(lease), transaction.database_time()
            result = final_result(result, held=until is not None and until > now)
            transaction.record_end(lease, now, result=result, counts=counts, error=error)
            transaction.release(lease, max(now, lease.kept_until))
        return result


def start_run(transaction: JobTransaction, request: LockRequest) -> LockLease:
    """Take the lock and record the start of the run; raise `LockNotTaken` when the run may not begin."""
    now = transaction.database_time()
    if not transaction.acquire(request, now):
        raise LockNotTaken(SkipReason.HELD)
    if reason := reason_on_record(transaction, request, now):
        raise LockNotTaken(reason)
    fence = transaction.record_start(request, now)
    holder = f"{request.worker}#{fence}"
    transaction.name_holder(request.job, holder)
    until = now + request.at_least
    return LockLease(request.job, fence, holder, request.at_most, until, log_only=request.log_only)


def reason_on_record(transaction: JobTransaction, request: LockRequest, now: datetime) -> SkipReason | None:
    """Return why the recorded runs rule out a run; None when they do not."""
    slot = transaction.slot_runs(request.job, request.slot) if request.slot else SlotRuns()
    ran_today = request.once_a_day and transaction.has_run_on(request.job, singapore(now).date())
    return skip_reason(request, slot=slot, ran_today=ran_today, now=now)


@rule("P42")
def check_lock(transaction: JobTransaction, lease: LockLease) -> None:
    """
    Raise `LockLost` unless a run still holds its lock; it keeps it until the transaction ends (P42).

    Where the database can do that, it ends the transaction of a holder that is suspended past the end of
    its lock.
    """
    until = transaction.lease_end(lease)
    left = until - transaction.database_time() if until else timedelta(0)
    if left <= timedelta(0):
        raise LockLost(lease.job)
    transaction.limit_idle_time(left)


def extension_interval(at_most: timedelta) -> timedelta:
    """Return how often a lock of this duration is extended: some attempts may fail before it runs out."""
    return min(at_most / EXTENSIONS_PER_LEASE, LONGEST_EXTENSION_INTERVAL)


def last_extended(held: HeldLock, at_most: timedelta) -> datetime:
    """Return when the holder of a lock last took or extended it, which is its last sign of life."""
    return held.until - at_most


@rule("P42")
def release_refusal(
    held: HeldLock, at_most: timedelta, now: datetime, process_runs: Callable[[str], bool | None]
) -> ReleaseRefusal | None:
    """
    Return why a lock may not be released by hand; None when its holder is gone (P42).

    It is when its process has ended, or when it has missed `EXTENSIONS_PER_LEASE` extensions.
    `process_runs` says of a worker whether its process runs, None where that cannot be seen from here.
    """
    worker, mark, _ = held.holder.rpartition("#")
    if not mark:
        return ReleaseRefusal.FOREIGN
    runs = process_runs(worker)
    overdue = last_extended(held, at_most) + EXTENSIONS_PER_LEASE * extension_interval(at_most) <= now
    if overdue or runs is False:
        return None
    return ReleaseRefusal.RUNNING if runs else ReleaseRefusal.EXTENDED

"""Runs one job in this process: threads extend its lock, logs and metrics show what it came to."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from threading import Event, Thread

import structlog
from attrs import define, field, frozen
from prometheus_client import Counter, Gauge, Histogram

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.locks import SqlJobStore
from ocms_app.databases import Databases, job_store
from ocms_app.job_table import FREQUENT_JOBS, Job
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.jobs.locks import JobLocks, extension_interval
from ocms_core.jobs.runs import JobCounts, LockLease, LockRequest, RunOutcome, RunResult, SkipReason
from ocms_core.jobs.service import JobService
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.errors import OcmsError

log = structlog.get_logger()

JOB_ROLE = "job"
"""What audit rows give as the role of a job."""

RUNS = Counter("ocms_job_runs", "Runs of jobs that ended", ["job", "result"])
SECONDS = Histogram("ocms_job_seconds", "How long a run took", ["job"], buckets=(0.1, 1, 10, 60, 600, 3600))
LAST_DONE = Gauge("ocms_job_last_done_seconds", "When the job last ended well, as a Unix time", ["job"])


def count_from_zero(job: Job) -> None:
    """Show the runs of a job before there are any: a count that begins with 1 does not seem to have grown."""
    for result in RunResult:
        RUNS.labels(job.name, result.value)


def worker_name() -> str:
    """Return a name for this worker in locks and runs: machine, process, and a few random letters."""
    return f"{machine_name()}:{os.getpid()}:{secrets.token_hex(3)}"


def machine_name() -> str:
    """Return the name of this machine, as it stands in the names of workers."""
    return socket.gethostname()[:100]


def process_runs(worker: str) -> bool | None:
    """Return whether the process of a worker runs; None where this machine cannot tell."""
    machine, _, process = worker.partition(":")
    number = process.partition(":")[0]
    if machine != machine_name() or not number.isdigit():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is somebody else's
    return True


@frozen
class JobRunner:
    """Runs jobs in this process, each under its lock."""

    settings: Settings
    databases: Databases
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)
    worker: str = field(factory=worker_name)
    stopping: Event = field(factory=Event)
    sleep: Callable[[float], None] = time.sleep

    def run(
        self, job: Job, *, slot: datetime | None = None, forced: bool = False, accepting: bool = False
    ) -> RunOutcome | SkipReason:
        """
        Run a job now unless another is running it or it has had its run.

        An error is recorded and operations are alerted; it is not raised. `forced` runs it although it ran
        today, `accepting` has it take over what it would hold back.
        """
        locks, lost = JobLocks(self.store), Event()
        request = LockRequest(
            job=job.name,
            worker=self.worker,
            at_most=job.at_most,
            at_least=job.at_least,
            slot=slot,
            once_a_day=job.once_a_day,
            forced=forced,
            tries=job.tries,
            pause=job.pause,
            log_only=job.log_only,
        )

        def work(lease: LockLease) -> JobCounts:
            with acting(Actor(self.worker[:50], JOB_ROLE, "-", job.name, f"run {lease.fence}")):
                return job.run(self._context(lease, lost, accepting=accepting))

        service = JobService(locks, SqlAlerts(self.databases.intranet), self.now)
        outcome = service.run(
            request,
            work,
            observer=RunLog(self.now, frequent=job.frequent),
            extension=partial(lock_extension, locks, lost),
            subject=job.subject,
        )
        if outcome is SkipReason.MISDATED:
            log.error("job_lock_misdated", job=job.name, reason=outcome.value)
        return outcome

    @property
    def store(self) -> SqlJobStore:
        """The locks and runs of all workers."""
        return job_store(self.settings, self.databases)

    def _context(self, lease: LockLease, lost: Event, *, accepting: bool) -> JobContext:
        return JobContext(
            settings=self.settings,
            databases=self.databases,
            now=self.now,
            lease=lease,
            accepting=accepting,
            stopping=self.stopping,
            lost=lost,
            sleep=self.sleep,
            frequent_jobs=FREQUENT_JOBS,
        )


@define
class RunLog:
    """
    Shows one run in the log and to Prometheus.

    Of a frequent job the start, and the end of a run that found nothing to do, are lines for debugging.
    """

    _now: Callable[[], datetime]
    _frequent: bool = field(kw_only=True)
    _started: float = field(default=0.0, init=False)

    def started(self, lease: LockLease, worker: str) -> None:
        """Log that the run has begun."""
        self._started = time.monotonic()
        note = log.debug if self._frequent else log.info
        note("job_started", job=lease.job, run=lease.fence, worker=worker)

    def failed(self, lease: LockLease, error: Exception) -> None:
        """Log where an error that is not one of ours came from."""
        if not isinstance(error, OcmsError):
            log.error("job_failed", job=lease.job, run=lease.fence, exc_info=error)

    def alert_not_kept(self, lease: LockLease, fault: OcmsError) -> None:
        """Log that operations could not be alerted."""
        log.error("alert_not_kept", job=lease.job, run=lease.fence, reason=str(fault))

    def ended(self, lease: LockLease, outcome: RunOutcome) -> None:
        """Log and count what the run came to."""
        seconds = time.monotonic() - self._started
        RUNS.labels(lease.job, outcome.result.value).inc()
        SECONDS.labels(lease.job).observe(seconds)
        if outcome.result is RunResult.DONE:
            LAST_DONE.labels(lease.job).set(self._now().timestamp())
        idle = self._frequent and outcome.result is RunResult.DONE and not any(outcome.counts.values())
        note = log.debug if idle else log.info
        note(
            "job_ended",
            job=lease.job,
            run=outcome.number,
            result=outcome.result.value,
            seconds=round(seconds, 3),
            error=outcome.error,
            **outcome.counts,
        )


@contextmanager
def lock_extension(locks: JobLocks, lost: Event, lease: LockLease) -> Iterator[None]:
    """Extend a lock in a thread for as long as the block lasts; `lost` is set when it is gone."""
    done = Event()
    thread = Thread(target=extend_until, args=(done, lost, locks, lease), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def extend_until(done: Event, lost: Event, locks: JobLocks, lease: LockLease) -> None:
    """Extend a lock until the work is done or the lock is lost; an unreachable database is asked again."""
    interval = extension_interval(lease.at_most).total_seconds()
    while not done.wait(interval):
        try:
            if not locks.extend(lease):
                log.error("job_lost_its_lock", job=lease.job, run=lease.fence)
                lost.set()
                return
        except OcmsError as fault:
            log.warning("job_lock_not_extended", job=lease.job, run=lease.fence, reason=str(fault))

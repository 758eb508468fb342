"""Runs one job under its lock: started on record, extended while it works, its end recorded."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog
from attrs import evolve, field, frozen
from prometheus_client import Counter, Gauge, Histogram

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.locks import SqlLocks
from ocms_app.databases import Databases
from ocms_app.job_table import Job
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobCounts, LockLease, LockLost, LockRequest, RunResult, SkipReason
from ocms_core.kernel.dates import today
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

RUNS = Counter("ocms_job_runs", "Runs of jobs that ended", ["job", "result"])
SECONDS = Histogram("ocms_job_seconds", "How long a run took", ["job"], buckets=(0.1, 1, 10, 60, 600, 3600))
LAST_DONE = Gauge("ocms_job_last_done_seconds", "When the job last ended well, as a Unix time", ["job"])

EXTENSIONS_IN_AT_MOST = 3


def worker_name() -> str:
    """Name this worker in locks and in the journal: machine, process, and a few letters of chance."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(3)}"


@frozen
class RunOutcome:
    """How a run ended."""

    number: int
    result: RunResult
    counts: JobCounts
    error: str | None = None


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
        Run a job now unless another is at it or it has had its run.

        An error is recorded and told to operations, not raised. `forced` runs it although it ran today,
        `accepting` has it take over what it would hold back.
        """
        locks = SqlLocks(self.databases.intranet)
        held = locks.take(
            LockRequest(
                job=job.name,
                worker=self.worker,
                at_most=job.at_most,
                at_least=job.at_least,
                slot=slot,
                once_a_day=job.once_a_day,
                forced=forced,
                tries=job.tries,
                pause=job.pause,
            )
        )
        if isinstance(held, SkipReason):
            return held
        log.info("job_started", job=job.name, run=held.fence, worker=self.worker)
        startup = time.monotonic()
        context = self._context(held, accepting=accepting)
        with lock_extension(locks, held, context.lost):
            ended = run_job(job, context)
        ended = evolve(ended, result=locks.end(held, ended.result, ended.counts, ended.error))
        self._observe(job, ended, time.monotonic() - startup)
        return ended

    def _context(self, held: LockLease, *, accepting: bool) -> JobContext:
        return JobContext(
            settings=self.settings,
            databases=self.databases,
            now=self.now,
            held=held,
            accepting=accepting,
            stopping=self.stopping,
            sleep=self.sleep,
        )

    def _observe(self, job: Job, ended: RunOutcome, seconds: float) -> None:
        RUNS.labels(job.name, ended.result.value).inc()
        SECONDS.labels(job.name).observe(seconds)
        if ended.result is RunResult.DONE:
            LAST_DONE.labels(job.name).set(self.now().timestamp())
        log.info(
            "job_ended",
            job=job.name,
            run=ended.number,
            result=ended.result.value,
            seconds=round(seconds, 3),
            error=ended.error,
            **ended.counts,
        )


def run_job(job: Job, context: JobContext) -> RunOutcome:
    """Run the work itself; what goes wrong is told to operations."""
    number = context.held.fence
    try:
        return RunOutcome(number, RunResult.DONE, job.run(context))
    except Exception as error:  # whatever it is, the run has ended and the journal says so
        if not isinstance(error, OcmsError):
            log.exception("job_failed", job=job.name, run=number)
        alert_operations(job, context, error)
        lost = isinstance(error, LockLost)
        return RunOutcome(number, RunResult.LOST if lost else RunResult.FAILED, {}, error_text(error))


def error_text(error: Exception) -> str:
    """Give the words for an error: a fault has its own, any other is told by its kind, for it may quote."""
    if isinstance(error, OcmsError):
        return str(error)
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


@rule("P40", "P41")
def alert_operations(job: Job, context: JobContext, error: Exception) -> None:
    """Operations are told of a run that failed: the error and the time, once a day for the same error."""
    now, given = context.now(), error_text(error)
    lines = (
        f"Job: {job.name}, run {context.held.fence}",
        f"Time: {now.isoformat(timespec='seconds')}",
        f"Error: {given}",
        *getattr(error, "__notes__", ()),
    )
    subject = job.subject(error) if job.subject else f"OCMS job {job.name} failed"
    try:
        context.alert(f"{today(now)}/{given}", subject, "\n".join(lines))
    except OcmsError as fault:
        log.error("alert_not_kept", job=job.name, run=context.held.fence, reason=str(fault))  # noqa: TRY400  # a fault needs no traceback


@contextmanager
def lock_extension(locks: SqlLocks, held: LockLease, lost: Event) -> Iterator[None]:
    """Extend a lock again and again for as long as the work lasts; `lost` is set when it is gone."""
    done = Event()
    every = held.at_most / EXTENSIONS_IN_AT_MOST
    thread = Thread(target=extend_until, args=(done, lost, locks, held, every), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def extend_until(done: Event, lost: Event, locks: SqlLocks, held: LockLease, every: timedelta) -> None:
    """Extend a lock until the work is done or the lock is lost; a database that is away is asked again."""
    while not done.wait(every.total_seconds()):
        try:
            if not locks.extend(held):
                log.error("job_lost_its_lock", job=held.job, run=held.fence)
                lost.set()
                return
        except OcmsError as fault:
            log.warning("job_lock_not_extended", job=held.job, run=held.fence, reason=str(fault))

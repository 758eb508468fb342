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
from attrs import field, frozen
from prometheus_client import Counter, Gauge, Histogram

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.locks import SqlLocks
from ocms_app.databases import Databases
from ocms_app.jobs.context import JobContext
from ocms_app.schedule import Job
from ocms_app.settings import Settings
from ocms_core.jobs.runs import Ask, Held, JobCounts, NotNow, Result
from ocms_core.kernel.faults import Fault

log = structlog.get_logger()

RUNS = Counter("ocms_job_runs", "Runs of jobs that ended", ["job", "result"])
SECONDS = Histogram("ocms_job_seconds", "How long a run took", ["job"], buckets=(0.1, 1, 10, 60, 600, 3600))
LAST_DONE = Gauge("ocms_job_last_done_seconds", "When the job last ended well, as a Unix time", ["job"])

EXTENSIONS_IN_AT_MOST = 3


def worker_name() -> str:
    """Name this worker in locks and in the journal: machine, process, and a few letters of chance."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(3)}"


@frozen
class Ended:
    """How a run ended."""

    number: int
    result: Result
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

    def run(self, job: Job, *, slot: datetime | None = None, forced: bool = False) -> Ended | NotNow:
        """Run a job now unless another is at it or it has had its run; an error is recorded, not raised."""
        locks = SqlLocks(self.databases.intranet)
        held = locks.take(
            Ask(
                job=job.name,
                worker=self.worker,
                at_most=job.at_most,
                at_least=job.at_least,
                slot=slot,
                once_a_day=job.once_a_day,
                forced=forced,
            )
        )
        if isinstance(held, NotNow):
            return held
        log.info("job_started", job=job.name, run=held.fence, worker=self.worker)
        begun = time.monotonic()
        with extended(locks, held):
            ended = outcome(job, self._context(held, forced=forced))
        locks.end(held, ended.result, ended.counts, ended.error)
        self._observe(job, ended, time.monotonic() - begun)
        return ended

    def _context(self, held: Held, *, forced: bool) -> JobContext:
        return JobContext(self.settings, self.databases, self.now, held, forced, self.stopping, self.sleep)

    def _observe(self, job: Job, ended: Ended, seconds: float) -> None:
        RUNS.labels(job.name, ended.result.value).inc()
        SECONDS.labels(job.name).observe(seconds)
        if ended.result is Result.DONE:
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


def outcome(job: Job, context: JobContext) -> Ended:
    """Run the work itself; a fault is told in its own words, any other error by its kind only."""
    number = context.held.fence
    try:
        return Ended(number, Result.DONE, job.run(context))
    except Fault as fault:
        return Ended(number, Result.FAILED, {}, str(fault))
    except Exception as error:  # whatever it is, the run has ended and the journal says so
        log.exception("job_failed", job=job.name, run=number)
        return Ended(number, Result.FAILED, {}, type(error).__name__)


@contextmanager
def extended(locks: SqlLocks, held: Held) -> Iterator[None]:
    """Extend a lock again and again for as long as the work lasts."""
    done = Event()
    every = held.at_most / EXTENSIONS_IN_AT_MOST
    thread = Thread(target=extend_until, args=(done, locks, held, every), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def extend_until(done: Event, locks: SqlLocks, held: Held, every: timedelta) -> None:
    """Extend a lock until the work is done or the lock is lost; a database that is away is asked again."""
    while not done.wait(every.total_seconds()):
        try:
            if not locks.extend(held):
                log.error("job_lost_its_lock", job=held.job, run=held.fence)
                return
        except Fault as fault:
            log.warning("job_lock_not_extended", job=held.job, run=held.fence, reason=str(fault))

"""A reconciliation in chunks: queued for all chunk workers, or done here where there is no queue."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import structlog
from attrs import asdict, field, frozen
from sqlalchemy import Connection, Engine

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.paging import NoticeRange
from ocms_adapters.sql.reconciliation import ReconciliationChunk, SqlReconciler
from ocms_adapters.sql.transactions import unchecked
from ocms_app.databases import Databases, lock_times
from ocms_app.job_runner import worker_name
from ocms_app.job_table import Job
from ocms_app.jobs.context import JobContext
from ocms_app.keys import field_cipher
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobCounts, LockRequest
from ocms_core.kernel.errors import OcmsError

if TYPE_CHECKING:
    from ocms_adapters.job_queue import ChunkQueue

log = structlog.get_logger()

WHOLE = "reconcile_replication"
CHUNK = "reconcile_replication_chunk"
AT_MOST = timedelta(minutes=2)
SECONDS_BETWEEN_LOOKS = 0.5


def queue_of(intranet: Engine) -> "ChunkQueue | None":
    """Return the queue of chunks; None without PostgreSQL or without the extra `queue`."""
    if intranet.name != "postgresql" or not find_spec("procrastinate"):
        return None
    from ocms_adapters.job_queue import ChunkQueue  # noqa: PLC0415  # the extra may not be there

    return ChunkQueue(intranet)


@frozen
class ChunkedReconciliation:
    """
    Does chunks of a reconciliation, each recorded as a run once it is done.

    A chunk is safe to do again: rows it queued for delivery are on their way, and a chunk on record is
    skipped. `check` is called before each write; chunk workers hold no lock, so theirs checks nothing.
    """

    reconciler: SqlReconciler
    job_runs: SqlJobRuns
    check: Callable[[Connection], None] = unchecked
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)
    worker: str = field(factory=worker_name)

    def do(
        self, work: int, chunk: int, *, repair: bool, kind: str, surplus: bool, after: str, until: str | None
    ) -> None:
        """Compare a chunk, one of `chunks`, and with `repair` queue for delivery what differs."""
        if chunk in self.done(work):
            return
        started = self.now()
        part = ReconciliationChunk(kind, surplus, NoticeRange(after, until))
        compared = self.reconciler.compare(part, started, repair=repair)
        found = {how.value: count for how, count in compared.found.items()}
        counts = {"compared": compared.compared, "on_their_way": compared.on_their_way, **found}
        request = LockRequest(CHUNK, self.worker, AT_MOST)
        counts |= {"of_run": work, "chunk": chunk}
        self.job_runs.record(request, started, self.now(), counts, self.check)

    def chunks(self, work: int, size: int, *, repair: bool) -> list[Mapping[str, Any]]:
        """Return the chunks of so many notices as JSON objects; `work` is the number of their run."""
        return [
            {
                "work": work,
                "chunk": number,
                "repair": repair,
                "kind": part.kind,
                "surplus": part.surplus,
                **asdict(part.notice_range),
            }
            for number, part in enumerate(self.reconciler.chunks(size), 1)
        ]

    def done(self, work: int) -> Mapping[int, JobCounts]:
        """Return the counts of the chunks of a run that are on record, by their number."""
        runs = self.job_runs.later_than(work, CHUNK)
        return {run.counts["chunk"]: run.counts for run in runs if run.counts["of_run"] == work}


def reconciliation(
    settings: Settings, databases: Databases, check: Callable[[Connection], None] = unchecked
) -> ChunkedReconciliation:
    """Return what does the chunks of a reconciliation on these databases."""
    copy = InternetCopy(databases.internet, field_cipher(settings))
    reconciler = SqlReconciler(databases.intranet, copy, check)
    return ChunkedReconciliation(reconciler, SqlJobRuns(databases.intranet, lock_times(settings)), check)


def whole(size: int, *, repair: bool) -> Job:
    """Return the job that has all chunks done and adds up their counts."""
    return Job(
        name=WHOLE,
        schedule="",
        at_most=AT_MOST,
        at_least=timedelta(0),
        what="Compare both sides in chunks.",
        run=partial(run, size=size, repair=repair),
    )


def run(context: JobContext, *, size: int, repair: bool) -> JobCounts:
    """
    Do or queue all chunks, wait for the last, and add up their counts.

    Raises `OcmsError` unless every chunk is on record.
    """
    chunked = reconciliation(context.settings, context.databases, context.guard)
    work = context.lease.fence
    chunks = chunked.chunks(work, size, repair=repair)
    queue = queue_of(context.databases.intranet)
    if queue:
        queue.put(chunks, context.guard)
        wait(context, queue, work)
    else:
        for chunk in chunks:
            check_stop(context, "run it again for the whole")
            chunked.do(**chunk)
    done = chunked.done(work)
    if missing := len(chunks) - len(done):
        raise OcmsError(f"{missing} of {len(chunks)} chunks are not on record; run it again")
    total: Counter[str] = Counter()
    for counts in done.values():
        total.update({name: count for name, count in counts.items() if name not in {"of_run", "chunk"}})
    return {"chunks": len(chunks), **total}


def wait(context: JobContext, queue: "ChunkQueue", work: int) -> None:
    """Wait until no chunk of a run is left; each change is a line of the log."""
    last = None
    while True:
        status = queue.status(work)
        if status != last:
            log.info("chunks", **asdict(status))
            last = status
        if not status.waiting + status.at_work:
            break
        context.stopping.wait(SECONDS_BETWEEN_LOOKS)
        check_stop(context, "the chunks on the queue are done all the same")
    if status.given_up:
        raise OcmsError(f"{status.given_up} chunks were given up; the log of the chunk workers says why")


def check_stop(context: JobContext, then: str) -> None:
    """Raise `OcmsError`, with what to expect `then`, when the run is asked to stop or has lost its lock."""
    if context.ending:
        context.check_lock()
        raise OcmsError(f"asked to stop; {then}")

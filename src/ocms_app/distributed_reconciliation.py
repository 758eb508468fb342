"""A reconciliation cut into chunks: queued for all chunk workers, or done here where there is no queue."""

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
from ocms_app.databases import Databases
from ocms_app.job_runner import worker_name
from ocms_app.job_table import Job
from ocms_app.jobs.context import JobContext
from ocms_app.key_rings import field_cipher
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobCounts, LockRequest
from ocms_core.kernel.errors import OcmsError

if TYPE_CHECKING:
    from ocms_adapters.job_queue import ChunkQueue

log = structlog.get_logger()

WHOLE = "reconcile_replication"
CHUNK = "reconcile_mirror_chunk"
AT_MOST = timedelta(minutes=2)
SECONDS_BETWEEN_LOOKS = 0.5


def queue_of(intranet: Engine) -> "ChunkQueue | None":
    """Give the queue of chunks; None where there is none, without PostgreSQL or without the extra `queue`."""
    if intranet.name != "postgresql" or not find_spec("procrastinate"):
        return None
    from ocms_adapters.job_queue import ChunkQueue  # noqa: PLC0415  # the extra may not be there

    return ChunkQueue(intranet)


@frozen
class ChunkedReconciliation:
    """
    Does chunks of a reconciliation, each on record in the journal once it is done.

    A chunk is safe to do again: what it put on the road is on its way, and what is on record is left alone.
    `check` is called before each write; the workers of the queue do chunks whoever waits for them, and
    have no lock to lose.
    """

    reconciler: SqlReconciler
    journal: SqlJobRuns
    check: Callable[[Connection], None] = unchecked
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)
    worker: str = field(factory=worker_name)

    def do(
        self, work: int, chunk: int, *, repair: bool, kind: str, surplus: bool, after: str, until: str | None
    ) -> None:
        """Compare, and with `repair` put on the road what differs; the arguments are those of `chunks`."""
        if chunk in self.done(work):
            return
        startup = self.now()
        piece = ReconciliationChunk(kind, surplus, NoticeRange(after, until))
        given = self.reconciler.compare(piece, startup, repair=repair)
        found = {how.value: count for how, count in given.found.items()}
        counts = {"compared": given.compared, "on_their_way": given.on_their_way, **found}
        ask = LockRequest(CHUNK, self.worker, AT_MOST)
        counts |= {"of_run": work, "chunk": chunk}
        self.journal.record(ask, startup, self.now(), counts, self.check)

    def chunks(self, work: int, size: int, *, repair: bool) -> list[Mapping[str, Any]]:
        """Cut the whole into chunks of so many notices, as JSON; the work is the number of its run."""
        return [
            {
                "work": work,
                "chunk": number,
                "repair": repair,
                "kind": piece.kind,
                "surplus": piece.surplus,
                **asdict(piece.notice_range),
            }
            for number, piece in enumerate(self.reconciler.pieces(size), 1)
        ]

    def done(self, work: int) -> Mapping[int, JobCounts]:
        """Give what the chunks of a work that are on record came to, each once."""
        runs = self.journal.later_than(work, CHUNK)
        return {run.counts["chunk"]: run.counts for run in runs if run.counts["of_run"] == work}


def reconciliation(
    settings: Settings, databases: Databases, check: Callable[[Connection], None] = unchecked
) -> ChunkedReconciliation:
    """Wire the doing of chunks."""
    copy = InternetCopy(databases.internet, field_cipher(settings))
    reconciler = SqlReconciler(databases.intranet, copy, check)
    return ChunkedReconciliation(reconciler, SqlJobRuns(databases.intranet), check)


def whole(size: int, *, repair: bool) -> Job:
    """Give the job that has all chunks done, by whoever, and adds up what they came to."""
    return Job(
        name=WHOLE,
        schedule="",
        at_most=AT_MOST,
        at_least=timedelta(0),
        what="Compare both sides in chunks.",
        run=partial(run, size=size, repair=repair),
    )


def run(context: JobContext, *, size: int, repair: bool) -> JobCounts:
    """Cut, hand out, wait for the last chunk, and add up; Fault unless every chunk is on record."""
    ours = reconciliation(context.settings, context.databases, context.check)
    work = context.held.fence
    chunks = ours.chunks(work, size, repair=repair)
    queue = queue_of(context.databases.intranet)
    if queue:
        queue.put(chunks, context.check)
        wait(context, queue, work)
    else:
        for chunk in chunks:
            ours.do(**chunk)
    done = ours.done(work)
    if missing := len(chunks) - len(done):
        raise OcmsError(f"{missing} of {len(chunks)} chunks are not on record; run it again")
    total: Counter[str] = Counter()
    for counts in done.values():
        total.update({name: count for name, count in counts.items() if name not in {"of_run", "chunk"}})
    return {"chunks": len(chunks), **total}


def wait(context: JobContext, queue: "ChunkQueue", work: int) -> None:
    """Wait until no chunk of a work is left; each step is a line of the log."""
    last = None
    while True:
        status = queue.status(work)
        if status != last:
            log.info("chunks", **asdict(status))
            last = status
        if not status.waiting + status.at_work:
            break
        context.stopping.wait(SECONDS_BETWEEN_LOOKS)
        if context.ending:
            with context.writing():  # says so when it is the lock that is gone
                raise OcmsError("asked to stop; the chunks on the queue are done all the same")
    if status.given_up:
        raise OcmsError(f"{status.given_up} chunks were given up; the log of the chunk workers says why")

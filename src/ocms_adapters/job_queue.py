"""
The job queue of bulk work: chunks in PostgreSQL, taken by any number of workers.

It is procrastinate's, in a schema of its own beside the Intranet tables; the extra `queue` brings it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event
from typing import Any, cast

import psycopg
import structlog
from attrs import frozen
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.grants import QUEUE_SCHEMA as SCHEMA
from ocms_adapters.sql.transactions import reading, unchecked, writing
from ocms_core.kernel.errors import Conflict, Unavailable

log = structlog.get_logger()

QUEUE = "chunks"
TASK = "chunk"
# A chunk is given up when it has failed, or killed its worker, so often.
ATTEMPTS = 5
RETRIES = ATTEMPTS - 1
RETRY_SECONDS = 2
# A worker without a heartbeat for so many seconds is dead, and its chunk goes to another.
LEASE = 30.0
HEARTBEATS_IN_LEASE = 3
POLL_SECONDS = 1.0

EXISTS = text(f"SELECT to_regclass('{SCHEMA}.procrastinate_jobs') IS NOT NULL")
# Procrastinate's own statements, functions and triggers name its tables without their schema.
SEARCH_PATH = f"SET LOCAL search_path = {SCHEMA}"
SET_SEARCH_PATH = text(SEARCH_PATH)
DELETE_OLD = text(f"DELETE FROM {SCHEMA}.procrastinate_jobs WHERE status <> 'doing'")  # noqa: S608  # our own constant
COUNT_BY_STATUS = text(
    f"SELECT status::text, count(*) FROM {SCHEMA}.procrastinate_jobs"  # noqa: S608  # our own constant
    " WHERE CAST(args ->> 'work' AS bigint) = :work OR CAST(:work AS bigint) IS NULL GROUP BY status"
)


@frozen
class QueueStatus:
    """The number of chunks that are waiting, at work, done, and given up."""

    waiting: int
    at_work: int
    done: int
    given_up: int


class QueueCursor(psycopg.Cursor[Any]):
    """A cursor in the queue's schema; a pooler may give each transaction another session."""

    def execute(self, *arguments: Any, **options: Any) -> "QueueCursor":
        """Execute a statement in the queue's schema."""
        super().execute(SEARCH_PATH)
        return super().execute(*arguments, **options)


class AsyncQueueCursor(psycopg.AsyncCursor[Any]):
    """Likewise for the worker."""

    async def execute(self, *arguments: Any, **options: Any) -> "AsyncQueueCursor":
        """Execute a statement in the queue's schema."""
        await super().execute(SEARCH_PATH)
        return await super().execute(*arguments, **options)


@frozen
class ChunkQueue:
    """The queue in an Intranet database on PostgreSQL."""

    _engine: Engine

    def upgrade(self) -> None:
        """Create the queue's tables where they are missing."""
        with writing(self._engine) as connection:
            dialect_of(connection.dialect).lock_schema(connection)
            if not connection.execute(EXISTS).scalar_one():
                driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
                driver.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                connection.execute(SET_SEARCH_PATH)
                driver.execute(SchemaManager.get_schema())

    def exists(self) -> bool:
        """Return whether the queue's tables are there."""
        with reading(self._engine) as connection:
            return bool(connection.execute(EXISTS).scalar_one())

    def check_ready(self) -> None:
        """Raise `Unavailable` unless the queue's tables are there."""
        if not self.exists():
            raise Unavailable("the queue of chunks (it needs `ocms db upgrade`)")

    def put(
        self, chunks: Sequence[Mapping[str, Any]], check: Callable[[Connection], None] = unchecked
    ) -> None:
        """
        Queue chunks, each a JSON object with its `work`, and drop what earlier work left waiting.

        `check` is called first, in the transaction. Raises `Unavailable` where the tables are missing.
        """
        self.check_ready()
        with writing(self._engine) as connection:
            check(connection)
            connection.execute(SET_SEARCH_PATH)
            connection.execute(DELETE_OLD)
        app = self._app(lambda **_: None, QueueCursor)
        with app.open():
            app.tasks[TASK].batch_defer(*(dict(chunk) for chunk in chunks))

    def status(self, work: int | None = None) -> QueueStatus:
        """Return the status of the chunks of one work, or of all."""
        with reading(self._engine) as connection:
            counts = {row[0]: int(row[1]) for row in connection.execute(COUNT_BY_STATUS, {"work": work})}
        ended = sum(counts.values()) - counts.get("todo", 0) - counts.get("doing", 0)
        done = counts.get("succeeded", 0)
        return QueueStatus(counts.get("todo", 0), counts.get("doing", 0), done, ended - done)

    def work(self, do: Callable[..., None], stopping: Event, *, lease: float = LEASE) -> None:
        """
        Process chunks, one at a time, until `stopping` is set; the one at work is finished first.

        `do` is called with a chunk as keyword arguments, in a thread of its own. The chunks of workers
        without a heartbeat for `lease` seconds are queued again. A database out of reach is waited for.
        """
        while not stopping.is_set():
            try:
                asyncio.run(self._work(do, stopping, lease))
            except (ConnectorException, psycopg.OperationalError, OSError) as error:
                log.warning("chunk_worker_waits", reason=type(error).__name__)
                stopping.wait(POLL_SECONDS)

    async def _work(self, do: Callable[..., None], stopping: Event, lease: float) -> None:
        app = self._app(do, AsyncQueueCursor)
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    install_signal_handlers=False,
                    listen_notify=False,  # a pooler passes no notifications on
                    fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=lease / HEARTBEATS_IN_LEASE,
                    stalled_worker_timeout=lease,
                )
            )
            try:
                while not (stopping.is_set() or worker.done()):
                    await self._requeue_stalled(app, lease)
                    await asyncio.wait([worker], timeout=POLL_SECONDS)
            finally:
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    async def _requeue_stalled(self, app: App, lease: float) -> None:
        manager = app.job_manager
        for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=lease):
            # Another worker may have queued it again a moment ago.
            with suppress(ConnectorException):
                if job.attempts < RETRIES:
                    await manager.retry_job(job)
                else:
                    await manager.finish_job(job, Status.FAILED, delete_job=False)
                log.warning("chunk_of_dead_worker", chunk=job.id, attempts=job.attempts)

    def _app(self, do: Callable[..., None], cursor: type[QueueCursor | AsyncQueueCursor]) -> App:
        address = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        session = {"cursor_factory": cursor, "prepare_threshold": None}
        app = App(connector=PsycopgConnector(conninfo=address, kwargs=session, min_size=1, max_size=4))
        retry = RetryStrategy(
            max_attempts=RETRIES,
            wait=RETRY_SECONDS,
            retry_exceptions=(Conflict, Unavailable),
        )
        app.task(name=TASK, queue=QUEUE, retry=retry)(do)
        return app

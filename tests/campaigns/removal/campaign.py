"""Old rows are removed on PostgreSQL while others write to the same tables: how long locks are held (K3)."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from threading import Event
from time import monotonic, sleep
from typing import Any

from attrs import field, frozen, mutable
from sqlalchemy import Engine, func, insert, select, text, update

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.access_records import SqlAccessRecords
from ocms_adapters.sql.idempotent_answers import keep_answer
from ocms_adapters.sql.locks import SqlJobStore
from ocms_adapters.sql.old_rows import ENDED_AT, SqlOldRows
from ocms_adapters.sql.rate_limits import SqlRateLimits
from ocms_adapters.sql.transactions import writing
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.retention import RowKind, remove_old_rows
from ocms_core.jobs.runs import LockLease, LockRequest, RunResult
from ocms_core.kernel.access import OPERATIONS, Operation, Principal, Role
from ocms_core.kernel.dates import local
from ocms_core.kernel.idempotency import IdempotencyKey, KeyOrigin, StoredAnswer

OLD = timedelta(days=9)
PART = 10_000
OFTEN = "often"
SAMPLE_SECONDS = 0.002
CALLER = Principal("officer", Role.OIC, "c0")
OPERATION = Operation.GET_OFFENDERS

MOST = {RowKind.RATE_SLOTS: 5_000}
"""A caller has one slot for each of two dozen operations, so two hundred callers have no more."""

COLUMNS: Mapping[RowKind, Callable[[int], dict[str, Any]]] = {
    RowKind.ANSWERS: lambda number: {
        "operation": OPERATION.value,
        "credential": f"c{number % 50}",
        "key_source": KeyOrigin.HEADER.value,
        "idempotency_key": str(number),
        "body_hash": "0" * 64,
        "status": 200,
        "answer": "{}" * 300,
        "is_final": "Y",
    },
    RowKind.OUTBOX: lambda number: {"kind": "NOTICE", "notice_no": f"N{number:09}", "attempts": 1},
    RowKind.RATE_SLOTS: lambda number: {
        "operation": OPERATION.value,
        "credential": f"c{number}",
        "slot": 0,
        "uses": "0" * 13,
    },
    RowKind.ACCESS_RECORDS: lambda number: {
        "principal": "officer",
        "role": "oic",
        "operation": OPERATION.value,
        "notice_no": f"N{number:09}",
        "identity_set": b"12345" * 20,
    },
    RowKind.FREQUENT_RUNS: lambda number: {
        "job": OFTEN,
        "worker": f"w{number % 3}",
        "started_at": local(SystemClock().now() - OLD),
        "result": "done",
        "counts": "{}",
    },
}


@mutable
class Measured:
    """What was seen of the removal of one kind: rows, seconds of each transaction, and of what waited."""

    rows: int = 0
    transactions: list[float] = field(factory=list)
    longest_wait: float = 0
    writes: list[float] = field(factory=list)


@frozen
class TimedRemoval:
    """Removes old rows and notes how long each transaction took, its commit included."""

    rows: SqlOldRows
    measured: Measured

    def remove(self, kind: RowKind, before: datetime, most: int) -> int:
        """Remove the oldest rows of a kind."""
        begun = monotonic()
        removed = self.rows.remove(kind, before, most)
        self.measured.transactions.append(monotonic() - begun)
        return removed


def put_old(engine: Engine, kind: RowKind, many: int) -> None:
    """Put so many rows of a kind in that ended days ago, each at a moment of its own."""
    column, first = ENDED_AT[kind], local(SystemClock().now() - OLD)
    for start in range(0, many, PART):
        rows = [
            {**COLUMNS[kind](number), column.name: first + timedelta(microseconds=number)}
            for number in range(start, min(start + PART, many))
        ]
        with engine.begin() as connection:
            connection.execute(insert(column.table), rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ANALYZE {column.table.name}"))


def write(engine: Engine, kind: RowKind, number: int) -> None:
    """Write to the table of a kind as OCMS does: a new row, or for a rate slot one that is being removed."""
    now = SystemClock().now()
    match kind:
        case RowKind.ANSWERS:
            key = IdempotencyKey(OPERATION, "writer", KeyOrigin.HEADER, f"{kind}{number}", "0" * 64)
            with writing(engine) as connection:
                keep_answer(connection, key, StoredAnswer(key.body_hash, 200, b"{}", now))
        case RowKind.OUTBOX:
            with writing(engine) as connection:
                row = {"kind": "NOTICE", "notice_no": f"W{number:09}"}
                added = insert(t.ocms_outbox).values(row).returning(t.ocms_outbox.c.id)
                marked = t.ocms_outbox.c.id == connection.execute(added).scalar_one()
                connection.execute(update(t.ocms_outbox).where(marked).values(delivered_at=local(now)))
        case RowKind.RATE_SLOTS:
            SqlRateLimits(engine).take(OPERATION, OPERATIONS[OPERATION].limit, f"c{number * 7}", now)
        case RowKind.ACCESS_RECORDS:
            SqlAccessRecords(engine, b"k" * 32).record_access(CALLER, OPERATION, ["S1234567D"], now)
        case _:
            locks = JobLocks(SqlJobStore(engine))
            lease = locks.take(LockRequest(f"j{number}", "writer", timedelta(minutes=1)))
            if isinstance(lease, LockLease):
                locks.end(lease, RunResult.DONE, {}, None)


@contextmanager
def beside(engine: Engine, kind: RowKind, measured: Measured, writers: int) -> Iterator[None]:
    """Have others write to the table of a kind, and see what waits for a lock, while the block lasts."""
    ended, numbers = Event(), count()

    def work() -> None:
        while not ended.is_set():
            begun = monotonic()
            write(engine, kind, next(numbers))
            measured.writes.append(monotonic() - begun)

    def watch() -> None:
        waiting = text("SELECT max(extract(epoch FROM clock_timestamp() - waitstart)) FROM pg_locks")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not ended.is_set():
                seen = connection.execute(waiting).scalar() or 0
                measured.longest_wait = max(measured.longest_wait, float(seen))
                sleep(SAMPLE_SECONDS)

    with ThreadPoolExecutor(writers + 1) as pool:
        working = [pool.submit(work) for _ in range(writers)] + [pool.submit(watch)]
        try:
            yield
        finally:
            ended.set()
        for each in working:
            each.result()


def run(engine: Engine, many: int, writers: int = 3) -> Mapping[RowKind, Measured]:
    """Remove so many old rows of each kind; raise `AssertionError` where one stays or a new one goes."""
    found: dict[RowKind, Measured] = {}
    for kind in COLUMNS:
        measured = found[kind] = Measured()
        old = min(many, MOST.get(kind, many))
        put_old(engine, kind, old)
        rows = TimedRemoval(SqlOldRows(engine, frequent_jobs=[OFTEN]), measured)
        with beside(engine, kind, measured, writers):
            days = dict.fromkeys(RowKind, 0) | {kind: 7}
            counts = remove_old_rows(rows, days, SystemClock().now, lambda: False)
        measured.rows = counts[kind.value]
        check(engine, kind, old, measured)
    return found


def check(engine: Engine, kind: RowKind, many: int, measured: Measured) -> None:
    """Raise `AssertionError` unless just the old rows are gone and each write is there."""
    column = ENDED_AT[kind]
    with engine.connect() as connection:
        left, old = connection.execute(
            select(
                func.count(),
                func.count().filter(column < local(SystemClock().now() - timedelta(days=7))),
            ).select_from(column.table)
        ).one()
    assert old == 0, f"{kind.value}: {old} old rows are left"
    if kind is not RowKind.RATE_SLOTS:  # a slot that was used again is an old row no more
        assert (measured.rows, left) == (many, len(measured.writes)), kind.value

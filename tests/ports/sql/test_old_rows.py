"""Rows past their time are removed from each table, a few at a time, on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select

from ocms_adapters.sql import engines
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.old_rows import ENDED_AT, SqlOldRows
from ocms_core.jobs.retention import CHUNK, RowKind, remove_old_rows
from ocms_core.kernel.dates import local
from tests.support.builders import NOW
from tests.support.databases import Databases

# What a row has beside its number or name and the moment it ended.
COLUMNS: dict[RowKind, dict[str, Any]] = {
    RowKind.ANSWERS: {
        "operation": "offender-furnish",
        "credential": "c",
        "key_source": "header",
        "body_hash": "h",
        "status": 200,
        "is_final": "Y",
    },
    RowKind.OUTBOX: {"kind": "NOTICE", "attempts": 0},
    RowKind.RATE_SLOTS: {"operation": "o", "credential": "c"},
    RowKind.ACCESS_RECORDS: {"principal": "p", "role": "oic", "operation": "o"},
    RowKind.FREQUENT_RUNS: {"job": "often", "worker": "w", "started_at": local(NOW), "result": "done"},
    RowKind.JOB_RUNS: {"job": "j", "worker": "w", "started_at": local(NOW), "result": "done"},
    RowKind.SESSIONS: {"principal": "p", "role": "oic", "credential": "c", "signed_in_at": local(NOW)},
    RowKind.ALERTS: {"subject": "s", "body": "t", "attempts": 0},
}
NUMBERED = {
    RowKind.ANSWERS: "idempotency_key",
    RowKind.OUTBOX: "notice_no",
    RowKind.RATE_SLOTS: "slot",
    RowKind.SESSIONS: "token_digest",
    RowKind.ALERTS: "incident",
}
# What is not ended has no time there; these are ended as soon as they are written.
ALWAYS_ENDED = {RowKind.ANSWERS, RowKind.RATE_SLOTS, RowKind.ACCESS_RECORDS, RowKind.SESSIONS}


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield an engine of an Intranet database."""
    opened = engines.create(databases.intranet)
    yield opened
    opened.dispose()


def named(kind: RowKind, number: int) -> dict[str, Any]:
    return {NUMBERED[kind]: number} if kind in NUMBERED else {}


def put(engine: Engine, kind: RowKind, ended: list[datetime | None]) -> None:
    column = ENDED_AT[kind]
    with engine.begin() as connection:
        for number, at in enumerate(ended):
            values = {**COLUMNS[kind], **named(kind, number), column.name: local(at) if at else None}
            connection.execute(insert(column.table).values(values))


def left(engine: Engine, kind: RowKind) -> list[datetime | None]:
    with engine.connect() as connection:
        return list(connection.execute(select(ENDED_AT[kind])).scalars())


@pytest.mark.rule("K3")
@pytest.mark.parametrize("kind", ENDED_AT, ids=lambda kind: kind.value)
def test_the_oldest_go_first_a_few_at_a_time(engine: Engine, kind: RowKind) -> None:
    ages: list[datetime | None] = [NOW - timedelta(days=days) for days in (5, 4, 3, 2, 1)]
    waiting: list[datetime | None] = [] if kind in ALWAYS_ENDED else [None]
    put(engine, kind, [*ages, *waiting])
    rows, before = SqlOldRows(engine, frequent_jobs=["often"]), NOW - timedelta(days=2)
    assert [rows.remove(kind, before, 2) for _ in range(3)] == [2, 1, 0]
    assert sorted(filter(None, left(engine, kind))) == [local(NOW - timedelta(days=days)) for days in (2, 1)]
    assert left(engine, kind).count(None) == len(waiting)


@pytest.mark.rule("K3")
def test_of_the_jobs_of_every_minute_only_the_runs_that_ended_well_go_sooner(engine: Engine) -> None:
    table = t.ocms_job_run
    results = ("done", "failed", "lost", None)
    with engine.begin() as connection:
        for job in ("often", "daily"):
            for result in results:
                ended = local(NOW - timedelta(days=8)) if result else None
                row = {"job": job, "worker": "w", "started_at": local(NOW - timedelta(days=8))}
                connection.execute(insert(table).values(row | {"ended_at": ended, "result": result}))
    rows = SqlOldRows(engine, frequent_jobs=["often"])
    assert rows.remove(RowKind.FREQUENT_RUNS, NOW - timedelta(days=7), 10) == 1
    with engine.connect() as connection:
        found = connection.execute(select(table.c.job, table.c.result).order_by(table.c.id)).all()
    assert [tuple(row) for row in found] == [
        *(("often", result) for result in results if result != "done"),
        *(("daily", result) for result in results),
    ]


@pytest.mark.rule("K3")
@pytest.mark.parametrize("kind", ENDED_AT, ids=lambda kind: kind.value)
def test_no_transaction_removes_more_than_a_chunk(engine: Engine, kind: RowKind) -> None:
    put_many(engine, kind, 2 * CHUNK + 1)
    removed: list[int] = []
    transactions: list[int] = []

    def note_rows(_connection: object, cursor: Any, *_: object) -> None:
        removed.append(max(cursor.rowcount, 0))  # -1 of a statement without rows

    def note_transaction(_connection: object) -> None:
        transactions.append(sum(removed))
        removed.clear()

    event.listen(engine, "after_cursor_execute", note_rows)
    event.listen(engine, "commit", note_transaction)
    rows = SqlOldRows(engine, frequent_jobs=["often"])
    counts = remove_old_rows(rows, dict.fromkeys(RowKind, 0) | {kind: 1}, lambda: NOW, lambda: False)
    assert counts[kind.value] == 2 * CHUNK + 1
    assert [count for count in transactions if count > 0] == [CHUNK, CHUNK, 1]


def put_many(engine: Engine, kind: RowKind, many: int) -> None:
    """Put so many rows in that ended days ago, each at a moment of its own."""
    column, first = ENDED_AT[kind], local(NOW - timedelta(days=9))
    rows = [
        {**COLUMNS[kind], **named(kind, number), column.name: first + timedelta(seconds=number)}
        for number in range(many)
    ]
    with engine.begin() as connection:
        connection.execute(insert(column.table), rows)


@pytest.mark.rule("K3")
def test_nothing_is_removed_by_a_job_that_lost_its_lock(engine: Engine) -> None:
    def lost(_connection: object) -> None:
        raise RuntimeError("the lock is lost")

    put(engine, RowKind.RATE_SLOTS, [NOW - timedelta(days=5)])
    with pytest.raises(RuntimeError):
        SqlOldRows(engine, lost).remove(RowKind.RATE_SLOTS, NOW, 2)
    assert len(left(engine, RowKind.RATE_SLOTS)) == 1

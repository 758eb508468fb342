"""Rows past their time are removed from each table, a few at a time, on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from ocms_adapters.sql import engines
from ocms_adapters.sql.old_rows import ENDED_AT, SqlOldRows
from ocms_core.jobs.retention import RowKind
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


def put(engine: Engine, kind: RowKind, ended: list[datetime | None]) -> None:
    column = ENDED_AT[kind]
    with engine.begin() as connection:
        for number, at in enumerate(ended):
            named = {NUMBERED[kind]: number} if kind in NUMBERED else {}
            values = {**COLUMNS[kind], **named, column.name: local(at) if at else None}
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
    rows, before = SqlOldRows(engine), NOW - timedelta(days=2)
    assert [rows.remove(kind, before, 2) for _ in range(3)] == [2, 1, 0]
    assert sorted(filter(None, left(engine, kind))) == [local(NOW - timedelta(days=days)) for days in (2, 1)]
    assert left(engine, kind).count(None) == len(waiting)


@pytest.mark.rule("K3")
def test_nothing_is_removed_by_a_job_that_lost_its_lock(engine: Engine) -> None:
    def lost(_connection: object) -> None:
        raise RuntimeError("the lock is lost")

    put(engine, RowKind.RATE_SLOTS, [NOW - timedelta(days=5)])
    with pytest.raises(RuntimeError):
        SqlOldRows(engine, lost).remove(RowKind.RATE_SLOTS, NOW, 2)
    assert len(left(engine, RowKind.RATE_SLOTS)) == 1

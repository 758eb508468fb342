"""Removes rows that were kept for their time (K3), the oldest first and a few at a time."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    and_,
    bindparam,
    delete,
    func,
    select,
)

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.transactions import unchecked, writing
from ocms_core.jobs.retention import RowKind
from ocms_core.jobs.runs import RunResult
from ocms_core.kernel.dates import local

# When a row was ended, from which its time counts; null for one that is still needed.
ENDED_AT: Mapping[RowKind, Column[datetime]] = {
    RowKind.ANSWERS: t.ocms_idempotent_answer.c.answered_at,
    RowKind.OUTBOX: t.ocms_outbox.c.delivered_at,
    RowKind.RATE_SLOTS: t.ocms_rate_counter.c.used_at,
    RowKind.ACCESS_RECORDS: t.ocms_access_record.c.looked_up_at,
    RowKind.FREQUENT_RUNS: t.ocms_job_run.c.ended_at,
    RowKind.JOB_RUNS: t.ocms_job_run.c.ended_at,
    RowKind.ALERTS: t.ocms_alert.c.sent_at,
    RowKind.SESSIONS: t.ocms_staff_session.c.used_at,
}


def deletion(ended_at: Column[datetime], *only: ColumnElement[bool]) -> Delete:
    """Return the deletion of the oldest rows: by their number, which rises with time, where they have one."""
    table: Any = ended_at.table
    order = table.c.id if "id" in table.c else ended_at
    is_old = and_(ended_at < bindparam("before"), *only)
    oldest = select(order.label("place")).where(is_old).order_by(order).limit(bindparam("most")).subquery()
    return delete(table).where(is_old, order <= select(func.max(oldest.c.place)).scalar_subquery())


DELETIONS: Mapping[RowKind, Delete] = {
    kind: deletion(ended_at) for kind, ended_at in ENDED_AT.items() if kind is not RowKind.FREQUENT_RUNS
}


def deletion_of_runs(jobs: Collection[str]) -> Delete:
    """Return the deletion of the oldest runs of some jobs that ended well."""
    runs = t.ocms_job_run.c
    return deletion(runs.ended_at, runs.job.in_(jobs), runs.result == RunResult.DONE.value)


@frozen
class SqlOldRows:
    """
    The rows of the Intranet database; `check` is called first in each transaction.

    `frequent_jobs` are the names of the jobs of every minute.
    """

    _engine: Engine
    _check: Callable[[Connection], None] = unchecked
    _frequent_jobs: Collection[str] = ()

    def remove(self, kind: RowKind, before: datetime, most: int) -> int:
        """Remove the oldest rows of a kind that ended before a moment; return how many."""
        oldest = DELETIONS.get(kind)
        if oldest is None:
            oldest = deletion_of_runs(self._frequent_jobs)
        with writing(self._engine) as connection:
            self._check(connection)
            return connection.execute(oldest, {"before": local(before), "most": most}).rowcount

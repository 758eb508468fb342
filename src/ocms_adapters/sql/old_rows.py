"""Removes rows that were kept for their time (K3), the oldest first and a few at a time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Column, Connection, Delete, Engine, bindparam, delete, func, select

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.transactions import unchecked, writing
from ocms_core.jobs.retention import RowKind
from ocms_core.kernel.dates import local

# When a row was ended, from which its time counts; null for one that is still needed.
ENDED_AT: Mapping[RowKind, Column[datetime]] = {
    RowKind.ANSWERS: t.ocms_idempotent_answer.c.answered_at,
    RowKind.OUTBOX: t.ocms_outbox.c.delivered_at,
    RowKind.RATE_SLOTS: t.ocms_rate_counter.c.used_at,
    RowKind.ACCESS_RECORDS: t.ocms_access_record.c.looked_up_at,
    RowKind.JOB_RUNS: t.ocms_job_run.c.ended_at,
    RowKind.ALERTS: t.ocms_alert.c.sent_at,
    RowKind.SESSIONS: t.ocms_staff_session.c.used_at,
}


def deletion(ended_at: Column[datetime]) -> Delete:
    """Return the deletion of the oldest rows: by their number, which rises with time, where they have one."""
    table: Any = ended_at.table
    order = table.c.id if "id" in table.c else ended_at
    is_old = ended_at < bindparam("before")
    oldest = select(order.label("place")).where(is_old).order_by(order).limit(bindparam("most")).subquery()
    return delete(table).where(is_old, order <= select(func.max(oldest.c.place)).scalar_subquery())


DELETIONS = {kind: deletion(ended_at) for kind, ended_at in ENDED_AT.items()}


@frozen
class SqlOldRows:
    """The rows of the Intranet database; `check` is called first in each transaction."""

    _engine: Engine
    _check: Callable[[Connection], None] = unchecked

    def remove(self, kind: RowKind, before: datetime, most: int) -> int:
        """Remove the oldest rows of a kind that ended before a moment; return how many."""
        with writing(self._engine) as connection:
            self._check(connection)
            return connection.execute(DELETIONS[kind], {"before": local(before), "most": most}).rowcount

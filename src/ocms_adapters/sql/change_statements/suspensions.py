"""Writing suspension records."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect, Executable, Integer, String, update
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.statement import RowStatement, inserts
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.moments import MOMENT, now
from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import SuspensionClosed, SuspensionOpened

KEY: dict[str, TypeEngine[Any]] = {
    "notice_no": String(10),
    "date_of_suspension": MOMENT,
    "sr_no": Integer(),
}
"""The columns that name one record."""


def suspension_row(change: SuspensionOpened) -> tuple[Any, ...]:
    """Convert a suspension record to its row."""
    record = change.record
    return (
        record.notice_no,
        record.date_of_suspension,
        record.sr_no,
        record.source,
        record.reason.type,
        record.reason.code,
        record.officer,
        record.due,
        record.remarks,
    )


SUSPENSIONS = RowStatement(
    {
        **KEY,
        "source": String(4),
        "type": String(2),
        "reason": String(3),
        "officer": String(50),
        "due": MOMENT,
        "remarks": String(200),
    },
    suspension_row,
    inserts(
        t.ocms_suspended_notice,
        "notice_no",
        "date_of_suspension",
        "sr_no",
        "suspension_source",
        "suspension_type",
        "reason_of_suspension",
        "officer_authorising_suspension",
        "due_date_of_revival",
        "suspension_remarks",
    ),
)


def closed_row(change: SuspensionClosed) -> tuple[Any, ...]:
    """Return the columns of a record that is closed, its key first."""
    return (
        change.notice_no,
        change.since,
        change.sr_no,
        change.at,
        change.reason,
        change.officer,
        change.remarks,
    )


def close_by_key(dialect: Dialect, row_set: RowSet, closing: Mapping[str, Any]) -> Executable:
    """Close open records, each by its key; `closing` is what the columns of their revival take."""
    suspended, r = t.ocms_suspended_notice.c, row_set.rows.c
    is_record = (
        suspended.notice_no == r.notice_no,
        dialect_of(dialect).same_moment(suspended.date_of_suspension, r.date_of_suspension),
        suspended.sr_no == r.sr_no,
    )
    return (
        update(t.ocms_suspended_notice)
        .where(*is_record, suspended.date_of_revival.is_(None))
        .values({**closing, **change_stamp(now())})
    )


def close_records(dialect: Dialect, row_set: RowSet) -> Executable:
    """Close open records, each for a reason of its own."""
    r = row_set.rows
    closing = {
        "date_of_revival": r.c.at,
        "revival_reason": r.c.reason,
        "officer_authorising_revival": r.c.officer,
        "revival_remarks": r.c.remarks,
    }
    return close_by_key(dialect, row_set, closing)


CLOSED_SUSPENSIONS = RowStatement(
    {
        **KEY,
        "at": MOMENT,
        "reason": String(3),
        "officer": String(50),
        "remarks": String(200),
    },
    closed_row,
    close_records,
)

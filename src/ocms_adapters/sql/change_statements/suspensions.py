"""Writing suspension records."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Dialect, Executable, Integer, String, update
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.statement import JointStatement, RowStatement, inserts
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.moments import MOMENT, now
from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import SuspensionClosed, SuspensionRecordsOpened
from ocms_core.kernel.suspensions import SuspensionRecord

KEY: dict[str, TypeEngine[Any]] = {
    "notice_no": String(10),
    "date_of_suspension": MOMENT,
    "sr_no": Integer(),
}
"""The columns that name one record."""


def suspension_row(record: SuspensionRecord) -> tuple[Any, ...]:
    """Convert a suspension record to its row."""
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


def suspension_rows(change: SuspensionRecordsOpened) -> Iterator[tuple[Any, ...]]:
    """Yield the row of each of the records."""
    _, since, _, *alike = suspension_row(change.record)
    for notice_no, sr_no in change.numbered:
        yield (notice_no, since, sr_no, *alike)


RECORD: dict[str, TypeEngine[Any]] = {
    **KEY,
    "source": String(4),
    "type": String(2),
    "reason": String(3),
    "officer": String(50),
    "due": MOMENT,
    "remarks": String(200),
}
INSERT = inserts(
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
)
SUSPENSIONS = RowStatement(RECORD, lambda change: suspension_row(change.record), INSERT)
SUSPENSIONS_TOGETHER = JointStatement(RECORD, suspension_rows, INSERT)


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

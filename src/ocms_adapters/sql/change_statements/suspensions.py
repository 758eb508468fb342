"""Writing suspension records."""

from typing import Any

from sqlalchemy import Integer, String

from ocms_adapters.sql.change_statements.statement import RowStatement, inserts
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import SuspensionOpened


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
        "notice_no": String(10),
        "date_of_suspension": MOMENT,
        "sr_no": Integer(),
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

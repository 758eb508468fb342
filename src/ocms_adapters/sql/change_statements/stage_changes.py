"""Writing the records of stage changes."""

from typing import Any

from sqlalchemy import String

from ocms_adapters.sql.change_statements.statement import RowStatement, inserts
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import StageChangeRecorded


def stage_change_row(change: StageChangeRecorded) -> tuple[Any, ...]:
    """Convert the record of a stage change to its row."""
    record = change.record
    return (
        record.notice_no,
        record.date_of_change,
        record.new_stage,
        record.last_stage,
        record.reason,
        record.officer,
        record.source,
        record.remarks,
        change.submitted,
    )


STAGE_CHANGES = RowStatement(
    {
        "notice_no": String(10),
        "date_of_change": MOMENT,
        "new_stage": String(3),
        "last_stage": String(3),
        "reason": String(3),
        "officer": String(50),
        "source": String(8),
        "remarks": String(200),
        "submitted": MOMENT,
    },
    stage_change_row,
    inserts(
        t.ocms_change_of_processing,
        "notice_no",
        "date_of_change",
        "new_processing_stage",
        "last_processing_stage",
        "reason_of_change",
        "authorised_officer",
        "source",
        "remarks",
        "cre_date",
    ),
)

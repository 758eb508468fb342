"""Writing court cases."""

from typing import Any

from sqlalchemy import String

from ocms_adapters.sql.change_statements.statement import RowStatement, upserts
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.changes import CourtDueDateRecorded


def court_case_row(change: CourtDueDateRecorded) -> tuple[Any, ...]:
    """Convert a court case's due date to its row."""
    return (change.notice_no, change.court_payment_due_date)


COURT_CASES = RowStatement(
    {"notice_no": String(10), "court_payment_due_date": MOMENT},
    court_case_row,
    upserts(t.ocms_court_case, ("notice_no",), "notice_no", "court_payment_due_date"),
)

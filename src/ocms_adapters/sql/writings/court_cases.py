"""Writes court cases."""

from typing import Any

from sqlalchemy import String

from ocms_adapters.sql.row_sets import Columns
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.writings.upserting import upserts
from ocms_adapters.sql.writings.writing import MOMENT, Writing, moment
from ocms_core.kernel.changes import CourtDueDateRecorded


def court_case_row(change: CourtDueDateRecorded) -> tuple[Any, ...]:
    """Lay a court case's due date out."""
    return (change.notice_no, moment(change.court_payment_due_date))


COLUMNS: Columns = {"notice_no": String(10), "court_payment_due_date": MOMENT}

COURT_CASES = Writing(
    COLUMNS, court_case_row, upserts(t.ocms_court_case, ("notice_no",), COLUMNS, user=AUDIT_USER)
)

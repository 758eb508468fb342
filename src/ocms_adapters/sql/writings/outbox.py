"""Writes the outbox: what the Internet side is to take over."""

from sqlalchemy import Dialect, Executable, String, insert, literal, select

from ocms_adapters.sql.row_sets import RowSet
from ocms_adapters.sql.schema import housekeeping as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.writings.writing import Writing, now


def insert_outgoing(_dialect: Dialect, row_set: RowSet) -> Executable:
    """Insert outbox rows, due at once."""
    columns = ["kind", "notice_no", "owner_driver_indicator", "next_attempt_at", "cre_date", "cre_user_id"]
    rows = select(row_set.rows, now().label("due"), now().label("made"), literal(AUDIT_USER))
    return insert(t.ocms_outbox).from_select(columns, rows)


OUTBOX = Writing(
    {"kind": String(32), "notice_no": String(10), "owner_driver_indicator": String(1)},
    lambda row: (row.kind, row.notice_no, row.owner_driver_indicator),
    insert_outgoing,
)

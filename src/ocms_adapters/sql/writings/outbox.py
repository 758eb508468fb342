"""Writes the outbox: what the Internet side is to take over."""

from sqlalchemy import String

from ocms_adapters.sql.schema import housekeeping as t
from ocms_adapters.sql.writings.writing import Writing, inserts

OUTBOX = Writing(
    {"kind": String(32), "notice_no": String(10), "owner_driver_indicator": String(1)},
    lambda row: (row.kind, row.notice_no, row.owner_driver_indicator),
    inserts(t.ocms_outbox, "kind", "notice_no", "owner_driver_indicator"),
)

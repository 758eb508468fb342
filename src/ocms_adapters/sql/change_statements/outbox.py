"""Writing the outbox: what the Internet side is to take over, due at once."""

from sqlalchemy import String

from ocms_adapters.sql.change_statements.statement import JointStatement, RowStatement, inserts
from ocms_adapters.sql.moments import now
from ocms_adapters.sql.schema import housekeeping as t

COLUMNS = {"notice_no": String(10), "kind": String(32), "owner_driver_indicator": String(1)}
INSERT = inserts(t.ocms_outbox, *COLUMNS, next_attempt_at=now())

OUTBOX = RowStatement(COLUMNS, lambda row: (row.notice_no, row.kind, row.owner_driver_indicator), INSERT)
OUTBOX_TOGETHER = JointStatement(
    COLUMNS,
    lambda together: [(notice_no, together.kind, indicator) for notice_no, indicator in together.rows],
    INSERT,
)

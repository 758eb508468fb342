"""Writing the outbox: what the Internet side is to take over, due at once."""

from sqlalchemy import String, bindparam

from ocms_adapters.sql.change_statements.statement import BulkStatement, RowStatement, inserts
from ocms_adapters.sql.moments import now
from ocms_adapters.sql.schema import housekeeping as t

OUTBOX = RowStatement(
    {"notice_no": String(10), "kind": String(32), "owner_driver_indicator": String(1)},
    lambda row: (row.notice_no, row.kind, row.owner_driver_indicator),
    inserts(t.ocms_outbox, "notice_no", "kind", "owner_driver_indicator", next_attempt_at=now()),
)

OUTBOX_TOGETHER = BulkStatement(
    {"notice_no": String(10), "owner_driver_indicator": String(1)},
    lambda together: together.rows,
    lambda together: {"of_kind": together.kind},
    inserts(
        t.ocms_outbox,
        "notice_no",
        "owner_driver_indicator",
        kind=bindparam("of_kind", type_=String(32)),
        next_attempt_at=now(),
    ),
)

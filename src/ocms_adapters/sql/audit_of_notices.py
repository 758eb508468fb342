"""The audit rows of several notices, or of an identity, as reversals look at them (K2, K4)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select

from ocms_adapters.sql.audit_rows import audit_row, cipher_of
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import ocms_audit_row as table
from ocms_core.kernel.access import Operation
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.dates import local
from ocms_core.reversals.facts import LIST, by_notice

# What changes who is on the list: an officer's call alone.
OF_LIST = [
    each.value
    for each in (Operation.APPLY_HST, Operation.UPDATE_HST, Operation.REVIVE_HST, Operation.REVERSE_HST)
]


def rows_of_notices(
    connection: Connection, notice_nos: Collection[str], since: datetime
) -> Mapping[str, Sequence[AuditRow]]:
    """
    Return the audit rows of each notice from a moment on, in the order they were written.

    Each has the changes of that notice alone. One statement; a row of many notices is decrypted once.
    """
    asked = frozenset(notice_nos)
    of_them = or_(among(connection.dialect, table.c.notice_no), table.c.notice_nos.is_not(None))
    statement = select(table).where(of_them, table.c.changed_at >= local(since)).order_by(table.c.id)
    found: dict[str, list[AuditRow]] = {}
    for row in connection.execute(statement, bind_keys(connection.dialect, asked)).mappings().all():
        if not asked.isdisjoint((row["notice_nos"] or row["notice_no"]).split(" ")):
            for notice_no, part in by_notice(audit_row(row, cipher_of(connection))).items():
                if notice_no in asked:
                    found.setdefault(notice_no, []).append(part)
    return found


def rows_of_identity(connection: Connection, id_no: str, since: datetime) -> Sequence[AuditRow]:
    """
    Return the audit rows that changed the place of an identity on the HST list, from a moment on, in order.

    One statement; those of other identities are decrypted too, since no column names an identity.
    """
    statement = select(table).where(table.c.operation.in_(OF_LIST), table.c.changed_at >= local(since))
    found = connection.execute(statement.order_by(table.c.id)).mappings().all()
    rows = (audit_row(row, cipher_of(connection)) for row in found)
    return [row for row in rows if any(is_of_identity(change, id_no) for change in row.changes)]


def is_of_identity(change: RowChange, id_no: str) -> bool:
    """Return whether a change is one of the row of an identity on the HST list."""
    return change.table == LIST and change.key["id_no"] == id_no

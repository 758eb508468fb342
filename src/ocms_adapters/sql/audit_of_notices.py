"""The audit rows of several notices at once, as reversals look at them (K2, K4)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve
from sqlalchemy import Connection, or_, select

from ocms_adapters.sql.audit_rows import audit_row, cipher_of
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import ocms_audit_row as table
from ocms_core.kernel.audit import AuditRow, RowChange
from ocms_core.kernel.dates import local


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
            for notice_no, part in by_notice(audit_row(row, cipher_of(connection))):
                if notice_no in asked:
                    found.setdefault(notice_no, []).append(part)
    return found


def by_notice(whole: AuditRow) -> Iterator[tuple[str, AuditRow]]:
    """Yield an audit row for each notice it is about, with the changes of that notice alone."""
    changes: dict[str, list[RowChange]] = {}
    for change in whole.changes:
        if change.notice_no is not None:
            changes.setdefault(change.notice_no, []).append(change)
    for notice_no, own in changes.items():
        yield notice_no, evolve(whole, changes=tuple(own))

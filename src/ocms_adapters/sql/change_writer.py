"""The writer of all changes: one statement for each change, whatever the number of its notices."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Dialect, Executable

from ocms_adapters.sql.audit_rows import AuditWriter
from ocms_adapters.sql.audited_changes import changed_rows
from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_statements.statement import StatementBatch
from ocms_adapters.sql.found_rows import NOTHING_FOUND, Found
from ocms_adapters.sql.row_sets import RowSet, row_set
from ocms_adapters.sql.transactions import translated
from ocms_core.kernel.changes import Change, notice_of
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.rule_tags import rule
from ocms_core.replication.outbox_rows import OutboxRow, OutboxRows, outbox_rows


class ChangeWriter:
    """Writes changes on a connection of its dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._statements: dict[type, tuple[RowSet, Executable]] = {}
        self._audit = AuditWriter(dialect)

    def record(
        self,
        connection: Connection,
        changes: Sequence[Change],
        now: datetime,
        *,
        isolate: bool,
        found: Found = NOTHING_FOUND,
    ) -> frozenset[str]:
        """
        Write the changes in notice order with their outbox rows; return the notices the database refused.

        Without `isolate` a refused row raises `RowRejected` and the caller's transaction is undone. Rows in
        `found` are not read again for the audit row.
        """
        if not isolate:
            self._write(connection, changes, now, found)
            return frozenset()
        return self._halve(connection, sorted(changes, key=notice_of), now, found)

    def send(self, connection: Connection, rows: Sequence[OutboxRow], now: datetime) -> None:
        """Write outbox rows of notices that are locked, without a change of theirs."""
        self._execute(connection, self._batches(rows), now)

    def statement(self, kind: type) -> tuple[RowSet, Executable]:
        """Return how the rows of a kind of change are bound, and their statement, built once."""
        if kind not in self._statements:
            change_statement = CHANGE_STATEMENTS[kind]
            rows = row_set(self._dialect, change_statement.columns)
            self._statements[kind] = (rows, change_statement.build(self._dialect, rows))
        return self._statements[kind]

    @rule("K2")
    def _write(self, connection: Connection, changes: Sequence[Change], now: datetime, found: Found) -> None:
        """Write changes, their outbox rows, and the audit row of both what was and what is (K2)."""
        to_outbox = [row for change in changes if (row := outbox_rows(change))]
        batches = list(self._batches([*changes, *to_outbox]))
        changed = list(changed_rows(batches, now))
        before = self._audit.read_before(connection, changed, found)
        self._execute(connection, batches, now)
        self._audit.write(connection, changed, before, now)

    def _batches(
        self, rows: Sequence[Change | OutboxRow | OutboxRows]
    ) -> Iterator[tuple[type, StatementBatch]]:
        """Yield what each statement binds, in the order of writing."""
        by_kind: dict[type, list[Any]] = {}
        for row in rows:
            by_kind.setdefault(type(row), []).append(row)
        for kind, change_statement in CHANGE_STATEMENTS.items():
            # Locks are taken in notice order everywhere, so no two writers wait for each other.
            for batch in change_statement.batches(by_kind.get(kind, [])):
                yield kind, batch

    def _execute(
        self, connection: Connection, batches: Iterable[tuple[type, StatementBatch]], now: datetime
    ) -> None:
        for kind, (tuples, shared) in batches:
            rows, statement = self.statement(kind)
            connection.execute(statement, rows.bind(tuples) | shared | {"now": local(now)})

    @rule("P25")
    def _halve(
        self, connection: Connection, changes: Sequence[Change], now: datetime, found: Found
    ) -> frozenset[str]:
        """Write a batch, or where the database refuses it its halves, until the refused row stands alone."""
        try:
            with translated(), connection.begin_nested():
                self._write(connection, changes, now, found)
        except RowRejected:
            notices = [list(group) for _, group in groupby(changes, key=notice_of)]
            if len(notices) == 1:
                return frozenset({notice_of(changes[0])})
            middle = len(notices) // 2
            return frozenset().union(
                *(
                    self._halve(connection, [change for notice in half for change in notice], now, found)
                    for half in (notices[:middle], notices[middle:])
                )
            )
        return frozenset()

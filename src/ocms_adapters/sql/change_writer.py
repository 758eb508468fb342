"""The writer of all changes: one statement for each change, whatever the number of its notices."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Dialect, Executable

from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_statements.statement import ChangeStatement
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
        self._statements: dict[type, tuple[ChangeStatement, RowSet, Executable]] = {}
        for kind, change_statement in CHANGE_STATEMENTS.items():
            rows = row_set(dialect, change_statement.columns)
            self._statements[kind] = (change_statement, rows, change_statement.build(dialect, rows))

    def record(
        self, connection: Connection, changes: Sequence[Change], now: datetime, *, isolate: bool
    ) -> frozenset[str]:
        """
        Write the changes in notice order with their outbox rows; return the notices the database refused.

        Without `isolate` a refused row raises `RowRejected` and the caller's transaction is undone.
        """
        if not isolate:
            self._write(connection, changes, now)
            return frozenset()
        return self._halve(connection, sorted(changes, key=notice_of), now)

    def send(self, connection: Connection, rows: Sequence[OutboxRow], now: datetime) -> None:
        """Write outbox rows of notices that are locked, without a change of theirs."""
        self._write_rows(connection, rows, now)

    def _write(self, connection: Connection, changes: Sequence[Change], now: datetime) -> None:
        to_outbox = [row for change in changes if (row := outbox_rows(change))]
        self._write_rows(connection, [*changes, *to_outbox], now)

    def _write_rows(
        self,
        connection: Connection,
        changes_and_rows: Sequence[Change | OutboxRow | OutboxRows],
        now: datetime,
    ) -> None:
        by_kind: dict[type, list[Any]] = {}
        for row in changes_and_rows:
            by_kind.setdefault(type(row), []).append(row)
        for kind, (change_statement, rows, statement) in self._statements.items():
            # Locks are taken in notice order everywhere, so no two writers wait for each other.
            for tuples, shared in change_statement.batches(by_kind.get(kind, [])):
                connection.execute(statement, rows.bind(tuples) | shared | {"now": local(now)})

    @rule("P25")
    def _halve(self, connection: Connection, changes: Sequence[Change], now: datetime) -> frozenset[str]:
        """Write a batch, or where the database refuses it its halves, until the refused row stands alone."""
        try:
            with translated(), connection.begin_nested():
                self._write(connection, changes, now)
        except RowRejected:
            notices = [list(group) for _, group in groupby(changes, key=notice_of)]
            if len(notices) == 1:
                return frozenset({notice_of(changes[0])})
            middle = len(notices) // 2
            return frozenset().union(
                *(
                    self._halve(connection, [change for notice in half for change in notice], now)
                    for half in (notices[:middle], notices[middle:])
                )
            )
        return frozenset()

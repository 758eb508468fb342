"""One statement for each kind of change."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Protocol

from attrs import frozen
from sqlalchemy import (
    BindParameter,
    Dialect,
    Executable,
    Table,
    insert,
    literal,
    select,
)

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.dialects.upsert import Upsert, labelled
from ocms_adapters.sql.moments import now
from ocms_adapters.sql.row_sets import Columns, RowSet
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_core.kernel.rule_tags import rule

StatementBatch = tuple[list[tuple[Any, ...]], dict[str, Any]]


class ChangeStatement(Protocol):
    """The writing of one kind of change: the columns of its rows, and the statement over them."""

    @property
    def columns(self) -> Columns:
        """The columns of its rows; the first is what rows are locked by."""

    @property
    def build(self) -> Callable[[Dialect, RowSet], Executable]:
        """What builds the statement over them for a dialect."""

    def batches(self, changes: Sequence[Any]) -> Iterator[StatementBatch]:
        """Yield the rows of each statement in the order of locking, and the values they share."""


@frozen
class RowStatement:
    """One kind of change, all changes of a call in one statement: a row for each."""

    columns: Columns
    row: Callable[[Any], tuple[Any, ...]]
    build: Callable[[Dialect, RowSet], Executable]

    def batches(self, changes: Sequence[Any]) -> Iterator[StatementBatch]:
        """Yield one row for each change."""
        if changes:
            yield sorted(map(self.row, changes), key=itemgetter(0)), {}


@frozen
class BulkStatement:
    """One kind of change that stands for many rows: a statement for each, what they share bound once."""

    columns: Columns
    rows: Callable[[Any], Sequence[tuple[Any, ...]]]
    shared: Callable[[Any], dict[str, Any]]
    build: Callable[[Dialect, RowSet], Executable]

    def batches(self, changes: Sequence[Any]) -> Iterator[StatementBatch]:
        """Yield the rows of each change."""
        for change in changes:
            yield sorted(self.rows(change), key=itemgetter(0)), self.shared(change)


@rule("G4")
def inserts(
    table: Table, *columns: str, **shared: BindParameter[Any]
) -> Callable[[Dialect, RowSet], Executable]:
    """Insert rows, each stamped with the moment and the audit user of its database."""

    def build(_dialect: Dialect, row_set: RowSet) -> Executable:
        rows = select(row_set.rows, *labelled(shared), now().label("made"), literal(AUDIT_USER))
        return insert(table).from_select([*columns, *shared, "cre_date", "cre_user_id"], rows)

    return build


def upserts(
    table: Table,
    keys: Sequence[str],
    *columns: str,
    newer: str = "",
    user: str = AUDIT_USER,
    **shared: BindParameter[Any],
) -> Callable[[Dialect, RowSet], Executable]:
    """
    Insert rows, or update the row that has the key already.

    With `newer`, only where that column of the row is later than the one kept. A column in `shared` has
    the same value in every row.
    """

    def build(dialect: Dialect, row_set: RowSet) -> Executable:
        upsert = Upsert(table, keys, columns, shared, now(), user, newer)
        return dialect_of(dialect).upsert(dialect, upsert, row_set.rows)

    return build

"""One statement for each kind of change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
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

CREATION, CHANGE = ("cre_date", "cre_user_id"), ("upd_date", "upd_user_id")
"""The stamps of a row: when it was made and by whom, and when it was changed last and by whom."""

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
class JointStatement:
    """One kind of change that stands for many rows, all changes of a call in one statement."""

    columns: Columns
    rows: Callable[[Any], Iterable[tuple[Any, ...]]]
    build: Callable[[Dialect, RowSet], Executable]

    def batches(self, changes: Sequence[Any]) -> Iterator[StatementBatch]:
        """Yield the rows of all changes."""
        if changes:
            yield sorted(chain.from_iterable(map(self.rows, changes)), key=itemgetter(0)), {}


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


@frozen
class Inserts:
    """What builds an insert of bound rows into a table; a column in `shared` has one value in every row."""

    table: Table
    columns: Sequence[str]
    shared: Mapping[str, BindParameter[Any]]

    @rule("G4")
    def __call__(self, _dialect: Dialect, row_set: RowSet) -> Executable:
        """
        Build the insert, each row stamped with the moment and the audit user of its database (G4).

        A row may bring the moment it was made; one that brings its whole creation, as one that is put back
        does, is stamped as changed.
        """
        stamps = CHANGE if {*CREATION} <= {*self.columns} else CREATION
        values = (now().label("made"), literal(AUDIT_USER))
        stamp = {each: value for each, value in zip(stamps, values, strict=True) if each not in self.columns}
        rows = select(row_set.rows, *labelled(self.shared), *stamp.values())
        names = [*self.columns, *self.shared, *stamp]
        return insert(self.table).from_select(names, rows)


@frozen
class Upserts:
    """What builds an insert of bound rows that updates the row where its key is there already."""

    table: Table
    keys: Sequence[str]
    columns: Sequence[str]
    shared: Mapping[str, BindParameter[Any]]
    user: str
    newer: str

    def __call__(self, dialect: Dialect, row_set: RowSet) -> Executable:
        """Build the upsert as the database has it."""
        upsert = Upsert(self.table, self.keys, self.columns, self.shared, now(), self.user, self.newer)
        return dialect_of(dialect).upsert(dialect, upsert, row_set.rows)


def inserts(table: Table, *columns: str, **shared: BindParameter[Any]) -> Inserts:
    """Return the insert of rows of these columns, a column in `shared` the same in every row."""
    return Inserts(table, columns, shared)


def upserts(
    table: Table,
    keys: Sequence[str],
    *columns: str,
    newer: str = "",
    user: str = AUDIT_USER,
    **shared: BindParameter[Any],
) -> Upserts:
    """
    Return the insert of rows that updates the row which has the key already.

    With `newer`, only where that column of the row is later than the one kept. A column in `shared` has
    the same value in every row.
    """
    return Upserts(table, keys, columns, shared, user, newer)

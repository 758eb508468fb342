"""
Keys and rows as one bound value.

The text of a statement, and so its plan, is the same for one row and for five hundred; SQL Server's
limit of 2,100 parameters is never near.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import field, frozen
from sqlalchemy import ColumnElement, Dialect, FromClause, Table

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.dialects.database_dialect import Columns, Converter, DatabaseDialect

__all__ = ["Columns", "RowSet", "among", "bind_keys", "columns_of", "row_set"]


@frozen
class RowSet:
    """
    Rows of a batch as a table a statement can join: `rows` is that table, `bind` fills it.

    `bind(tuples)` returns the statement's parameters for tuples in the order of the columns.
    """

    rows: FromClause
    dialect: Dialect
    _columns: Columns
    _database: DatabaseDialect = field()
    _processors: tuple[Converter | None, ...] = field()

    @_database.default
    def _find_database(self) -> DatabaseDialect:
        return dialect_of(self.dialect)

    @_processors.default
    def _find_processors(self) -> tuple[Converter | None, ...]:
        return tuple(
            kind.dialect_impl(self.dialect).bind_processor(self.dialect) for kind in self._columns.values()
        )

    def bind(self, tuples: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
        """Return the parameters that carry these rows."""
        return self._database.bind_rows(self._columns, self._processors, tuples)


def columns_of(table: Table, *names: str) -> Columns:
    """Return columns of a table with their types."""
    return {name: table.columns[name].type for name in names}


def row_set(dialect: Dialect, columns: Columns) -> RowSet:
    """Build rows of these columns as a table named `r`."""
    return RowSet(dialect_of(dialect).row_table(dialect, columns), dialect, columns)


def among(dialect: Dialect, key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Build the test of a column against the keys bound as `keys` (see `bind_keys`)."""
    return dialect_of(dialect).key_among(dialect, key)


def bind_keys(dialect: Dialect, keys: Iterable[str]) -> dict[str, Any]:
    """Return the parameter that carries these keys."""
    return dialect_of(dialect).bind_keys(keys)

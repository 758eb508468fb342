"""Rows as a transaction has found them under its locks: what was before its first change (K2)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen
from sqlalchemy import Connection, Select, Table

from ocms_adapters.sql.audit_contents import Column, columns_of
from ocms_adapters.sql.audited_changes import Values, key_names
from ocms_adapters.sql.row_sets import bind_keys


@frozen
class FoundRows:
    """
    All rows of some notices in a table, as they are until the transaction changes them.

    `places` are where the columns of the table stand in each of `rows`, the number of the notice first.
    """

    notice_nos: frozenset[str]
    places: Mapping[str, int]
    rows: Sequence[Values]

    def has(self, notice_nos: Collection[str], names: Collection[str]) -> bool:
        """Return whether these columns of all rows of these notices are here."""
        return self.notice_nos.issuperset(notice_nos) and self.places.keys() >= set(names)

    def columns(self, notice_nos: Collection[str], names: Sequence[str]) -> list[Column]:
        """Return these columns of the rows of these notices."""
        rows = self.rows
        if len(notice_nos) < len(self.notice_nos):
            wanted = frozenset(notice_nos)
            rows = [row for row in rows if row[0] in wanted]
        return columns_of(rows, [self.places[name] for name in names])


Found: TypeAlias = Mapping[Table, FoundRows]
"""What a transaction has found in each table and has not changed since."""

NOTHING_FOUND: Found = {}


@frozen
class FindingStatement:
    """
    A statement that finds all rows of notices in a table for a decision, and for the audit row after it.

    `select` begins with the `width` columns that the decision reads, the number of the notice first; behind
    them are those only an audit row says.
    """

    table: Table
    select: Select[Any]
    width: int
    places: Mapping[str, int]

    def rows(self, connection: Connection, notice_nos: Collection[str]) -> FoundRows:
        """Execute the statement for some notices."""
        rows = connection.execute(self.select, bind_keys(connection.dialect, notice_nos)).all()
        return FoundRows(frozenset(notice_nos), self.places, rows)

    def decisive(self, found: FoundRows) -> Sequence[Values]:
        """Return what the decision reads of each row."""
        width = self.width
        if width == len(self.select.selected_columns):
            return found.rows
        return [row[:width] for row in found.rows]


def finding(statement: Select[Any], table: Table, columns: Collection[str]) -> FindingStatement:
    """Return a statement with the key and some columns of a table behind its own, where it has them not."""
    own = statement.selected_columns.keys()
    further = [name for name in (*key_names(table), *columns) if name not in own]
    places = {name: place for place, name in enumerate([*own, *further]) if name in table.columns}
    select = statement.add_columns(*(table.columns[name] for name in further))
    return FindingStatement(table, select, len(own), places)

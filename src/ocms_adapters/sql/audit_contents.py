"""What the content of an audit row says, row by row."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Date, Table
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.audited_changes import CLOSE, DELETE, UPDATE, ChangedRows, key_names
from ocms_adapters.sql.dialects.database_dialect import naive
from ocms_adapters.sql.schema import INTRANET
from ocms_adapters.sql.schema.column_types import LocalDateTime, Money
from ocms_core.kernel.audit import RowChange
from ocms_core.kernel.money import money

Row = Mapping[str, Any]
Column: TypeAlias = Any
"""The values of a column in a list, or the one value that all rows have; no value is a list."""


def columns_of(rows: Sequence[Sequence[Any]], places: Sequence[int]) -> list[Column]:
    """Return the values of rows at some places, column by column, the first of them always as a list."""
    first, *others = (list(map(itemgetter(place), rows)) for place in places)
    return [first, *map(column, others)]


def column(values: list[Any]) -> Column:
    """Return the values of a column, or the one that all rows have."""
    alike = values and values[0] == values[-1] and values.count(values[0]) == len(values)
    return values[0] if alike else values


def rows_of(columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    """Return rows from their columns, of which the first is a list."""
    count = len(columns[0])
    return list(zip(*(each if isinstance(each, list) else [each] * count for each in columns), strict=True))


def row_changes(
    read: Mapping[str, Sequence[Any]],
    changes: Sequence[Sequence[Any]],
    found: Mapping[str, Sequence[Any]] | None = None,
) -> Iterator[RowChange]:
    """
    Yield the changes of single rows that a content holds: rows as they were, and what was done to them.

    A content of two parts, as it was written at first, has rows throughout. One of three has what was done
    column by column, and so in its third part the rows that were found under their locks.
    """
    known = {name: rows_by_key(INTRANET.tables[name], *kept) for name, kept in read.items()}
    for name, (names, columns) in (found or {}).items():
        known[name] = rows_by_key(INTRANET.tables[name], names, rows_of(columns))
    for name, how, names, values, *kept in changes:
        rows = values if found is None else rows_of(values)
        changed = ChangedRows(INTRANET.tables[name], how, names, rows, *kept)
        before = known.get(name, {})
        for row in changed.rows:
            after = typed(changed.table, {**dict(zip(changed.names, row, strict=True)), **changed.shared})
            for key in keys_of(changed.table, after, before):
                if change := row_change(changed, key, before.get(key), after):
                    yield change


def rows_by_key(of: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[tuple[Any, ...], Row]:
    """Return rows of a table by their keys."""
    typed_rows = (typed(of, dict(zip(names, row, strict=True))) for row in rows)
    return {key_of(of, row): row for row in typed_rows}


def key_of(of: Table, row: Row) -> tuple[Any, ...]:
    """Return the key of a row, or as much of it as the row has."""
    return tuple(row[name] for name in key_names(of) if name in row)


def keys_of(of: Table, after: Row, found: Mapping[tuple[Any, ...], Row]) -> Sequence[tuple[Any, ...]]:
    """Return the keys of the rows that are meant: one, or all that begin so."""
    key = key_of(of, after)
    if len(key) == len(of.primary_key):
        return [key]
    return [each for each in found if each[: len(key)] == key]


def row_change(changed: ChangedRows, key: tuple[Any, ...], was: Row | None, after: Row) -> RowChange | None:
    """Return the change of one row; None where it was not there to be changed, or stayed."""
    name, names = changed.table.name, key_names(changed.table)
    of_key = dict(zip(names, key, strict=True))
    if changed.how == DELETE:
        return None if was is None else RowChange(name, of_key, without(was, names), None)
    values = {
        column: value
        for column, value in without(after, names).items()
        if value is not None or column not in changed.optional
    }
    if changed.how == CLOSE:
        return RowChange(name, of_key, dict.fromkeys(values), values)
    if was is None:
        return None if changed.how == UPDATE else RowChange(name, of_key, None, values)
    change = RowChange(name, of_key, {column: was[column] for column in values}, values)
    return None if stays(changed, was, values) else change


def stays(changed: ChangedRows, was: Row, values: Row) -> bool:
    """Return whether a row stays: one that is not older than what was to replace it, or has its values."""
    if changed.newer:
        kept, given = was[changed.newer], values[changed.newer]
        return kept is not None and given is not None and bool(kept >= given)
    return is_of_many(changed) and all(was[column] == value for column, value in values.items())


def is_of_many(changed: ChangedRows) -> bool:
    """Return whether a key is the beginning of those of many rows, of which some have the values already."""
    return any(name not in changed.names and name not in changed.shared for name in key_names(changed.table))


def without(row: Row, names: Sequence[str]) -> Row:
    """Return a row without some of its columns."""
    return {name: value for name, value in row.items() if name not in names}


def typed(of: Table, row: Row) -> Row:
    """Return values that came as JSON as the columns of a table have them."""
    return {name: value_of(of.columns[name].type, value) for name, value in row.items()}


def value_of(kind: TypeEngine[Any], value: Any) -> Any:
    """Return a value that came as JSON as a column of this type has it."""
    if value is None:
        return None
    if isinstance(kind, LocalDateTime):
        return naive(datetime.fromisoformat(value))
    if isinstance(kind, Money):
        return money(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value

"""The rows of a target's database: put before a case, looked at after a call, taken out at the end."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

from attrs import define, field, frozen
from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    Engine,
    MetaData,
    Numeric,
    Table,
    create_engine,
    delete,
    insert,
    or_,
    select,
)

from ocms_conformance.case import REFERENCE_TABLES, Leaf, columns_of_tables
from ocms_conformance.comparison import Difference, differences
from ocms_conformance.templates import Moment

# Whether the copy on the Internet side has a row as it is, and who wrote to it last.
COPIED, STAMPS = "is_sync", ("upd_date", "upd_user_id")

Key: TypeAlias = tuple[Any, ...]
Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = dict[str, dict[Key, Row]]
ABOUT = ("notice_no", "id_no")


@frozen(slots=False)
class Database:
    """The database of a target, by its URL; tables are as found there."""

    engine: Engine

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables that cases speak of and the target has."""
        found = MetaData()
        names = columns_of_tables()
        found.reflect(self.engine, only=lambda name, _: name in names)
        return dict(found.tables)

    def rows_about(self, numbers: Collection[str]) -> Rows:
        """Return every row about some notices or identities, by table and key."""
        with self.engine.connect() as connection:
            return {
                name: {
                    tuple(plain(row[column.name]) for column in table.primary_key): {
                        column: plain(value) for column, value in row.items()
                    }
                    for row in connection.execute(select(table).where(about(table, numbers))).mappings()
                }
                for name, table in self.tables.items()
                if any(column in table.c for column in ABOUT)
            }


def open_database(url: str) -> Database:
    """Open the database of a target."""
    return Database(create_engine(url))


def about(table: Table, numbers: Collection[str]) -> Any:
    """Return the condition that a row is about some notices or identities."""
    return or_(*(table.c[column].in_(numbers) for column in ABOUT if column in table.c))


def plain(value: Any) -> Any:
    """Return a column's value as JSON has it: sums and moments as text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime | date) else value


def typed(table: Table, row: Mapping[str, Any]) -> Row:
    """Return a row with values of its columns' kinds; a column the target does not have is left out."""
    return {name: typed_value(table.c[name].type, value) for name, value in row.items() if name in table.c}


def typed_value(kind: Any, value: Any) -> Any:
    """Return a value of the kind of its column."""
    if not isinstance(value, str):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value[:10])
    return Decimal(value) if isinstance(kind, Numeric) else value


@define
class PutRows:
    """The rows a case puts into a database; `take_back` leaves the database as it was."""

    database: Database
    _before: list[tuple[Table, Mapping[str, Any], Row | None]] = field(factory=list)

    def put(self, given: Mapping[str, Iterable[Row]], gone: Mapping[str, Iterable[Row]]) -> None:
        """Put rows in, instead of those with the same key, and take some away."""
        with self.database.engine.begin() as connection:
            for name, keys in gone.items():
                for key in keys:
                    self._remove(connection, self.database.tables[name], key)
            for name, rows in given.items():
                table = self.database.tables[name]
                for row in rows:
                    self._remove(
                        connection, table, {column.name: row[column.name] for column in table.primary_key}
                    )
                    connection.execute(insert(table), typed(table, row))

    def _remove(self, connection: Connection, table: Table, key: Mapping[str, Any]) -> None:
        held = is_row(table, key)
        found = connection.execute(select(table).where(*held)).mappings().first()
        self._before.append((table, key, dict(found) if found else None))
        connection.execute(delete(table).where(*held))

    def take_back(self, numbers: Collection[str]) -> None:
        """Take out every row about the numbers of the case; put reference data back."""
        with self.database.engine.begin() as connection:
            for table in reversed(list(self.database.tables.values())):
                if numbers and any(column in table.c for column in ABOUT):
                    connection.execute(delete(table).where(about(table, numbers)))
            for table, key, row in reversed(self._before):
                connection.execute(delete(table).where(*is_row(table, key)))
                if row is not None and table.name in REFERENCE_TABLES:
                    connection.execute(insert(table), row)


def is_copied(new: Row) -> bool:
    """Return whether what is new of a row is only that the Internet side has it: a system copies any time."""
    return new.get(COPIED) == "Y" and new.keys() <= {COPIED, *STAMPS}


def is_row(table: Table, key: Mapping[str, Any]) -> list[Any]:
    """Return the conditions that a row has a key."""
    return [table.c[name] == typed_value(table.c[name].type, value) for name, value in key.items()]


def differences_of_rows(
    before: Rows, after: Rows, leaves: list[Leaf], moment: Moment
) -> Iterator[Difference]:
    """Yield where rows changed in another way than a call's rules say; columns of the product's own aside."""
    known = columns_of_tables()
    left = {leaf.table: [each for each in leaves if each.table == leaf.table] for leaf in leaves}
    for table in after:
        columns = known[table]
        changes = dict(changes_of(before.get(table, {}), after[table], columns))
        waiting = list(left.get(table, []))
        for key, (old, new) in changes.items():
            fitting = [leaf for leaf in waiting if fits_key(leaf, old, new, moment)]
            problems = [list(differences_of_leaf(leaf, old, new, columns, moment)) for leaf in fitting]
            if not fitting:
                what = "added" if old is None else "gone" if new is None else "changed"
                yield Difference(f"{table} {key}", "no change", f"{what}: {new_values(old, new, columns)}")
                continue
            best = min(range(len(fitting)), key=lambda each: len(problems[each]))
            waiting.remove(fitting[best])
            yield from (
                Difference(f"{table} {key} {each.place}", each.expected, each.found)
                for each in problems[best]
            )
        for leaf in waiting:
            if leaf.changed is None or any(not open_value(value) for value in leaf.changed.values()):
                what = (
                    "added" if leaf.added is not None else "gone" if leaf.gone else f"changed: {leaf.changed}"
                )
                yield Difference(f"{table} {dict(leaf.key)}", what, "no change")


def changes_of(
    before: Mapping[Key, Row], after: Mapping[Key, Row], columns: Collection[str]
) -> Iterator[tuple[Key, tuple[Row | None, Row | None]]]:
    """Yield the rows that differ in a known column: what they were and what they are."""
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        changed = new_values(old, new, columns)
        if old is None or new is None or (changed and not is_copied(changed)):
            yield key, (old, new)


def new_values(old: Row | None, new: Row | None, columns: Collection[str]) -> Row:
    """Return the known columns of a row that are new."""
    return {
        name: value
        for name, value in (new or {}).items()
        if name in columns and (old is None or old.get(name) != value)
    }


def fits_key(leaf: Leaf, old: Row | None, new: Row | None, moment: Moment) -> bool:
    """Return whether a leaf may speak of a row: the same kind of change, and the same key."""
    if (leaf.added is not None) != (old is None) or leaf.gone != (new is None):
        return False
    return not any(differences(dict(leaf.key), new if new is not None else old, moment))


def differences_of_leaf(
    leaf: Leaf, old: Row | None, new: Row | None, columns: Collection[str], moment: Moment
) -> Iterator[Difference]:
    """Yield where a row is not as a leaf says, and where it is new and the leaf does not say so."""
    if new is None:
        return
    expected = (leaf.added if leaf.added is not None else leaf.changed) or {}
    for name, value in expected.items():
        if name in new and not open_value(value) and not is_copied({name: new[name]}):
            yield from differences(value, new[name], moment, name)
    if old is not None:
        for name, value in new_values(old, new, columns).items():
            if name not in expected and not is_copied({name: value}):
                yield Difference(name, old.get(name), value)


def open_value(value: Any) -> bool:
    """Return whether any value is taken."""
    return isinstance(value, Mapping) and "$any" in value

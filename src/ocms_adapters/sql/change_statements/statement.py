"""How one kind of change becomes one statement."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol

from attrs import frozen
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Executable,
    String,
    Table,
    bindparam,
    insert,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from ocms_adapters.sql.row_sets import Columns, RowSet
from ocms_adapters.sql.schema.column_types import LocalDateTime
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_core.kernel.dates import local
from ocms_core.kernel.rule_tags import rule

MOMENT = LocalDateTime()


StatementBatch = tuple[list[tuple[Any, ...]], dict[str, Any]]


class ChangeStatement(Protocol):
    """How a kind of change is written: the columns of its rows, and the statement over them."""

    @property
    def columns(self) -> Columns:
        """The columns of its rows; the first is what rows are locked by."""

    @property
    def build(self) -> Callable[[Dialect, RowSet], Executable]:
        """The statement over them, phrased for a dialect."""

    def batches(self, changes: Sequence[Any]) -> Iterator[StatementBatch]:
        """Give the rows of each statement in the order of locking, and the values they share."""


@frozen
class RowStatement:
    """One kind of change, all changes of a call in one statement: a row for each."""

    columns: Columns
    row: Callable[[Any], tuple[Any, ...]]
    build: Callable[[Dialect, RowSet], Executable]

    def batches(self, changes: Sequence[Any]) -> Iterator[StatementBatch]:
        """Give one row for each change."""
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
        """Give the rows of each change."""
        for change in changes:
            yield sorted(self.rows(change), key=itemgetter(0)), self.shared(change)


def moment(at: datetime | None) -> datetime | None:
    """Give a moment as the tables keep it, or nothing."""
    return None if at is None else local(at)


def now() -> BindParameter[datetime]:
    """Stand for the moment of the write, bound once for every statement of a batch."""
    return bindparam("now", type_=MOMENT)


@rule("G4")
def inserts(
    table: Table, *columns: str, **shared: BindParameter[Any]
) -> Callable[[Dialect, RowSet], Executable]:
    """Every row OCMS adds is stamped with the moment and the audit user of its database."""

    def build(_dialect: Dialect, row_set: RowSet) -> Executable:
        rows = select(row_set.rows, *labelled(shared), now().label("made"), literal(AUDIT_USER))
        return insert(table).from_select([*columns, *shared, "cre_date", "cre_user_id"], rows)

    return build


def labelled(shared: Mapping[str, BindParameter[Any]]) -> list[ColumnElement[Any]]:
    """Name shared values apart from each other: the moment of the write may be two columns."""
    return [value.label(f"all_{name}") for name, value in shared.items()]


def upserts(
    table: Table,
    keys: Sequence[str],
    *columns: str,
    newer: str = "",
    user: str = AUDIT_USER,
    **shared: BindParameter[Any],
) -> Callable[[Dialect, RowSet], Executable]:
    """
    Phrase an insert of rows that takes over the values where the key is there already.

    With `newer`, only where that column of the row is later than the one kept. A column in `shared` has
    the same value in every row.
    """
    taken = [name for name in (*columns, *shared) if name not in keys]

    def build(dialect: Dialect, row_set: RowSet) -> Executable:
        if dialect.name == "mssql":
            return merge(table, row_set, keys=keys, taken=taken, newer=newer, user=user, shared=shared)
        on_conflict = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
        # SQLite takes the ON of ON CONFLICT for a join's unless the SELECT ends in a WHERE.
        rows = select(row_set.rows, *labelled(shared), now().label("made"), literal(user)).where(true())
        statement = on_conflict.from_select([*columns, *shared, "cre_date", "cre_user_id"], rows)
        replaced = {name: statement.excluded[name] for name in taken}
        upsert: Executable = statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={**replaced, "upd_date": now(), "upd_user_id": user},
            where=later(table.c[newer], statement.excluded[newer]) if newer else None,
        )
        return upsert

    return build


def later(kept: ColumnElement[Any], given: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether a row is newer than the one kept; one kept without a time is older than any."""
    return or_(kept.is_(None), kept < given)


def merge(
    table: Table,
    row_set: RowSet,
    *,
    keys: Sequence[str],
    taken: Sequence[str],
    newer: str,
    user: str,
    shared: Mapping[str, BindParameter[Any]],
) -> Executable:
    """Phrase an upsert for SQL Server, which knows no ON CONFLICT."""
    columns = row_set.rows.c
    typed = ", ".join(
        f"{each.name} {each.type.compile(dialect=row_set.dialect)} '$[{place}]'"
        for place, each in enumerate(columns)
    )
    asked = ", ".join([*columns.keys(), *(f":{value.key} AS {name}" for name, value in shared.items())])
    names = [*columns.keys(), *shared]
    same = " AND ".join(f"target.{key} = r.{key}" for key in keys)
    only_later = f" AND (target.{newer} IS NULL OR target.{newer} < r.{newer})" if newer else ""
    replaced = ", ".join(f"{name} = r.{name}" for name in taken)
    values = ", ".join(f"r.{name}" for name in names)
    return text(
        f"MERGE {table.name} WITH (HOLDLOCK) AS target "  # noqa: S608  # names and types are our own
        f"USING (SELECT {asked} FROM OPENJSON(:rows) WITH ({typed})) AS r ON {same} "
        f"WHEN MATCHED{only_later} THEN UPDATE SET {replaced}, upd_date = :now, upd_user_id = :user "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}, cre_date, cre_user_id) "
        f"VALUES ({values}, :now, :user);"
    ).bindparams(
        bindparam("rows", type_=String),
        *{value.key: value for value in (*shared.values(), now())}.values(),
        user=user,
    )

"""An insert that updates the row where its key is there already."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import BindParameter, ColumnElement, Executable, FromClause, Table, literal, or_, select, true


@frozen
class Upsert:
    """
    An upsert of bound rows into `table`: `columns` from the rows, those in `shared` the same in every row.

    With `newer`, a row is updated only where that column of the new one is later.
    """

    table: Table
    keys: Sequence[str]
    columns: Sequence[str]
    shared: Mapping[str, BindParameter[Any]]
    now: BindParameter[datetime]
    user: str
    newer: str = ""

    @property
    def updated(self) -> Sequence[str]:
        """The columns an update takes over."""
        return [name for name in (*self.columns, *self.shared) if name not in self.keys]


def labelled(shared: Mapping[str, BindParameter[Any]]) -> list[ColumnElement[Any]]:
    """Label shared values apart from each other: the moment of the write may be two columns."""
    return [value.label(f"all_{name}") for name, value in shared.items()]


def upsert_on_conflict(insert: Callable[[Table], Any], upsert: Upsert, rows: FromClause) -> Executable:
    """Return `INSERT ... ON CONFLICT DO UPDATE`, with the `insert` of a database that has it."""
    table, newer = upsert.table, upsert.newer
    # SQLite takes the ON of ON CONFLICT for a join's unless the SELECT ends in a WHERE.
    stamp = (upsert.now.label("made"), literal(upsert.user))
    source = select(rows, *labelled(upsert.shared), *stamp).where(true())
    names = [*upsert.columns, *upsert.shared, "cre_date", "cre_user_id"]
    statement = insert(table).from_select(names, source)
    updated = {name: statement.excluded[name] for name in upsert.updated}
    result: Executable = statement.on_conflict_do_update(
        index_elements=list(upsert.keys),
        set_={**updated, "upd_date": upsert.now, "upd_user_id": upsert.user},
        where=is_later(table.c[newer], statement.excluded[newer]) if newer else None,
    )
    return result


def is_later(kept: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the test that a row is newer than the one kept; one kept without a time is older than any."""
    return or_(kept.is_(None), kept < new)

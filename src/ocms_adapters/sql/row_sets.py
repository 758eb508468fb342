"""
Keys and rows as one bound value: the three phrasings of the three dialects.

The text of a statement, and so its plan, is the same for one row and for five hundred; SQL Server's
limit of 2,100 parameters is never near.
PostgreSQL takes an array for each column, SQLite and SQL Server one JSON text.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from attrs import field, frozen
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    FromClause,
    String,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from ocms_core.kernel.dates import local

Columns = Mapping[str, TypeEngine[Any]]


@frozen
class RowSet:
    """
    Rows of a batch as a table a statement can join: `rows` is that table, `bind` fills it.

    `bind(tuples)` gives the statement's parameters for tuples in the order of the columns.
    """

    rows: FromClause
    dialect: Dialect
    _columns: Columns
    _processors: tuple[Any, ...] = field()

    @_processors.default
    def _find_processors(self) -> tuple[Any, ...]:
        return tuple(
            kind.dialect_impl(self.dialect).bind_processor(self.dialect) for kind in self._columns.values()
        )

    def bind(self, tuples: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
        """Give the parameters that carry these rows."""
        if self.dialect.name == "postgresql":
            return {
                f"rows_{name}": array(list(map(itemgetter(place), tuples)))
                for place, name in enumerate(self._columns)
            }
        return {"rows": json.dumps([self._plain(row) for row in tuples])}

    def _plain(self, row: tuple[Any, ...]) -> list[Any]:
        return [
            plain(process(naive(value)) if process else value)
            for process, value in zip(self._processors, row, strict=True)
        ]


def row_set(dialect: Dialect, columns: Columns) -> RowSet:
    """Phrase rows of these columns as a table named `r` in this dialect."""
    build = {"postgresql": postgresql_rows, "sqlite": sqlite_rows, "mssql": mssql_rows}[dialect.name]
    return RowSet(build(dialect, columns), dialect, columns)


def postgresql_rows(_dialect: Dialect, columns: Columns) -> FromClause:
    """Phrase rows as `unnest` over one array for each column."""
    arrays = [cast(bindparam(f"rows_{name}"), ARRAY(unbounded(kind))) for name, kind in columns.items()]
    names = [column(name, kind) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*names).render_derived(name="r")


def sqlite_rows(_dialect: Dialect, columns: Columns) -> FromClause:
    """Phrase rows as `json_each` over an array of arrays."""
    row = func.json_each(bindparam("rows", type_=String)).table_valued("value", name="j")
    return select(
        *(
            func.json_extract(row.c.value, f"$[{place}]", type_=kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        )
    ).subquery("r")


def mssql_rows(dialect: Dialect, columns: Columns) -> FromClause:
    """Phrase rows as `OPENJSON ... WITH`, each column typed and found by its place."""
    typed = ", ".join(
        f"{name} {kind.compile(dialect=dialect)} '$[{place}]'"
        for place, (name, kind) in enumerate(columns.items())
    )
    shaped = text(f"SELECT {', '.join(columns)} FROM OPENJSON(:rows) WITH ({typed})")  # noqa: S608  # names and types come from our own tables
    return shaped.bindparams(bindparam("rows", type_=String)).columns(**columns).subquery("r")


def among(dialect: Dialect, key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Test a column against the keys bound as `keys` (see `bind_keys`)."""
    keys: BindParameter[Any] = bindparam("keys")
    if dialect.name == "postgresql":
        return key == any_(cast(keys, ARRAY(unbounded(key.type))))
    if dialect.name == "sqlite":
        return key.in_(select(func.json_each(bindparam("keys", type_=String)).table_valued("value").c.value))
    listed = text(f"SELECT value FROM OPENJSON(:keys) WITH (value {key.type.compile(dialect=dialect)} '$')")  # noqa: S608  # the type comes from our own table
    return key.in_(
        listed.bindparams(bindparam("keys", type_=String)).columns(value=key.type).scalar_subquery()
    )


def bind_keys(dialect: Dialect, keys: Iterable[str]) -> dict[str, Any]:
    """Give the parameter that carries these keys."""
    return {"keys": array(list(keys)) if dialect.name == "postgresql" else json.dumps(list(keys))}


def array(values: Sequence[object]) -> str:
    """
    Write values as a PostgreSQL array.

    The driver can do so too, but takes each element through a regular expression: a fifth of the time of
    a large update, where most of what a column holds is the same anyway.
    """
    texts = {value: element(value) for value in set(values)}
    return "{" + ",".join([texts[value] for value in values]) + "}"


def element(value: object) -> str:
    """Write one value of a PostgreSQL array; in quotes every text is taken as it is."""
    if value is None:
        return "NULL"
    word = value if isinstance(value, str) else str(plain(value))
    if "\\" in word or '"' in word:
        word = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"'


def unbounded(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text keeps its length on the way in: a cast to a shorter one would cut it without a word (G10)."""
    return String() if isinstance(kind, String) else kind


def plain(value: object) -> object:
    """Give a value the way it travels to the database, exact to the cent and the microsecond."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return naive(value).isoformat()
    return value


def naive(value: Any) -> Any:
    """Give a moment as the tables keep it, whatever its zone (G5); anything else as it is."""
    return local(value) if isinstance(value, datetime) else value

"""
On SQLite, times other programs write are put into the one text form ours have.

SQLite has no time type: `2025-02-14`, `2025-02-14T00:00:00` and `2025-02-14 00:00:00.000` are one
moment and three texts, which neither join nor sort as they should. A trigger on each table brings
them into the form of `local_text`, at no cost to rows already in it.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, DateTime, MetaData, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

ODD = "(length({0}) NOT IN (19, 26) OR substr({0}, 11, 1) <> ' ' OR substr({0}, 20) = '.000000')"

# A zone is honoured; a fraction is filled up to microseconds, and dropped where it is nothing.
NORMAL = """coalesce(
    CASE WHEN substr({0}, 20) GLOB '*[-+Zz]*' THEN strftime('%Y-%m-%d %H:%M:%S', {0}, '+8 hours')
    ELSE strftime('%Y-%m-%d %H:%M:%S', substr({0}, 1, 19)) || CASE
        WHEN trim(substr({0}, 20), '.0') = '' THEN ''
        ELSE substr(substr({0}, 20) || '000000', 1, 7) END
    END, {0})"""


def keep_times_normal(connection: Connection, metadata: MetaData) -> None:
    """Install the triggers where they are missing and bring the rows already there into form."""
    for table in metadata.sorted_tables:
        for statement in statements(table):
            connection.exec_driver_sql(statement)


def statements(table: Table) -> Iterator[str]:
    """Yield the two triggers of a table and the one correction of the rows it has."""
    times = [column.name for column in table.columns if is_moment(column.type)]
    correction = f"UPDATE {table.name} SET " + ", ".join(f"{name} = {NORMAL.format(name)}" for name in times)  # noqa: S608  # names come from our own tables
    odd_new = " OR ".join(ODD.format(f"NEW.{name}") for name in times)
    for name, event in (("insert", "INSERT"), ("update", f"UPDATE OF {', '.join(times)}")):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table.name}_times_on_{name} AFTER {event} ON {table.name} "
            f"WHEN {odd_new} BEGIN {correction} WHERE rowid = NEW.rowid; END"
        )
    yield f"{correction} WHERE " + " OR ".join(ODD.format(name) for name in times)


def is_moment(kind: TypeEngine[Any]) -> bool:
    """Return whether a type is of moments: `LocalDateTime`, which is built on what this module belongs to."""
    return isinstance(kind, TypeDecorator) and isinstance(kind.impl_instance, DateTime)

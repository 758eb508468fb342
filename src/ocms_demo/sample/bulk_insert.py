"""Inserting many rows of one table at once, by the fastest means of each database."""

from collections.abc import Sequence
from operator import itemgetter

from sqlalchemy import Connection, Table, exists, insert, select

from ocms_adapters.sql.row_sets import row_set
from ocms_demo.sample.rows import Row


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert new rows, all of which name the same columns."""
    if rows:
        INSERTS[connection.dialect.name](connection, table, rows)


def copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows as one COPY stream (PostgreSQL)."""
    names = tuple(rows[0])
    values = itemgetter(*names)
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(values(row))


def execute_many(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows one by one (SQLite, which runs in the same process)."""
    connection.execute(insert(table), rows)


def insert_row_set(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows as one bound value (SQL Server)."""
    given, names = row_set(connection.dialect, {name: table.c[name].type for name in rows[0]}), tuple(rows[0])
    statement = insert(table).from_select(names, select(given.rows))
    connection.execute(statement, given.bind(list(map(itemgetter(*names), rows))))


INSERTS = {"postgresql": copy, "sqlite": execute_many, "mssql": insert_row_set}


def insert_absent(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there; of several with one key the first."""
    keys = [column.name for column in table.primary_key]
    first = {itemgetter(*keys)(row): row for row in reversed(rows)}
    names = tuple(rows[0])
    given = row_set(connection.dialect, {name: table.c[name].type for name in names})
    same = (table.c[key] == given.rows.c[key] for key in keys)
    statement = insert(table).from_select(names, select(given.rows).where(~exists().where(*same)))
    connection.execute(statement, given.bind(list(map(itemgetter(*names), first.values()))))

"""Which statements are sent to a database while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event

# What opens and closes a transaction asks nothing.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


@contextmanager
def recorded(engine: Engine | type[Engine] = Engine) -> Iterator[list[str]]:
    """
    Collect every statement an engine, or any engine at all, executes, in order.

    One statement sent with several sets of parameters is as many round trips in disguise: refused. On
    PostgreSQL the driver is watched: not every statement passes SQLAlchemy's events.
    """
    statements: list[str] = []

    def note(statement: str, sets: int = 1) -> None:
        if sets > 1:
            raise AssertionError(f"sent {sets} times over: {statement}")
        if not statement.startswith(FRAME):
            statements.append(statement)

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> "Cursor":
            note(str(query))
            super().execute(query, *arguments, **options)
            return self

        def executemany(self, query: Any, params_seq: Any, *, returning: bool = False) -> None:
            sets = list(params_seq)
            note(str(query), len(sets))
            super().executemany(query, sets, returning=returning)

    class ServerCursor(psycopg.ServerCursor[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> "ServerCursor":
            note(str(query))
            super().execute(query, *arguments, **options)
            return self

    def see(
        connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Any,
        _context: object,
        executemany: bool,  # noqa: FBT001  # as SQLAlchemy calls it
    ) -> None:
        if connection.dialect.driver != "psycopg":
            note(statement, len(parameters) if executemany else 1)

    def watch(connection: Any, *_: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory, connection.server_cursor_factory = Cursor, ServerCursor

    def leave(connection: Any, *_: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = psycopg.Cursor
            connection.server_cursor_factory = psycopg.ServerCursor

    listeners = (("before_cursor_execute", see), ("checkout", watch), ("checkin", leave))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield statements
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)

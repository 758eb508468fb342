"""Which statements are sent to a database while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

# What opens and closes a transaction asks nothing.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


@contextmanager
def recorded(engine: Engine | type[Engine] = Engine) -> Iterator[list[str]]:
    """
    Collect every statement an engine, or any engine at all, executes, in order.

    One statement sent with several sets of parameters is as many round trips in disguise: refused.
    """
    statements: list[str] = []

    def see(
        _connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Any,
        _context: object,
        executemany: bool,  # noqa: FBT001  # as SQLAlchemy calls it
    ) -> None:
        if executemany and len(parameters) > 1:
            raise AssertionError(f"sent {len(parameters)} times over: {statement}")
        if not statement.startswith(FRAME):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", see)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", see)

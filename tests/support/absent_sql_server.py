"""An engine for SQL Server without a server: it records each statement and answers as it is told."""

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import Factory, define, field, frozen
from sqlalchemy import Engine, create_engine, event

import ocms_adapters
from ocms_adapters.sql.audit_rows import with_cipher
from tests.support.engines import AUDIT_CIPHER

ADAPTERS = Path(ocms_adapters.__file__).parent
SQL_SERVER_2019 = (15, 0)


@frozen
class RecordedStatement:
    """A statement as it would go over the wire: its text, how many values it binds, and who sent it."""

    text: str
    values: int
    callers: frozenset[tuple[str, int]]


@define
class Recorder:
    """
    What was sent, and what is answered.

    `answers` has rows for the statements in which a text stands, filled up with zeros; others answer none.
    Each write reaches so many rows.
    """

    sent: list[RecordedStatement] = Factory(list)
    answers: dict[str, Sequence[tuple[Any, ...]]] = Factory(dict)
    reached: int = 1


@define
class Cursor:
    """A cursor of the driver."""

    recorder: Recorder
    description: list[tuple[Any, ...]] | None = None
    rowcount: int = -1
    names: Sequence[str] = ()
    rows: list[tuple[Any, ...]] = field(factory=list)
    arraysize: int = 1

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        frames = traceback.extract_stack()
        callers = frozenset(
            (str(Path(each.filename).relative_to(ADAPTERS)), each.lineno or 0)
            for each in frames
            if Path(each.filename).is_relative_to(ADAPTERS)
        )
        self.recorder.sent.append(RecordedStatement(statement, len(parameters), callers))
        self.rowcount = self.recorder.reached
        answer = next((rows for part, rows in self.recorder.answers.items() if part in statement), [])
        self.description = [(name, *(None,) * 6) for name in self.names] or None
        self.rows = [(*row, *(0,) * len(self.names))[: len(self.names)] for row in answer]

    def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        for each in parameters:
            self.execute(statement, each)

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self.rows = self.rows, []
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows.pop(0) if self.rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        rows, self.rows = self.rows[:size], self.rows[size:]
        return rows

    def nextset(self) -> bool:
        return False

    def setinputsizes(self, *_: object) -> None:
        """Take the types of values, which nothing here needs."""

    def close(self) -> None:
        """Forget nothing."""


@define
class DriverConnection:
    """A connection of the driver."""

    recorder: Recorder
    autocommit: bool = False

    def cursor(self) -> Cursor:
        return Cursor(self.recorder)

    def commit(self) -> None:
        """Commit nothing."""

    def rollback(self) -> None:
        """Undo nothing."""

    def close(self) -> None:
        """Close nothing."""


class DriverError(Exception):
    """An error of the driver."""


ERRORS = (
    "DataError", "DatabaseError", "Error", "IntegrityError", "InterfaceError", "InternalError",
    "NotSupportedError", "OperationalError", "ProgrammingError", "Warning",
)  # fmt: skip


@contextmanager
def recording_engine() -> Iterator[tuple[Engine, Recorder]]:
    """Yield an engine of SQL Server 2019 and what records its statements."""
    recorder = Recorder()
    driver = SimpleNamespace(
        paramstyle="qmark",
        Binary=bytes,
        pooling=lambda **_: None,
        connect=lambda *_, **__: DriverConnection(recorder),
        **{name: type(name, (DriverError,), {}) for name in ERRORS},
    )
    engine = create_engine("mssql+mssqlpython://absent", module=driver, _initialize=False)
    engine.dialect.server_version_info = SQL_SERVER_2019
    engine.dialect.default_schema_name = "dbo"
    engine.dialect.default_isolation_level = "READ COMMITTED"

    @event.listens_for(engine, "before_cursor_execute")
    def name_columns(*arguments: Any) -> None:
        _, cursor, _, _, context, _ = arguments
        cursor.names = columns_of(context)

    yield with_cipher(engine, lambda: AUDIT_CIPHER), recorder
    engine.dispose()


def columns_of(context: Any) -> Sequence[str]:
    """Return the names of the columns a statement answers with."""
    compiled: Any = getattr(context, "compiled", None)
    columns = getattr(compiled, "_result_columns", None) or []
    if columns:
        return [each.keyname for each in columns]
    text = (context.statement or "").lstrip().upper()
    return ["answer"] if text.startswith(("SELECT", "WITH")) else []

"""
Statements of every call, given to the driver as they are.

SQLAlchemy phrases them once and keeps its pool, its transactions and its errors; what it does for each
connection and each execution besides takes longer than the driver's own work on a short statement.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.transactions import reading, translated, writing


class DriverStatement:
    """
    A statement whose text is made once, for databases of one dialect.

    On a connection it is part of that transaction, on an engine a transaction of its own. Its parameters and
    rows are the driver's own values, so none may be of a type that has to be converted for that database.
    Where the driver has no values for some types, SQLAlchemy executes the statement.

    Whether it is prepared by name is the connection's matter: behind a pooler nothing is.
    """

    def __init__(self, statement: Select[Any] | Update | Insert, dialect: Dialect) -> None:
        self._statement = statement
        self._text: str | None = None
        self._constants: Mapping[str, Any] = {}
        if dialect_of(dialect).driver_has_all_types:
            compiled = statement.compile(dialect=dialect)
            self._text = str(compiled)
            required = {name for name, bind in compiled.binds.items() if bind.required}
            self._constants = {name: value for name, value in compiled.params.items() if name not in required}

    def rows(self, database: Engine | Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Execute the statement and return its rows. On an engine raise what `reading` raises."""
        if self._text is None:
            with connection_of(database, reading) as connection:
                return connection.execute(self._statement, values).all()
        with self._executed(database, values) as cursor:
            rows: Sequence[Any] = cursor.fetchall()
            return rows

    def changed(self, database: Engine | Connection, values: Mapping[str, Any]) -> int:
        """Execute the statement and return how many rows it has changed. On an engine raise as `writing`."""
        if self._text is None:
            with connection_of(database, writing) as connection:
                return connection.execute(self._statement, values).rowcount
        with self._executed(database, values) as cursor:
            return int(cursor.rowcount)

    @contextmanager
    def _executed(self, database: Engine | Connection, values: Mapping[str, Any]) -> Iterator[Any]:
        """Execute the statement and yield its cursor. Raise what SQLAlchemy would."""
        with driver_of(database) as (driver, invalidate):
            try:
                with driver.cursor() as cursor:
                    yield cursor.execute(self._text, {**self._constants, **values})
            except database.dialect.loaded_dbapi.Error as error:
                lost = database.dialect.is_disconnect(error, driver, None)
                if lost:
                    invalidate(error)
                raise as_of_sqlalchemy(database.dialect, error, lost=lost) from None


@contextmanager
def connection_of(
    database: Engine | Connection, opened: Callable[[Engine], AbstractContextManager[Connection]]
) -> Iterator[Connection]:
    """Yield the connection itself, or one that is opened on an engine."""
    if isinstance(database, Connection):
        yield database
    else:
        with opened(database) as connection:
            yield connection


@contextmanager
def driver_of(database: Engine | Connection) -> Iterator[tuple[Any, Callable[[BaseException], None]]]:
    """
    Yield a connection as the driver has it, and what gives it up; an engine's begins no transaction.

    On an engine raise what a transaction of its own raises.
    """
    if isinstance(database, Connection):
        yield database.connection.driver_connection, database.invalidate
        return
    with translated():
        try:
            taken = database.raw_connection()
        except database.dialect.loaded_dbapi.Error as error:
            raise as_of_sqlalchemy(database.dialect, error, lost=True) from None
        try:
            driver: Any = taken.driver_connection
            driver.autocommit = True  # until the pool has it back
            yield driver, taken.invalidate
        finally:
            taken.close()


def as_of_sqlalchemy(dialect: Dialect, error: Any, *, lost: bool) -> BaseException:
    """Return an error of the driver as SQLAlchemy has it."""
    errors = dialect.loaded_dbapi.Error
    same: BaseException = DBAPIError.instance(
        None, None, error, errors, connection_invalidated=lost, dialect=dialect
    )
    return same

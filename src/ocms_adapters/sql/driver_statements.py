"""
Statements of every call, each a transaction of its own, given to the driver as they are.

SQLAlchemy phrases them once and keeps its pool and its errors; what it does for each connection and each
execution besides takes longer than the driver's own work on a short statement.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Dialect, Engine, Select, Update
from sqlalchemy.exc import DBAPIError

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.transactions import reading, translated, writing

Result = TypeVar("Result")


class DriverStatement:
    """
    A statement whose text is made once, for databases of one dialect; it begins and commits by itself.

    Its parameters and rows are the driver's own values, so none may be of a type that has to be converted for
    that database. Where the driver has no values for some types, SQLAlchemy executes the statement.

    Whether it is prepared by name is the connection's matter: behind a pooler nothing is.
    """

    def __init__(self, statement: Select[Any] | Update, dialect: Dialect) -> None:
        self._statement = statement
        self._text: str | None = None
        self._constants: Mapping[str, Any] = {}
        if dialect_of(dialect).driver_has_all_types:
            compiled = statement.compile(dialect=dialect)
            self._text = str(compiled)
            required = {name for name, bind in compiled.binds.items() if bind.required}
            self._constants = {name: value for name, value in compiled.params.items() if name not in required}

    def rows(self, engine: Engine, values: Mapping[str, Any]) -> Sequence[Any]:
        """Execute the statement and return its rows. Raise what `reading` raises."""
        if self._text is not None:
            return self._execute(engine, values, fetch_all)
        with reading(engine) as connection:
            return connection.execute(self._statement, values).all()

    def changed(self, engine: Engine, values: Mapping[str, Any]) -> int:
        """Execute the statement and return how many rows it has changed. Raise what `writing` raises."""
        if self._text is not None:
            return self._execute(engine, values, row_count)
        with writing(engine) as connection:
            return connection.execute(self._statement, values).rowcount

    def _execute(self, engine: Engine, values: Mapping[str, Any], result: Callable[[Any], Result]) -> Result:
        errors = engine.dialect.loaded_dbapi.Error
        with translated():
            try:
                taken = engine.raw_connection()
            except errors as error:
                raise as_of_sqlalchemy(engine, error, lost=True) from None
            driver: Any = taken.driver_connection
            try:
                driver.autocommit = True  # until the pool has it back
                with driver.cursor() as cursor:
                    return result(cursor.execute(self._text, {**self._constants, **values}))
            except errors as error:
                lost = engine.dialect.is_disconnect(error, driver, None)
                if lost:
                    taken.invalidate(error)
                raise as_of_sqlalchemy(engine, error, lost=lost) from None
            finally:
                taken.close()


def fetch_all(cursor: Any) -> Sequence[Any]:
    """Return the rows of an executed statement."""
    rows: Sequence[Any] = cursor.fetchall()
    return rows


def row_count(cursor: Any) -> int:
    """Return how many rows an executed statement has changed."""
    return int(cursor.rowcount)


def as_of_sqlalchemy(engine: Engine, error: Any, *, lost: bool) -> BaseException:
    """Return an error of the driver as SQLAlchemy has it."""
    errors = engine.dialect.loaded_dbapi.Error
    same: BaseException = DBAPIError.instance(
        None, None, error, errors, connection_invalidated=lost, dialect=engine.dialect
    )
    return same

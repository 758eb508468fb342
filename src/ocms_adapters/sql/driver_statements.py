"""
Statements of every call, given to the driver as they are.

SQLAlchemy phrases them once and keeps its pool, its transactions and its errors; what it does for each
execution besides takes longer than the driver's own work on a short statement.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

from ocms_adapters.sql.dialects import dialect_of


class DriverStatement:
    """
    A statement whose text is made once, for connections of one dialect.

    Its parameters and rows are the driver's own values, so none may be of a type that has to be converted for
    that database. Where the driver has no values for some types, SQLAlchemy executes the statement.

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

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Execute the statement and return its rows."""
        if self._text is None:
            return connection.execute(self._statement, values).all()
        with self._executed(connection, values) as cursor:
            rows: Sequence[Any] = cursor.fetchall()
            return rows

    def changed(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute the statement and return how many rows it has changed."""
        if self._text is None:
            return connection.execute(self._statement, values).rowcount
        with self._executed(connection, values) as cursor:
            return int(cursor.rowcount)

    def _executed(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Return a cursor that closes at the end of its block. Raise what SQLAlchemy would."""
        cursor = connection.connection.cursor()
        errors = connection.dialect.loaded_dbapi.Error
        try:
            return cursor.execute(self._text, {**self._constants, **values})
        except errors as error:
            cursor.close()
            raise as_of_sqlalchemy(connection, error, errors) from None


def as_of_sqlalchemy(connection: Connection, error: Any, errors: type[Exception]) -> BaseException:
    """Return an error of the driver as SQLAlchemy has it; a connection that is lost is given up."""
    driver: Any = connection.connection.driver_connection
    lost = connection.dialect.is_disconnect(error, driver, None)
    if lost:
        connection.invalidate(error)
    translated: BaseException = DBAPIError.instance(
        None, None, error, errors, connection_invalidated=lost, dialect=connection.dialect
    )
    return translated

"""What the adapters need of a database beyond the SQL that is the same on all of them."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TextIO

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Executable,
    FromClause,
    MetaData,
    Table,
    TextClause,
    cast,
)
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.dialects.upsert import Upsert
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import Unavailable

Columns = Mapping[str, TypeEngine[Any]]
Converter = Callable[[Any], Any]

USUAL_PATIENCE = 30
"""Seconds after which waiting for a lock or a connection is given up, unless an engine is to wait less."""


class DatabaseDialect(ABC):
    """
    One kind of database; a further one is a module with a subclass, named in `DIALECTS`.

    `dialect` is always SQLAlchemy's own dialect of a connection or engine. What is not abstract does what
    most databases need.
    """

    name: ClassVar[str]
    """SQLAlchemy's name of the database."""

    utc_now: ClassVar[TextClause]
    """Reads the clock in UTC: the moment of the statement, not the start of the transaction."""

    local_now: ClassVar[str]
    """The clock in Singapore time without a zone, as the default of a column."""

    error_attribute: ClassVar[str] = "sqlstate"
    """The attribute of the driver's errors that names the error."""

    unavailable_errors: ClassVar[tuple[str, ...]] = ("08", "57P", "53", "58", "25006", "25P03")
    """
    How the names of errors begin that say the database cannot be reached or cannot be written.

    25006 is a server that only reads, such as a standby after a failover; 25P03 one that has ended a
    transaction for standing still.
    """

    conflict_errors: ClassVar[tuple[str, ...]] = ("40", "55P03", "57014", "26000", "42P05")
    """
    How the names of errors begin that say another transaction came in between, or that pass on a repeat.

    57014 is a statement that waited beyond the server's time-out; 26000 and 42P05 are prepared statements
    that a pooler has lost or shared.
    """

    refused_row_errors: ClassVar[tuple[str, ...]] = ("22", "23", "27", "44", "P0001", "09")
    """How the names of errors begin that a row is to blame for."""

    missing_schema_errors: ClassVar[tuple[str, ...]] = ("42P01", "42703", "42S02", "42S22")
    """How the names of errors that miss a table or column begin; their text follows, after a colon."""

    enforces_lengths: ClassVar[bool] = True
    """Whether a text column refuses a longer text than it was declared for."""

    streams_without_transaction: ClassVar[bool] = False
    """Whether a result is read part by part without a transaction around it."""

    loads_csv: ClassVar[bool] = False
    """Whether `load_csv` is there."""

    keeps_session: ClassVar[bool] = True
    """Whether a connection is the same session from one transaction to the next; a pooler may change it."""

    merges_sorted_rows: ClassVar[bool] = False
    """Whether `prepare_large_join` can make use of rows loaded in the order of their key."""

    driver_has_all_types: ClassVar[bool] = False
    """Whether the driver takes and gives every value as the tables' types have it, none to be converted."""

    @abstractmethod
    def open(self, url: URL, options: dict[str, Any], patience: float) -> Engine:
        """Return an engine of a database by its URL; see `engines.create`."""

    def prepare_connecting(self, engine: Engine, *, may_make: bool) -> None:  # noqa: B027  # a server refuses by itself
        """Let connecting raise an `OcmsError` where there is no database, unless the engine `may_make` it."""

    def moment_type(self) -> TypeEngine[Any]:
        """Return the type of a column of moments, exact to the microsecond."""
        return DateTime()

    def moment_to_driver(self) -> Converter | None:
        """Return what converts a naive Singapore time for the driver; None where it is taken as it is."""
        return None

    def bound_moment(self, moment: datetime) -> object:
        """Return a moment as a parameter of a statement that is plain text, where parameters have no type."""
        convert = self.moment_to_driver()
        return convert(local(moment)) if convert else local(moment)

    def moment_from_driver(self) -> Converter | None:
        """Return what converts a time from the driver to a naive Singapore time; None where it is one."""
        return None

    def money_to_driver(self) -> Converter | None:
        """Return what converts a Decimal for the driver; None where it is taken as it is."""
        return None

    def money_from_driver(self) -> Converter | None:
        """Return what converts an amount from the driver to a Decimal; None where it is one."""
        return None

    @abstractmethod
    def row_table(self, dialect: Dialect, columns: Columns) -> FromClause:
        """Return bound rows (see `bind_rows`) as a table named `r` with these columns."""

    def bind_rows(
        self, columns: Columns, processors: Sequence[Converter | None], rows: Sequence[tuple[Any, ...]]
    ) -> dict[str, Any]:
        """Return the parameters that carry rows: one JSON text; `processors` convert each column's values."""
        del columns
        return {"rows": json.dumps([json_row(processors, row) for row in rows])}

    @abstractmethod
    def key_among(self, dialect: Dialect, key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the test of a column against bound keys (see `bind_keys`)."""

    def bind_keys(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the parameter that carries keys: one JSON text."""
        return {"keys": json.dumps(list(keys))}

    def key_in_rows(self, key: ColumnElement[Any], rows: FromClause, name: str) -> ColumnElement[bool]:
        """Return the test of a column against one column of bound rows, each key standing there once."""
        return key == rows.c[name]

    @abstractmethod
    def upsert(self, dialect: Dialect, upsert: Upsert, rows: FromClause) -> Executable:
        """Return the statement of an upsert of bound rows."""

    def same_moment(self, column: ColumnElement[datetime], read: ColumnElement[datetime]) -> Any:
        """Return the test of a column against a moment that was read from it."""
        return column == read

    def rows_as_json(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str] | None:
        """Return all rows of a statement as one JSON array of arrays; None where they are read one by one."""
        del columns
        return None

    def day_of(self, moment: ColumnElement[datetime]) -> ColumnElement[date]:
        """Return the day of a moment."""
        return cast(moment, Date())

    def lock_identities(self, connection: Connection, id_nos: Sequence[str]) -> None:  # noqa: B027  # most need none
        """Take the lock of each identity, in this order, until the transaction ends."""

    def try_lock_call(self, connection: Connection, name: str) -> bool:
        """
        Take the lock of a call by its name until the transaction ends; return whether it was free.

        True without a lock where one writer has the database to itself, or is stopped by the key of its row.
        """
        del connection, name
        return True

    def lock_table(self, connection: Connection, table: Table) -> None:  # noqa: B027  # most need none
        """Let one transaction at a time change a table from here on, while others read it."""

    def lock_schema(self, connection: Connection) -> None:  # noqa: B027  # most need none
        """Let one transaction at a time change the schema."""

    def limit_lock_waits(self, connection: Connection, seconds: float) -> None:  # noqa: B027  # most need none
        """Make a statement that waits longer for a lock fail, until the transaction ends."""

    def limit_idle_time(self, connection: Connection, seconds: float) -> None:  # noqa: B027  # most need none
        """Let the server end this transaction once its client has sent nothing for so long."""

    def complete_schema(self, connection: Connection, metadata: MetaData) -> None:  # noqa: B027  # most need none
        """Add to tables just created or migrated what their definitions cannot say."""

    def load_csv(
        self, connection: Connection, lines: TextIO, table: str, columns: Sequence[str], nullable: str
    ) -> int:
        """
        Load a CSV file, every cell quoted, into a table of these columns; return the number of rows.

        In the column `nullable` an empty text is null.
        """
        del connection, lines, table, columns, nullable
        raise Unavailable(f"loading a CSV file on {self.name}")

    def prepare_large_join(self, connection: Connection, *, merge: bool) -> None:  # noqa: B027  # most need none
        """Make this transaction ready to join a million rows; `merge` when both sides come sorted by key."""


def json_row(processors: Sequence[Converter | None], row: tuple[Any, ...]) -> list[Any]:
    """Return a row as JSON can hold it."""
    return [
        plain(process(naive(value)) if process else value)
        for process, value in zip(processors, row, strict=True)
    ]


def plain(value: object) -> object:
    """Return a value as it travels to the database, exact to the cent and the microsecond."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return naive(value).isoformat()
    return value


def naive(value: Any) -> Any:
    """Return a moment as the tables keep it, whatever its zone (G5); anything else as it is."""
    return local(value) if isinstance(value, datetime) else value

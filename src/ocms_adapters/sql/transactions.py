"""Transactions, and what a database error means to the rest of the house."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ocms_core.kernel.errors import Conflict, OcmsError, RowRejected, Unavailable
from ocms_core.kernel.rule_tags import rule

DATABASE = "the database"

# PostgreSQL and SQL Server name an error by SQLSTATE; the first two letters are its class.
UNAVAILABLE = ("08", "57P", "53", "58")
CONFLICTS = ("40", "55P03")
BAD_ROWS = ("22", "23", "27", "44", "P0001", "09")
# SQLite names it by its result code.
SQLITE_UNAVAILABLE = (
    "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CORRUPT", "SQLITE_NOTADB",
)  # fmt: skip
SQLITE_CONFLICTS = ("SQLITE_BUSY", "SQLITE_LOCKED")
SQLITE_BAD_ROWS = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE")


class DatabaseError(OcmsError):
    """The database refused a statement for a reason no row is to blame for."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that locks and writes; it commits on leaving and is undone on an error."""
    with translated(), engine.begin() as connection:
        yield connection


def unchecked(_connection: Connection) -> None:
    """Check nothing before a write: without a lock there is nothing to lose."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads, each statement for itself; nothing is locked."""
    with translated(), engine.connect().execution_options(ocms_read_only=True) as connection:
        yield connection


@contextmanager
def streaming(engine: Engine) -> Iterator[Connection]:
    """Open a connection that reads many rows piece by piece, all as of one moment; nothing is locked."""
    # PostgreSQL keeps a cursor open only inside a transaction; on SQLite one that may write would lock.
    alone = engine.name == "sqlite"
    with translated(), engine.connect().execution_options(ocms_read_only=alone) as connection:
        yield connection


@rule("P4")
@contextmanager
def translated() -> Iterator[None]:
    """
    A database that cannot be reached is told apart from a conflict and from a row it refuses.

    The driver's own error is dropped on purpose: its text may quote the row, and so an identity.
    """
    try:
        yield
    except PoolTimeout:
        raise Unavailable(DATABASE) from None
    except DBAPIError as error:
        raise fault(error) from None


@contextmanager
def driven(connection: Connection) -> Iterator[None]:
    """What the driver itself is made to do fails as a statement does."""
    driver = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except driver as error:
        raise DBAPIError.instance(None, None, error, driver, dialect=connection.dialect) from None


def fault(error: DBAPIError) -> OcmsError:
    """Give the fault a database error stands for; its message names the error's code and constraint only."""
    state = error_name(error)
    never_reached = state is None and isinstance(error, OperationalError | InterfaceError)
    state = state or type(error.orig).__name__
    if error.connection_invalidated or never_reached or state.startswith(UNAVAILABLE + SQLITE_UNAVAILABLE):
        return Unavailable(DATABASE)
    if state.startswith(CONFLICTS + SQLITE_CONFLICTS):
        return Conflict(f"the database reported {state}")
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    message = f"the database reported {state}" + (f" ({constraint})" if constraint else "")
    bad_row = isinstance(error, DataError) or state.startswith(BAD_ROWS + SQLITE_BAD_ROWS)
    return (RowRejected if bad_row else DatabaseError)(message)


def error_name(error: DBAPIError) -> str | None:
    """Find the error's SQLSTATE or SQLite result code; None when the driver names none."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)

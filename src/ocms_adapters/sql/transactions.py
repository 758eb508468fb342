"""Transactions, and what an error of the database means to the rest of the system."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ocms_adapters.sql.dialects import DIALECTS, dialect_of
from ocms_core.kernel.errors import Conflict, OcmsError, RowRejected, Unavailable
from ocms_core.kernel.rule_tags import rule

DATABASE = "the database"
REMEDY = "run `ocms db upgrade`, or correct its address; `ocms db check` says more"

# An error does not say of which database it is, and no two databases give one name two meanings.
UNAVAILABLE = tuple(name for each in DIALECTS.values() for name in each.unavailable_errors)
CONFLICTS = tuple(name for each in DIALECTS.values() for name in each.conflict_errors)
REFUSED_ROWS = tuple(name for each in DIALECTS.values() for name in each.refused_row_errors)
MISSING_SCHEMA = tuple(name for each in DIALECTS.values() for name in each.missing_schema_errors)
ERROR_ATTRIBUTES = tuple({each.error_attribute: None for each in DIALECTS.values()})


class DatabaseError(OcmsError):
    """The database refused a statement for a reason no row is to blame for."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that locks and writes; it commits on leaving and is undone on an error."""
    with translated(), engine.begin() as connection:
        yield connection


def unchecked(_connection: Connection) -> None:
    """Check nothing before a write: without a job's lock there is nothing to lose."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads, each statement for itself; nothing is locked."""
    with translated(), engine.connect().execution_options(ocms_read_only=True) as connection:
        yield connection


@contextmanager
def streaming(engine: Engine) -> Iterator[Connection]:
    """Open a connection that reads many rows part by part, all as of one moment; nothing is locked."""
    # PostgreSQL keeps a cursor open only inside a transaction; on SQLite one that may write would lock.
    alone = dialect_of(engine.dialect).streams_without_transaction
    with translated(), engine.connect().execution_options(ocms_read_only=alone) as connection:
        yield connection


@rule("P4")
@contextmanager
def translated() -> Iterator[None]:
    """
    Raise an unreachable database, a conflict and a refused row each as an error of its own.

    The driver's own error is dropped on purpose: its text may quote the row, and so an identity.
    """
    try:
        yield
    except PoolTimeout:
        raise Unavailable(DATABASE) from None
    except DBAPIError as error:
        raise fault(error) from None


def fault(error: DBAPIError) -> OcmsError:
    """Convert an error of the driver; the message names its code and constraint only."""
    state = error_name(error)
    never_reached = state is None and isinstance(error, OperationalError | InterfaceError)
    state = state or type(error.orig).__name__
    if error.connection_invalidated or never_reached or state.startswith(UNAVAILABLE):
        return Unavailable(DATABASE, state)
    if state.startswith(CONFLICTS):
        return Conflict(f"the database reported {state}")
    if f"{state}: {error.orig}".startswith(MISSING_SCHEMA):
        return DatabaseError(f"the database lacks a table or column ({state}); {REMEDY}")
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    message = f"the database reported {state}" + (f" ({constraint})" if constraint else "")
    refused_row = isinstance(error, DataError) or state.startswith(REFUSED_ROWS)
    return (RowRejected if refused_row else DatabaseError)(message)


def error_name(error: DBAPIError) -> str | None:
    """Return the error's SQLSTATE or SQLite result code; None when the driver names none."""
    names = (getattr(error.orig, attribute, None) for attribute in ERROR_ATTRIBUTES)
    return next(filter(None, names), None)

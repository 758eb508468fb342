"""Job locks on a real database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from ocms_adapters.sql.locks import SqlJobStore, SqlLockGuard
from ocms_adapters.sql.transactions import writing
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import LockLease


def locks_of(engine: Engine) -> JobLocks:
    """Return the locks kept in a database."""
    return JobLocks(SqlJobStore(engine))


@contextmanager
def fenced(engine: Engine, lease: LockLease) -> Iterator[Connection]:
    """Open a transaction that writes for a run, as a store does: `LockLost` when its lock is gone."""
    with writing(engine) as connection:
        SqlLockGuard(engine, lease)(connection)
        yield connection

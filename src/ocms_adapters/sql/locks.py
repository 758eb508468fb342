"""
Locks in `ocms_shedlock`, the table Java ShedLock nodes use: either side accepts the other's rows.

Times are the database's own, in UTC; a lock holds until `lock_until`. Besides, `locked_by` ends in the
number of the run, the fencing token, so that a holder that outlived its lock is recognised.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from attrs import frozen
from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    bindparam,
    exists,
    insert,
    literal,
    select,
    update,
)

from ocms_adapters.sql import job_runs, lock_runs
from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.locking import lock_rows
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.schema import ocms_shedlock as table
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.transactions import reading, writing
from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_core.jobs.locks import check_lock
from ocms_core.jobs.runs import HeldLock, JobCounts, LockLease, LockRequest, RunResult, SlotRuns
from ocms_core.kernel.dates import local, singapore

NAME: BindParameter[str] = bindparam("for_name")
HOLDER: BindParameter[str] = bindparam("holder")
NOW, UNTIL, STAMP = (bindparam(name, type_=MOMENT) for name in ("now", "until", "stamp"))

TAKE_FREE = (
    update(table)
    .where(table.c.name == NAME, table.c.lock_until <= NOW)
    .values(lock_until=UNTIL, locked_at=NOW, locked_by=HOLDER, **change_stamp(STAMP))
)
TAKE_NEW = (
    insert(table)
    .from_select(
        ["name", "lock_until", "locked_at", "locked_by", "cre_user_id"],
        select(NAME, UNTIL, NOW, HOLDER, literal(AUDIT_USER)).where(~exists().where(table.c.name == NAME)),
    )
    .execution_options(preserve_rowcount=True)
)
NAME_HOLDER = update(table).where(table.c.name == NAME).values(locked_by=HOLDER)
OWN = (table.c.name == NAME, table.c.locked_by == HOLDER)
EXTEND = update(table).where(*OWN, table.c.lock_until > NOW).values(lock_until=UNTIL)
RELEASE = update(table).where(*OWN).values(lock_until=UNTIL)
UNTIL_WHEN = select(table.c.lock_until).where(table.c.name == NAME)
LOCK_HELD = lock_rows(
    select(table.c.locked_by, table.c.locked_at, table.c.lock_until).where(
        table.c.name == NAME, table.c.lock_until > NOW
    ),
    table,
)
LOCK_OWN = lock_rows(select(table.c.lock_until).where(*OWN), table)


@frozen
class SqlJobTransaction:
    """A transaction on `ocms_shedlock` and `ocms_job_run`."""

    _connection: Connection

    def database_time(self) -> datetime:
        """Return the database's time."""
        return singapore(aware(utc_now(self._connection)))

    def acquire(self, request: LockRequest, now: datetime) -> bool:
        """Take the lock of a job for `at_most` from now; return whether it was free."""
        values = {
            "for_name": request.job,
            "holder": request.worker,
            "now": utc(now),
            "until": utc(now + request.at_most),
            "stamp": local(now),
        }
        return any(
            self._connection.execute(statement, values).rowcount == 1 for statement in (TAKE_FREE, TAKE_NEW)
        )

    def slot_runs(self, job: str, slot: datetime) -> SlotRuns:
        """Return the runs of a job for a time of its schedule."""
        rows = job_runs.slot_runs(self._connection, job, slot)
        own = lock_runs.slot_runs(self._connection, job, slot)
        failed = [moment for moment in (rows.last_failed, own.last_failed) if moment]
        return SlotRuns(
            done=rows.done or own.done,
            failed=rows.failed + own.failed,
            last_failed=max(failed, default=None),
        )

    def has_run_on(self, job: str, day: date) -> bool:
        """Return whether a run of a job that began on a Singapore day was done or failed."""
        answers = (job_runs.has_run_on, lock_runs.has_run_on)
        return any(has_run_on(self._connection, job, day) for has_run_on in answers)

    def record_start(self, request: LockRequest, now: datetime) -> int:
        """Record the start of a run and return its number: in the row of its lock when it is `log_only`."""
        record = lock_runs.record_start if request.log_only else job_runs.record_start
        return record(self._connection, request, local(now))

    def name_holder(self, job: str, holder: str) -> None:
        """Write who holds the lock that was taken in this transaction."""
        self._connection.execute(NAME_HOLDER, {"for_name": job, "holder": holder})

    def extend(self, lease: LockLease, now: datetime) -> bool:
        """Hold the lock for another `at_most` from now; return whether it was still held."""
        values = own(lease) | {"now": utc(now), "until": utc(now + lease.at_most)}
        return bool(self._connection.execute(EXTEND, values).rowcount)

    def lease_end(self, lease: LockLease) -> datetime | None:
        """Return until when the lock is held, and lock its row; None when another holds it."""
        until: datetime | None = self._connection.execute(LOCK_OWN, own(lease)).scalar()
        return singapore(aware(until)) if until else None

    def held(self, job: str, now: datetime) -> HeldLock | None:
        """Return who holds the lock of a job, and lock its row; None when it is free."""
        row = self._connection.execute(LOCK_HELD, {"for_name": job, "now": utc(now)}).first()
        if row is None:
            return None
        return HeldLock(row.locked_by, singapore(aware(row.locked_at)), singapore(aware(row.lock_until)))

    def release_from(self, job: str, held: HeldLock, at: datetime) -> None:
        """Let the lock of a holder end at a moment."""
        values = {"for_name": job, "holder": held.holder, "until": utc(at)}
        self._connection.execute(RELEASE, values)

    def release(self, lease: LockLease, at: datetime) -> None:
        """Let the lock end at a moment; the lock of another holder is left alone."""
        self._connection.execute(RELEASE, own(lease) | {"until": utc(at)})

    def record_end(
        self, lease: LockLease, now: datetime, *, result: RunResult, counts: JobCounts, error: str | None
    ) -> None:
        """Record how the run of a lease ended: only when and its result when it is `log_only`."""
        ended = local(now)
        if lease.log_only:
            lock_runs.record_end(self._connection, lease, ended, result)
            return
        job_runs.record_end(self._connection, lease.fence, ended, result=result, counts=counts, error=error)

    def limit_idle_time(self, most: timedelta) -> None:
        """Make the database end the transaction if its holder stands still for longer."""
        # A holder that is stopped inside a transaction would keep the row from others.
        dialect_of(self._connection.dialect).limit_idle_time(self._connection, most.total_seconds())


@frozen
class SqlJobStore:
    """Locks and runs in the Intranet database."""

    _engine: Engine

    @contextmanager
    def writing(self) -> Iterator[SqlJobTransaction]:
        """Open a transaction."""
        with writing(self._engine) as connection:
            yield SqlJobTransaction(connection)

    def held_until(self, job: str) -> datetime | None:
        """Return until when a lock is held if nobody extends it; None when it is free."""
        with reading(self._engine) as connection:
            until: datetime | None = connection.execute(UNTIL_WHEN, {"for_name": job}).scalar()
            return singapore(aware(until)) if until and until > utc_now(connection) else None


@frozen
class SqlLockGuard:
    """
    Refuses the writes of a run that has lost its lock.

    Adapters call it first in each transaction that writes for the run; the lock's row then stays locked
    until that transaction ends. Raises `LockLost`.
    """

    _engine: Engine
    _lease: LockLease

    def __call__(self, connection: Connection) -> None:
        """Check the lock in a transaction."""
        check_lock(SqlJobTransaction(connection), self._lease)

    def check(self) -> None:
        """Check the lock in a transaction of its own."""
        with writing(self._engine) as connection:
            self(connection)


def own(lease: LockLease) -> dict[str, object]:
    """Return the parameters that find a lock only while it is the lease's."""
    return {"for_name": lease.job, "holder": lease.holder}


def utc(moment: datetime) -> datetime:
    """Convert a moment to UTC without zone, the way `ocms_shedlock` keeps its times."""
    return moment.astimezone(UTC).replace(tzinfo=None)

"""
Locks in `ocms_shedlock`, the table Java ShedLock nodes use: either side accepts the other's rows.

ShedLock's semantics: times are the database's own, in UTC; a lock holds until `lock_until` and is kept
at least until `lock_least`; only the holder releases or extends it. Besides, `locked_by` ends in the
number of the run, which is higher each time, so a holder that slept past its time cannot write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil

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
    text,
    update,
)

from ocms_adapters.sql import job_runs
from ocms_adapters.sql.schema import LocalDateTime
from ocms_adapters.sql.schema import ocms_shedlock as table
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.transactions import reading, writing
from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_core.jobs.runs import (
    LockLease,
    LockLost,
    LockRequest,
    RunResult,
    SkipReason,
    SlotRuns,
    final_result,
    skip_reason,
)
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.rule_tags import rule

MOMENT = LocalDateTime()
NAME: BindParameter[str] = bindparam("for_name")
HOLDER: BindParameter[str] = bindparam("holder")
NOW, UNTIL, STAMP = (bindparam(name, type_=MOMENT) for name in ("now", "until", "stamp"))
AUDIT = {"upd_date": STAMP, "upd_user_id": AUDIT_USER}

TAKE = (
    update(table)
    .where(table.c.name == NAME, table.c.lock_until <= NOW)
    .values(lock_until=UNTIL, locked_at=NOW, locked_by=HOLDER, **AUDIT)
)
FIRST = (
    insert(table)
    .from_select(
        ["name", "lock_until", "locked_at", "locked_by", "cre_user_id"],
        select(NAME, UNTIL, NOW, HOLDER, literal(AUDIT_USER)).where(~exists().where(table.c.name == NAME)),
    )
    .execution_options(preserve_rowcount=True)
)
NUMBER = update(table).where(table.c.name == NAME).values(locked_by=HOLDER)
OWN = (table.c.name == NAME, table.c.locked_by == HOLDER)
EXTEND = update(table).where(*OWN, table.c.lock_until > NOW).values(lock_until=UNTIL)
RELEASE = update(table).where(*OWN).values(lock_until=UNTIL)
UNTIL_WHEN = select(table.c.lock_until).where(table.c.name == NAME)
LOCKED = (
    select(table.c.lock_until)
    .where(*OWN)
    .with_for_update()
    .with_hint(table, "WITH (UPDLOCK, ROWLOCK)", "mssql")
)
# A holder that is stopped inside a transaction would keep the row from others: the server ends it in time.
END_SLEEPERS = text("SELECT set_config('idle_in_transaction_session_timeout', :milliseconds, true)")


class NotTaken(Exception):
    """Undoes the taking of a lock that the journal speaks against."""

    def __init__(self, why: SkipReason) -> None:
        super().__init__(why.value)
        self.why = why


@frozen
class SqlLocks:
    """Takes, extends, checks and releases locks; every method is one short transaction of its own."""

    _engine: Engine

    @rule("P42")
    def take(self, ask: LockRequest) -> LockLease | SkipReason:
        """
        A run begins only under its lock, and its start is recorded in the transaction that takes it.

        Whoever comes while another holds it is told so and does not wait.
        """
        try:
            with writing(self._engine) as connection:
                return self._taken(connection, ask, utc_now(connection))
        except NotTaken as given:
            return given.why
        except (RowRejected, Conflict):
            return SkipReason.HELD  # two were the first ever to take this lock, and the other won

    def _taken(self, connection: Connection, ask: LockRequest, now: datetime) -> LockLease:
        started = local(aware(now))
        values = {
            "for_name": ask.job,
            "holder": ask.worker,
            "now": now,
            "until": now + ask.at_most,
            "stamp": started,
        }
        if not any(connection.execute(statement, values).rowcount == 1 for statement in (TAKE, FIRST)):
            raise NotTaken(SkipReason.HELD)
        why = skip_reason(
            ask,
            slot=job_runs.runs_for(connection, ask.job, ask.slot) if ask.slot else SlotRuns(),
            ran_today=ask.once_a_day and job_runs.has_run_on(connection, ask.job, started.date()),
            now=singapore(started),
        )
        if why:
            raise NotTaken(why)
        fence = job_runs.begin(connection, ask, started)
        holder = f"{ask.worker}#{fence}"
        connection.execute(NUMBER, {"for_name": ask.job, "holder": holder})
        return LockLease(ask.job, fence, holder, ask.at_most, now + ask.at_least)

    def extend(self, held: LockLease) -> bool:
        """Hold the lock for another `at_most` from now; False when it is no longer held."""
        with writing(self._engine) as connection:
            now = utc_now(connection)
            values = {"for_name": held.job, "holder": held.holder, "now": now, "until": now + held.at_most}
            return bool(connection.execute(EXTEND, values).rowcount)

    def end(
        self, held: LockLease, result: RunResult, counts: job_runs.Counts, error: str | None
    ) -> RunResult:
        """
        Record how the run ended, and release its lock; the lock of another holder is left alone.

        Gives the result on record: a run that failed when its lock was gone is lost.
        """
        own = {"for_name": held.job, "holder": held.holder}
        with writing(self._engine) as connection:
            until, now = connection.execute(LOCKED, own).scalar(), utc_now(connection)
            result = final_result(result, held=until is not None and until > now)
            job_runs.end(connection, held.fence, local(aware(now)), result=result, counts=counts, error=error)
            connection.execute(RELEASE, own | {"until": max(now, held.lock_least)})
        return result

    def held_until(self, job: str) -> datetime | None:
        """Tell until when a lock is held if nobody extends it; None when it is free."""
        with reading(self._engine) as connection:
            until: datetime | None = connection.execute(UNTIL_WHEN, {"for_name": job}).scalar()
            return singapore(aware(until)) if until and until > utc_now(connection) else None


@contextmanager
def fenced(engine: Engine, held: LockLease) -> Iterator[Connection]:
    """Open a transaction in which a job writes; LockLost when its lock is no longer its own."""
    with writing(engine) as connection:
        check(connection, held)
        yield connection


def check(connection: Connection, held: LockLease) -> None:
    """
    A write carries the number of its run, and is refused once another holds the lock or its time is up.

    The lock's row stays locked until the transaction ends: nobody takes over in between. LockLost
    otherwise.
    """
    until = connection.execute(LOCKED, {"for_name": held.job, "holder": held.holder}).scalar()
    left = (until - utc_now(connection)).total_seconds() if until else 0.0
    if left <= 0:
        raise LockLost(held.job)
    if connection.dialect.name == "postgresql":
        connection.execute(END_SLEEPERS, {"milliseconds": str(ceil(left * 1000))})

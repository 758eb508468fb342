"""Runs of jobs in `ocms_job_run`."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    String,
    and_,
    cast,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from ocms_adapters.sql import lock_runs
from ocms_adapters.sql.audit import change_stamp, creation_stamp
from ocms_adapters.sql.lock_times import IN_UTC, LockTimes
from ocms_adapters.sql.schema import ocms_job_run as table
from ocms_adapters.sql.schema import ocms_shedlock as lock
from ocms_adapters.sql.transactions import reading, unchecked, writing
from ocms_core.jobs.runs import JobCounts, LockRequest, Run, RunResult, SlotRuns
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.lengths import cut

LONGEST_ERROR = 400
# A worker whose clock is ahead begins before the time of the schedule, though not by a day.
MOST_AHEAD = timedelta(days=1)
# What counts as having run; a run lost or cut off is made up for.
COUNTING = (RunResult.DONE.value, RunResult.FAILED.value)


def slot_runs(connection: Connection, job: str, slot: datetime) -> SlotRuns:
    """Return the runs of a job for a time of its schedule that count."""
    of_slot = select(table.c.result, table.c.ended_at).where(
        table.c.job == job,
        table.c.started_at >= local(slot) - MOST_AHEAD,
        table.c.slot == local(slot),
        table.c.result.in_(COUNTING),
    )
    rows = connection.execute(of_slot).all()
    failed = [singapore(row.ended_at) for row in rows if row.result == RunResult.FAILED.value]
    return SlotRuns(done=len(rows) > len(failed), failed=len(failed), last_failed=max(failed, default=None))


def has_run_on(connection: Connection, job: str, day: date) -> bool:
    """Return whether a run of a job that began on a Singapore day was done or failed."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # columns are local
    tomorrow = midnight + timedelta(days=1)
    of_day = select(table.c.id).where(
        table.c.job == job,
        table.c.result.in_(COUNTING),
        table.c.started_at >= midnight,
        table.c.started_at < tomorrow,
    )
    return connection.execute(of_day.limit(1)).first() is not None


def record_start(connection: Connection, request: LockRequest, started: datetime) -> int:
    """Record the start of a run and return its number."""
    values = {
        "job": request.job,
        "worker": request.worker,
        "started_at": started,
        "slot": local(request.slot) if request.slot else None,
        "forced": "Y" if request.forced else "N",
        **creation_stamp(started),
    }
    number: int = connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
    return number


def record_end(
    connection: Connection,
    number: int,
    now: datetime,
    *,
    result: RunResult,
    counts: JobCounts,
    error: str | None,
) -> None:
    """Record how a run ended."""
    values = {
        "ended_at": now,
        "result": result.value,
        "counts": json.dumps(dict(counts)),
        "error": cut(error, LONGEST_ERROR) if error else None,
        **change_stamp(now),
    }
    ended = update(table).where(table.c.id == number).values(values)
    connection.execute(ended)


@frozen
class SqlJobRuns:
    """The runs on record."""

    _engine: Engine
    _times: LockTimes = IN_UTC

    def history(
        self, job: str | None = None, *, last: int = 20, done_without: Sequence[str] = ()
    ) -> Sequence[Run]:
        """Return the last runs, of one job or of all but those done of some, the newest first."""
        chosen = select(table).order_by(table.c.id.desc()).limit(last)
        if job:
            return self._runs(chosen.where(table.c.job == job))
        unremarkable = and_(table.c.job.in_(done_without), table.c.result == RunResult.DONE.value)
        return self._runs(chosen.where(or_(table.c.result.is_(None), not_(unremarkable))))

    def latest(self) -> Sequence[Run]:
        """Return the newest run of each job, also of those that leave no row here."""
        newest = select(func.max(table.c.id)).group_by(table.c.job)
        runs = {run.job: run for run in self._runs(select(table).where(table.c.id.in_(newest)))}
        with reading(self._engine) as connection:
            runs |= {run.job: run for run in lock_runs.last_runs(connection, self._times)}
        return tuple(runs.values())

    def later_than(self, number: int, job: str) -> Sequence[Run]:
        """Return the runs of a job that were recorded after another run, the newest first."""
        return self._runs(select(table).where(table.c.job == job, table.c.id > number))

    def record(
        self,
        request: LockRequest,
        started: datetime,
        ended: datetime,
        counts: JobCounts,
        check: Callable[[Connection], None] = unchecked,
    ) -> None:
        """Record a run that is done already; `check` is called first, in the transaction."""
        with writing(self._engine) as connection:
            check(connection)
            number = record_start(connection, request, local(started))
            record_end(connection, number, local(ended), result=RunResult.DONE, counts=counts, error=None)

    def _runs(self, chosen: Any) -> Sequence[Run]:
        runs = chosen.subquery("runs")
        holder = runs.c.worker + literal("#") + cast(runs.c.id, String(20))
        joined = runs.outerjoin(lock, and_(lock.c.name == runs.c.job, lock.c.locked_by == holder))
        with reading(self._engine) as connection:
            now = self._times.now(connection)
            rows = connection.execute(
                select(runs, lock.c.lock_until).select_from(joined).order_by(runs.c.id.desc())
            ).all()
        return [
            run_of_row(row, holds_lock=row.lock_until is not None and row.lock_until > now) for row in rows
        ]


def run_of_row(row: Row[Any], *, holds_lock: bool) -> Run:
    """Convert a row to a run."""
    return Run(
        number=row.id,
        job=row.job,
        worker=row.worker,
        started_at=singapore(row.started_at),
        slot=singapore(row.slot) if row.slot else None,
        forced=row.forced == "Y",
        ended_at=singapore(row.ended_at) if row.ended_at else None,
        result=RunResult(row.result) if row.result else None,
        counts=json.loads(row.counts) if row.counts else {},
        error=row.error,
        holds_lock=holds_lock,
    )

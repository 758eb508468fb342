"""The runs of jobs that leave no row in `ocms_job_run`: the last of each, in the row of its lock (P42)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Row, func, select, update

from ocms_adapters.sql.lock_times import LockTimes
from ocms_adapters.sql.schema import ocms_job_run as recorded
from ocms_adapters.sql.schema import ocms_shedlock as table
from ocms_core.jobs.runs import LockLease, LockRequest, Run, RunResult, SlotRuns
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.rule_tags import rule

# What counts as having run; a run lost or cut off is made up for.
COUNTING = (RunResult.DONE, RunResult.FAILED)
YES, NO = "Y", "N"


def slot_runs(connection: Connection, job: str, slot: datetime) -> SlotRuns:
    """Return the runs of a job for a time of its schedule that count."""
    of_slot = select(table.c.slot_done, table.c.slot_failures, table.c.slot_failed_at)
    row = connection.execute(of_slot.where(table.c.name == job, table.c.slot == local(slot))).first()
    if row is None:
        return SlotRuns()
    failed_at = singapore(row.slot_failed_at) if row.slot_failed_at else None
    return SlotRuns(done=row.slot_done == YES, failed=row.slot_failures, last_failed=failed_at)


def has_run_on(connection: Connection, job: str, day: date) -> bool:
    """Return whether the last run of a job that was done or failed began on a Singapore day."""
    counted: datetime | None = connection.execute(
        select(table.c.counted_at).where(table.c.name == job)
    ).scalar()
    return counted is not None and counted.date() == day


@rule("P42")
def record_start(connection: Connection, request: LockRequest, started: datetime) -> int:
    """Record the start of a run in the row of the lock just taken, and return its number (P42)."""
    last = connection.execute(select(table.c.run_no).where(table.c.name == request.job)).scalar()
    # From before its runs were kept here the job may have rows, whose numbers are its fencing tokens too.
    before = connection.execute(select(func.max(recorded.c.id)).where(recorded.c.job == request.job)).scalar()
    number = max(last or 0, before or 0) + 1
    values = {
        "run_no": number,
        "run_started_at": started,
        "run_slot": local(request.slot) if request.slot else None,
        "run_ended_at": None,
        "run_result": None,
    }
    connection.execute(update(table).where(table.c.name == request.job).values(values))
    return number


@rule("P42")
def record_end(connection: Connection, lease: LockLease, now: datetime, result: RunResult) -> None:
    """Record how a run ended, unless a later one has begun; counts and error are in the log alone (P42)."""
    own = (table.c.name == lease.job, table.c.run_no == lease.fence)
    row = connection.execute(select(table).where(*own)).first()
    if row is None:
        return
    values: dict[str, object] = {"run_ended_at": now, "run_result": result.value}
    if result in COUNTING:
        values["counted_at"] = row.run_started_at
        if row.run_slot:
            values |= counted_for_slot(row, now, failed=result is RunResult.FAILED)
    connection.execute(update(table).where(*own).values(values))


def counted_for_slot(row: Row[tuple[object, ...]], now: datetime, *, failed: bool) -> dict[str, object]:
    """Return the columns of the slot after one more run for it."""
    same = row.slot == row.run_slot
    return {
        "slot": row.run_slot,
        "slot_done": NO if failed else YES,
        "slot_failures": (row.slot_failures if same else 0) + failed,
        "slot_failed_at": now if failed else (row.slot_failed_at if same else None),
    }


def last_runs(connection: Connection, times: LockTimes) -> Sequence[Run]:
    """Return the last run of each job whose runs are kept here."""
    now = times.now(connection)
    rows = connection.execute(select(table).where(table.c.run_no.is_not(None))).all()
    return [run_of_row(row, now) for row in rows]


def run_of_row(row: Row[tuple[object, ...]], now: datetime) -> Run:
    """Convert the row of a lock to the run it tells of; without the worker where another holds the lock."""
    worker, _, number = row.locked_by.rpartition("#")
    own = number == str(row.run_no)
    return Run(
        number=row.run_no,
        job=row.name,
        worker=worker if own else "",
        started_at=singapore(row.run_started_at),
        slot=singapore(row.run_slot) if row.run_slot else None,
        ended_at=singapore(row.run_ended_at) if row.run_ended_at else None,
        result=RunResult(row.run_result) if row.run_result else None,
        holds_lock=own and row.lock_until > now,
    )

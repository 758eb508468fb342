"""Locks, runs and alerts in memory, on a clock that the test moves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from attrs import define, evolve, field, frozen

from ocms_core.jobs.ports import PendingAlert
from ocms_core.jobs.runs import (
    HeldLock,
    JobCounts,
    LockLease,
    LockRequest,
    Run,
    RunOutcome,
    RunResult,
    SlotRuns,
)
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import today
from ocms_core.kernel.errors import OcmsError, Unavailable
from tests.support.builders import NOW


@define
class Clock:
    """A clock that stands still until it is moved."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by


@frozen
class LockRow:
    """A row of the lock table."""

    holder: str
    until: datetime
    locked_at: datetime = NOW


@define
class InMemoryJobStore:
    """A lock table and the runs; a transaction that fails leaves both as they were."""

    clock: Clock = field(factory=Clock)
    locks: dict[str, LockRow] = field(factory=dict)
    runs: dict[int, Run] = field(factory=dict)
    idle_limits: list[timedelta] = field(factory=list)
    fault: OcmsError | None = None

    @contextmanager
    def writing(self) -> Iterator["InMemoryJobTransaction"]:
        before = dict(self.locks), dict(self.runs)
        if self.fault:
            raise self.fault
        try:
            yield InMemoryJobTransaction(self)
        except BaseException:
            self.locks, self.runs = before
            raise

    def held_lock(self, job: str) -> HeldLock | None:
        row, now = self.locks.get(job), self.clock.now()
        held = row is not None and row.until > now
        return HeldLock(job, row.holder, row.locked_at, row.until, now) if row and held else None

    def run_of(self, lease: LockLease) -> Run:
        return self.runs[lease.fence]


@frozen
class InMemoryJobTransaction:
    """One transaction."""

    _store: InMemoryJobStore

    def database_time(self) -> datetime:
        return self._store.clock.now()

    def acquire(self, request: LockRequest, now: datetime) -> bool:
        row = self._store.locks.get(request.job)
        if row and row.until > now:
            return False
        self._store.locks[request.job] = LockRow(request.worker, now + request.at_most, now)
        return True

    def slot_runs(self, job: str, slot: datetime) -> SlotRuns:
        runs = [run for run in self._counting(job) if run.slot == slot]
        failed = [run for run in runs if run.result is RunResult.FAILED]
        return SlotRuns(
            done=len(runs) > len(failed),
            failed=len(failed),
            last_failed=max((run.ended_at for run in failed if run.ended_at), default=None),
        )

    def has_run_on(self, job: str, day: date) -> bool:
        return any(today(run.started_at) == day for run in self._counting(job))

    def record_start(self, request: LockRequest, now: datetime) -> int:
        number = len(self._store.runs) + 1
        self._store.runs[number] = Run(
            number, request.job, request.worker, now, request.slot, forced=request.forced
        )
        return number

    def name_holder(self, job: str, holder: str) -> None:
        self._store.locks[job] = evolve(self._store.locks[job], holder=holder)

    def extend(self, lease: LockLease, now: datetime) -> bool:
        until = self.lease_end(lease)
        if until is None or until <= now:
            return False
        row = self._store.locks[lease.job]
        self._store.locks[lease.job] = evolve(row, until=now + lease.at_most)
        return True

    def lease_end(self, lease: LockLease) -> datetime | None:
        row = self._store.locks.get(lease.job)
        return row.until if row and row.holder == lease.holder else None

    def held(self, job: str, now: datetime) -> HeldLock | None:
        row = self._store.locks.get(job)
        held = row and row.until > now
        return HeldLock(job, row.holder, row.locked_at, row.until, now) if row and held else None

    def release_from(self, job: str, held: HeldLock, at: datetime) -> None:
        row = self._store.locks[job]
        assert row.holder == held.holder
        self._store.locks[job] = evolve(row, until=at)

    def release(self, lease: LockLease, at: datetime) -> None:
        if self.lease_end(lease):
            self._store.locks[lease.job] = LockRow(lease.holder, at, at)

    def record_end(
        self, lease: LockLease, now: datetime, *, result: RunResult, counts: JobCounts, error: str | None
    ) -> None:
        ended = evolve(self._store.runs[lease.fence], ended_at=now, result=result, counts=counts, error=error)
        self._store.runs[lease.fence] = ended

    def limit_idle_time(self, most: timedelta) -> None:
        self._store.idle_limits.append(most)

    def _counting(self, job: str) -> list[Run]:
        counting = (RunResult.DONE, RunResult.FAILED)
        return [run for run in self._store.runs.values() if run.job == job and run.result in counting]


@define
class InMemoryAlerts:
    """Alerts and what became of them."""

    alerts: list[PendingAlert] = field(factory=list)
    due: dict[int, datetime] = field(factory=dict)
    sent: list[int] = field(factory=list)
    errors: list[str] = field(factory=list)
    marked_at: list[datetime] = field(factory=list)
    fault: OcmsError | None = None

    def keep(self, alert: Alert, now: datetime) -> bool:
        if self.fault:
            raise self.fault
        if any(each.alert.incident == alert.incident for each in self.alerts):
            return False
        number = len(self.alerts) + 1
        self.alerts.append(PendingAlert(number, 0, alert, now))
        self.due[number] = now
        return True

    def pending(self, now: datetime) -> Sequence[PendingAlert]:
        return [each for each in self.alerts if each.number not in self.sent and self.due[each.number] <= now]

    def mark_sent(self, pending: PendingAlert, now: datetime) -> None:
        self.marked_at.append(now)
        self.sent.append(pending.number)

    def mark_failed(
        self, pending: PendingAlert, error: str, now: datetime, *, next_attempt: datetime
    ) -> None:
        self.marked_at.append(now)
        self.errors.append(error)
        self.due[pending.number] = next_attempt
        self.alerts[pending.number - 1] = evolve(pending, attempts=pending.attempts + 1)


@define
class ScriptedSender:
    """A mail server: for each alert it refuses so many recipients, or accepts it for nobody (None)."""

    script: list[int | None]
    sent: list[Alert] = field(factory=list)
    sent_at: list[datetime] = field(factory=list)

    def send(self, alert: Alert, now: datetime) -> int:
        self.sent_at.append(now)
        refused = self.script.pop(0) if self.script else 0
        if refused is None:
            raise Unavailable("the mail server")
        self.sent.append(alert)
        return refused


@define
class RecordingObserver:
    """Keeps what it is given of a run, in order: the event, the number of the run, and the rest."""

    events: list[tuple[str, int, object]] = field(factory=list)

    def started(self, lease: LockLease, worker: str) -> None:
        self.events.append(("started", lease.fence, worker))

    def failed(self, lease: LockLease, error: Exception) -> None:
        self.events.append(("failed", lease.fence, error))

    def alert_not_kept(self, lease: LockLease, fault: OcmsError) -> None:
        self.events.append(("alert_not_kept", lease.fence, fault))

    def ended(self, lease: LockLease, outcome: RunOutcome) -> None:
        self.events.append(("ended", lease.fence, outcome))


@frozen
class Times:
    """A schedule of given times."""

    times: tuple[datetime, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        return min((time for time in self.times if time > moment), default=None)

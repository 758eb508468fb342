"""What a job works with."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Event

from attrs import field, frozen

from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.locks import SqlLockGuard
from ocms_app.databases import Databases, lock_times
from ocms_app.settings import Settings
from ocms_core.jobs.runs import LockLease
from ocms_core.jobs.service import job_alert


@frozen
class JobContext:
    """
    The databases, the settings, the time, and the lock of one run.

    A job builds its stores with `guard`, which lets none of their transactions commit once another run may
    be at work; `check_lock` raises `LockLost` then. `stopping` is set when the worker is asked to stop,
    `lost` when the lock is found to be gone: a long job is `ending` then, and stops after its present
    chunk. A manual run may be `accepting` what the job would hold back. `frequent_jobs` are the names of the
    jobs of every minute.
    """

    settings: Settings
    databases: Databases
    now: Callable[[], datetime]
    lease: LockLease
    accepting: bool = False
    stopping: Event = field(factory=Event)
    lost: Event = field(factory=Event)
    sleep: Callable[[float], None] = time.sleep
    frequent_jobs: tuple[str, ...] = ()

    @property
    def guard(self) -> SqlLockGuard:
        """What the stores of this run call before they write."""
        return SqlLockGuard(self.databases.intranet, self.lease, lock_times(self.settings))

    def check_lock(self) -> None:
        """Raise `LockLost` unless this run still holds its lock."""
        self.guard.check()

    @property
    def alerts(self) -> SqlAlerts:
        """The alerts to operations, which only the holder of the lock may mark."""
        return SqlAlerts(self.databases.intranet, self.guard)

    @property
    def ending(self) -> bool:
        """Whether the job is to stop after its present chunk."""
        return self.stopping.is_set() or self.lost.is_set()

    def alert(self, incident: str, subject: str, text: str) -> bool:
        """
        Alert operations, once for each incident of a job; return False when they were alerted before.

        `incident` names what is wrong, so that the next run which finds the same wrong is silent.
        """
        return self.alerts.keep(job_alert(self.lease.job, incident, subject, text), self.now())

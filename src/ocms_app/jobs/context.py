"""What a running job is given."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from threading import Event

from attrs import field, frozen
from sqlalchemy import Connection

from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.locks import check, fenced
from ocms_app.databases import Databases
from ocms_app.settings import Settings
from ocms_core.jobs.runs import LockLease
from ocms_core.kernel.alerts import Alert


@frozen
class JobContext:
    """
    The databases, the settings, the time, and the lock the job holds.

    A job writes only in `writing()`, or calls `check(connection)` in a transaction of its own before
    it writes; both raise `LockLost` once another may be at work. `stopping` is set when the worker is
    asked to stop, `lost` when the lock is found to be gone: a long job is `ending` then, at its next
    chunk. A run by hand may be `accepting` what the job would hold back.
    """

    settings: Settings
    databases: Databases
    now: Callable[[], datetime]
    held: LockLease
    accepting: bool = False
    stopping: Event = field(factory=Event)
    lost: Event = field(factory=Event)
    sleep: Callable[[float], None] = time.sleep

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction on the Intranet database that only the holder of the lock can commit."""
        return fenced(self.databases.intranet, self.held)

    def check(self, connection: Connection) -> None:
        """Raise `LockLost` unless this run still holds its lock; it keeps it until the transaction ends."""
        check(connection, self.held)

    @property
    def ending(self) -> bool:
        """Whether the job is to end where it stands."""
        return self.stopping.is_set() or self.lost.is_set()

    def alert(self, incident: str, subject: str, text: str) -> bool:
        """
        Tell operations, once for each incident of a job; False when they were told already.

        `incident` names what is wrong, so that the next run which finds the same wrong is silent.
        """
        alert = Alert(f"{self.held.job}/{incident}", subject, text)
        return SqlAlerts(self.databases.intranet).keep(alert, self.now())

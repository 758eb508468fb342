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
from ocms_core.jobs.runs import Held
from ocms_core.kernel.alerts import Alert


@frozen
class JobContext:
    """
    The databases, the settings, the time, and the lock the job holds.

    A job writes only in `writing()`, or calls `check(connection)` in a transaction of its own before
    it writes; both raise `LockLost` once another may be at work. `stopping` is set when the worker is
    asked to stop: a long job ends at its next chunk.
    """

    settings: Settings
    databases: Databases
    now: Callable[[], datetime]
    held: Held
    forced: bool = False
    stopping: Event = field(factory=Event)
    sleep: Callable[[float], None] = time.sleep

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction on the Intranet database that only the holder of the lock can commit."""
        return fenced(self.databases.intranet, self.held)

    def check(self, connection: Connection) -> None:
        """Raise `LockLost` unless this run still holds its lock; it keeps it until the transaction ends."""
        check(connection, self.held)

    def alert(self, incident: str, subject: str, text: str) -> bool:
        """Tell operations, once for each incident of a run; False when they were told already."""
        alert = Alert(f"{self.held.job}/{self.held.fence}/{incident}", subject, text)
        return SqlAlerts(self.databases.intranet).keep(alert, self.now())

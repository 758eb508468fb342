"""A clock that a simulation moves, for machines and for the SQLite database beneath them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from attrs import define
from sqlalchemy import Engine, event, text

from ocms_adapters.sql.dialects import sqlite
from ocms_core.kernel.dates import SINGAPORE


@define
class VirtualClock:
    """The time of the city, and by how much the clock of the machine that asks is wrong."""

    time: datetime
    wrong_by: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the time as a machine sees it."""
        return self.time + self.wrong_by

    def tick(self, seconds: float = 1) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    def move_to(self, time: datetime) -> None:
        """Let time pass until a moment, unless it is over."""
        self.time = max(self.time, time)


@contextmanager
def time_of_databases(clock: VirtualClock) -> Iterator[None]:
    """Make SQLite tell the time of a clock, and write without waiting for the disk, until the block ends."""
    before = sqlite.SqliteDialect.utc_now

    def connected(connection: object, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.create_function("city_time", 0, lambda: utc_text(clock.time))
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", connected)
    sqlite.SqliteDialect.utc_now = text("SELECT city_time()")
    try:
        yield
    finally:
        sqlite.SqliteDialect.utc_now = before
        event.remove(Engine, "connect", connected)


def utc_text(moment: datetime) -> str:
    """Return a moment as SQLite tells its own time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def midnight(moment: datetime) -> datetime:
    """Return the beginning of a moment's Singapore day."""
    return moment.astimezone(SINGAPORE).replace(hour=0, minute=0, second=0, microsecond=0)

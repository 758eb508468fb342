"""Java nodes that share the lock table: the statements ShedLock's JDBC template sends, one a transaction."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta, tzinfo
from typing import Any

from attrs import field, frozen
from sqlalchemy import Connection, Engine, bindparam, text

from ocms_adapters.sql.lock_times import LockTimes
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.transactions import writing
from ocms_core.kernel.errors import RowRejected

HOST = "java-node"
TIMES = ("now", "lockUntil", "unlockTime")
BY_JVM_TIME = {
    "insert": "INSERT INTO ocms_shedlock(name, lock_until, locked_at, locked_by) "
    "VALUES(:name, :lockUntil, :now, :lockedBy)",
    "update": "UPDATE ocms_shedlock SET lock_until = :lockUntil, locked_at = :now, locked_by = :lockedBy "
    "WHERE name = :name AND lock_until <= :now",
    "extend": "UPDATE ocms_shedlock SET lock_until = :lockUntil "
    "WHERE name = :name AND locked_by = :lockedBy AND lock_until > :now",
    "unlock": "UPDATE ocms_shedlock SET lock_until = :unlockTime WHERE name = :name",
}

NOW = "timezone('utc', CURRENT_TIMESTAMP)"
UNTIL = f"{NOW} + make_interval(secs => :lockAtMostFor)"
TAKEN = (
    f"SET lock_until = {UNTIL}, locked_at = {NOW}, locked_by = :lockedBy "
    f"WHERE ocms_shedlock.name = :name AND ocms_shedlock.lock_until <= {NOW}"
)
BY_DATABASE_TIME = {
    "insert": "INSERT INTO ocms_shedlock(name, lock_until, locked_at, locked_by) "
    f"VALUES(:name, {UNTIL}, {NOW}, :lockedBy) ON CONFLICT (name) DO UPDATE {TAKEN}",
    "update": f"UPDATE ocms_shedlock {TAKEN}",
    "extend": f"UPDATE ocms_shedlock SET lock_until = {UNTIL} "
    f"WHERE name = :name AND locked_by = :lockedBy AND lock_until > {NOW}",
    "unlock": f"UPDATE ocms_shedlock SET lock_until = {NOW} WHERE name = :name AND locked_by = :lockedBy",
}
"""As ShedLock sends them to PostgreSQL; for SQLite it has none."""


@frozen
class JavaNode:
    """
    A node that writes its own time as the wall clock of a zone, to the millisecond.

    The zone is UTC where ShedLock is told so (`withTimeZone`), and that of the JVM by default.
    """

    engine: Engine
    zone: tzinfo
    job: str
    ahead: timedelta = field(default=timedelta(0))

    def lock(self, hold: timedelta) -> bool:
        """Take the lock as ShedLock does; return whether it was free."""
        return self.send("insert", hold) or self.send("update", hold)

    def extend(self, hold: timedelta) -> bool:
        return self.send("extend", hold)

    def unlock(self) -> None:
        assert self.send("unlock", timedelta(0))

    def send(self, name: str, hold: timedelta) -> bool:
        """Send one statement; return whether it reached the row: an insert does not where there is one."""
        statement, values = self.statement(name)
        times = [bindparam(each, type_=MOMENT) for each in TIMES if f":{each}" in statement]
        with suppress(RowRejected), writing(self.engine) as connection:
            given = {"name": self.job, "lockedBy": HOST, **values(connection, hold)}
            requested = {each: value for each, value in given.items() if f":{each}" in statement}
            return connection.execute(text(statement).bindparams(*times), requested).rowcount == 1
        return False

    def statement(self, name: str) -> tuple[str, Callable[[Connection, timedelta], dict[str, Any]]]:
        def values(connection: Connection, hold: timedelta) -> dict[str, Any]:
            now = LockTimes(self.zone).now(connection) + self.ahead
            now = now.replace(microsecond=now.microsecond // 1000 * 1000)
            return {"now": now, "lockUntil": now + hold, "unlockTime": now}

        return BY_JVM_TIME[name], values


@frozen
class DatabaseTimeNode(JavaNode):
    """A node that lets the database write its time (`usingDbTime`)."""

    def statement(self, name: str) -> tuple[str, Callable[[Connection, timedelta], dict[str, Any]]]:
        return BY_DATABASE_TIME[name], lambda _, hold: {"lockAtMostFor": hold.total_seconds()}

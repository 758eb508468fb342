"""Alerts on their way to operations: kept in the database until the mail server has taken them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import evolve, frozen
from sqlalchemy import Connection, Engine, exists, func, insert, literal, select, update

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.schema import ocms_alert as table
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.rule_tags import rule

LONGEST_WAIT = timedelta(hours=1)
LONGEST_ERROR = 200
LONGEST_NAME = 200


@frozen
class Waiting:
    """An alert not sent yet, with its number and how often it was tried."""

    number: int
    attempts: int
    alert: Alert
    since: datetime


@frozen
class SqlAlerts:
    """Keeps alerts, and what became of them."""

    _engine: Engine

    @rule("P40")
    def keep(self, alert: Alert, now: datetime) -> bool:
        """One incident makes one alert, kept until it is sent; False when there is one already."""
        alert = as_kept(alert)
        try:
            with writing(self._engine) as connection:
                return insert_alert(connection, alert, now)
        except RowRejected:
            if not self._is_known(alert.incident):
                raise
            return False  # another process told of the same incident at the same moment

    def _is_known(self, incident: str) -> bool:
        with reading(self._engine) as connection:
            return connection.scalar(select(exists().where(table.c.incident == incident))) is True

    def waiting(self, now: datetime, *, most: int = 100) -> Sequence[Waiting]:
        """Give the alerts that are to be tried now, the oldest first."""
        due = (
            select(table)
            .where(table.c.sent_at.is_(None), table.c.next_attempt_at <= local(now))
            .order_by(table.c.id)
            .limit(most)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(due).all()
        return [
            Waiting(row.id, row.attempts, Alert(row.incident, row.subject, row.body), row.cre_date)
            for row in rows
        ]

    def unsent(self) -> int:
        """Count the alerts no mail server has taken yet."""
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(table).where(table.c.sent_at.is_(None))
            return int(connection.execute(counted).scalar_one())


def as_kept(alert: Alert) -> Alert:
    """Make an alert fit its columns; an incident too long for its own ends in a hash of all of it."""
    incident = alert.incident
    if len(incident) > LONGEST_NAME:
        ending = sha256(incident.encode()).hexdigest()
        incident = incident[: LONGEST_NAME - len(ending)] + ending
    return evolve(alert, incident=incident, subject=alert.subject[:LONGEST_NAME])


def insert_alert(connection: Connection, alert: Alert, now: datetime) -> bool:
    """Keep an alert in a transaction of the caller's; False when the incident has one."""
    new = select(
        literal(alert.incident),
        literal(alert.subject),
        literal(alert.text),
        literal(local(now), table.c.cre_date.type),
        literal(local(now), table.c.cre_date.type),
        literal(AUDIT_USER),
    ).where(~exists().where(table.c.incident == alert.incident))
    columns = ["incident", "subject", "body", "next_attempt_at", "cre_date", "cre_user_id"]
    kept = insert(table).from_select(columns, new).execution_options(preserve_rowcount=True)
    return connection.execute(kept).rowcount == 1


def mark_sent(connection: Connection, waiting: Waiting, now: datetime) -> None:
    """Record that the mail server has taken an alert."""
    _mark(connection, waiting, now, sent_at=local(now))


def mark_failed(connection: Connection, waiting: Waiting, error: str, now: datetime) -> None:
    """Put an alert off, each time for twice as long, an hour at most."""
    wait = min(timedelta(minutes=2 ** min(waiting.attempts, 10)), LONGEST_WAIT)
    _mark(connection, waiting, now, next_attempt_at=local(now + wait), last_error=error[:LONGEST_ERROR])


def _mark(connection: Connection, waiting: Waiting, now: datetime, **values: object) -> None:
    stamped = {"attempts": waiting.attempts + 1, **change_stamp(local(now))}
    connection.execute(update(table).where(table.c.id == waiting.number).values(**stamped, **values))

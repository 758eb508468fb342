"""Alerts in `ocms_alert`, kept until the mail server has accepted them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from attrs import evolve, frozen
from sqlalchemy import Connection, Engine, exists, func, insert, literal, or_, select, update

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.schema import ocms_alert as table
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.transactions import reading, unchecked, writing
from ocms_core.jobs.alerts import latest_attempt
from ocms_core.jobs.ports import PendingAlert
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.lengths import cut, length_of
from ocms_core.kernel.rule_tags import rule

LONGEST_ERROR = 200
LONGEST_NAME = 200


@frozen
class SqlAlerts:
    """
    Alerts in the Intranet database.

    `check` is called first in each transaction that marks an alert.
    """

    _engine: Engine
    _check: Callable[[Connection], None] = unchecked

    @rule("P40")
    def keep(self, alert: Alert, now: datetime) -> bool:
        """Keep one alert for an incident until it is sent; return False when there is one already (P40)."""
        alert = fitted(alert)
        try:
            with writing(self._engine) as connection:
                return insert_alert(connection, alert, now)
        except RowRejected:
            if not self._is_known(alert.incident):
                raise
            return False  # another process kept an alert of the same incident at the same moment

    def _is_known(self, incident: str) -> bool:
        with reading(self._engine) as connection:
            known = select(table.c.id).where(table.c.incident == incident)
            return connection.execute(known).first() is not None

    def pending(self, now: datetime, *, most: int = 100) -> Sequence[PendingAlert]:
        """Return the alerts that are to be attempted now, the oldest first."""
        on_time = table.c.next_attempt_at <= local(now)
        by_wrong_clock = table.c.next_attempt_at > local(latest_attempt(now))
        due = (
            select(table)
            .where(table.c.sent_at.is_(None), or_(on_time, by_wrong_clock))
            .order_by(table.c.id)
            .limit(most)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(due).all()
        return [
            PendingAlert(row.id, row.attempts, Alert(row.incident, row.subject, row.body), row.cre_date)
            for row in rows
        ]

    def unsent(self) -> int:
        """Return how many alerts no mail server has accepted yet."""
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(table).where(table.c.sent_at.is_(None))
            return int(connection.execute(counted).scalar_one())

    def mark_sent(self, pending: PendingAlert, now: datetime) -> None:
        """Record that the mail server has accepted an alert."""
        self._mark(pending, now, sent_at=local(now))

    def mark_failed(
        self, pending: PendingAlert, error: str, now: datetime, *, next_attempt: datetime
    ) -> None:
        """Record an attempt that failed, and when the next one is."""
        self._mark(pending, now, next_attempt_at=local(next_attempt), last_error=cut(error, LONGEST_ERROR))

    def _mark(self, pending: PendingAlert, now: datetime, **values: object) -> None:
        stamped = {"attempts": pending.attempts + 1, **change_stamp(local(now))}
        with writing(self._engine) as connection:
            self._check(connection)
            connection.execute(update(table).where(table.c.id == pending.number).values(**stamped, **values))


def fitted(alert: Alert) -> Alert:
    """Return an alert cut to its columns; an incident too long for its own ends in a hash of all of it."""
    incident = alert.incident
    if length_of(incident) > LONGEST_NAME:
        ending = sha256(incident.encode()).hexdigest()
        incident = cut(incident, LONGEST_NAME - len(ending)) + ending
    return evolve(alert, incident=incident, subject=cut(alert.subject, LONGEST_NAME))


def insert_alert(connection: Connection, alert: Alert, now: datetime) -> bool:
    """Insert an alert in a transaction of the caller's; return False when the incident has one."""
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

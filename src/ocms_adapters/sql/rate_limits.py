"""
Rate limits in the Intranet database, exact for any number of processes and machines (P3).

One row for each operation and credential has the moments of its calls that still count, oldest first. A
call passes when there are fewer than the limit, or when the first of the last N lies a whole period back;
its own moment goes to the end, and up to two that count no more are dropped. So no interval of a period
holds more than N calls, and a row holds N moments at most, however many calls there are.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil

from attrs import frozen
from sqlalchemy import ColumnElement, Engine, and_, bindparam, case, func, insert, or_, select, update

from ocms_adapters.sql.audit import change_stamp, creation_stamp
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.dialects import mssql
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.locking import lock_rows
from ocms_adapters.sql.schema import ocms_rate_counter as table
from ocms_adapters.sql.transactions import reading, writing
from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_core.kernel.access import Limit, Operation
from ocms_core.kernel.credentials import CallAllowed, RateLimitExceeded
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.rule_tags import rule

# A use later than the database's clock by more than this was dated by a clock that is wrong.
CLOCK_TOLERANCE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DIGITS = 13
"""A moment is its microseconds since 1970 in as many hexadecimal digits, until 2112: texts sort by time."""

ROUNDS = 4

OF_CALLER = and_(
    table.c.operation == bindparam("for_operation"),
    table.c.credential == bindparam("for_credential"),
    table.c.slot == 0,
)
USES = func.coalesce(table.c.uses, "")
LENGTH = func.char_length(USES)


def use_at(position: ColumnElement[int] | int) -> ColumnElement[str]:
    """Return the moment that begins at a position of the text, counted from 1; empty where there is none."""
    return func.substring(USES, position, DIGITS)


NOW: ColumnElement[str] = bindparam("use")
FREE_IF_BEFORE: ColumnElement[str] = bindparam("free_if_before")
DECISIVE = use_at(LENGTH - bindparam("window") + 1)
LAST = use_at(LENGTH - DIGITS + 1)
KEPT = case(
    (use_at(1) > FREE_IF_BEFORE, USES),
    (use_at(DIGITS + 1) > FREE_IF_BEFORE, func.substring(USES, DIGITS + 1, LENGTH)),
    else_=func.substring(USES, 2 * DIGITS + 1, LENGTH),
)
# Machines' clocks differ a little: a use never comes before one that is already there.
TAKE = (
    update(table)
    .where(OF_CALLER, or_(bindparam("window") > LENGTH, DECISIVE <= FREE_IF_BEFORE))
    .values(
        uses=KEPT.concat(case((LAST > NOW, LAST), else_=NOW)),
        used_at=bindparam("now"),
        **change_stamp(bindparam("now")),
    )
)
TAKE_STATEMENT = partial(DriverStatement, TAKE)
READ = select(USES).where(OF_CALLER)
HELD = lock_rows(select(USES).where(OF_CALLER), table, hint=mssql.LOCK_ROWS)
SET_USES = update(table).where(OF_CALLER).values(uses=bindparam("dated"), **change_stamp(bindparam("now")))
ADD = insert(table).values(
    operation=bindparam("for_operation"),
    credential=bindparam("for_credential"),
    slot=0,
    uses=bindparam("use"),
    used_at=bindparam("now"),
    **creation_stamp(bindparam("now")),
)


@frozen
class SqlRateLimits:
    """
    Counts calls against their limit: one short statement for a call that passes.

    It commits like any other write: a database that comes back from a crash has lost no count. Not
    waiting for the disk would save a third of its time (0.3 of 0.8 ms), on calls of which there are at
    most a hundred a minute. Times are those of the machines that call, so machines keep theirs in step (NTP).
    A use that a wrong clock dated later than the database's own time counts as one of now, so it blocks a
    caller for one period and no longer.
    """

    _engine: Engine

    @rule("P3")
    def take(
        self, operation: Operation, limit: Limit, credential: str, now: datetime
    ) -> CallAllowed | RateLimitExceeded:
        """
        Allow a call unless, with it, some interval of the limit's period would hold too many calls.

        The limit may differ from that of earlier calls; the calls let in under the old one count.
        Refused calls are not counted. Unavailable when the database cannot be reached.
        """
        caller = {"for_operation": operation.value, "for_credential": credential}
        period = timedelta(seconds=limit.seconds)
        window = limit.calls * DIGITS
        moment = {"use": digits(now), "now": local(now)}
        values = {**caller, **moment, "window": window, "free_if_before": digits(now - period)}
        for _ in range(ROUNDS):
            if built_once(TAKE_STATEMENT, self._engine.dialect).changed(self._engine, values) == 1:
                return CallAllowed()
            with reading(self._engine) as connection:
                uses = connection.execute(READ, caller).scalar_one_or_none()
            if uses is None:
                # Another process may be adding the same row: who comes second is undone, and tries again.
                with suppress(RowRejected), writing(self._engine) as connection:
                    connection.execute(ADD, {**caller, **moment})
                    return CallAllowed()
            elif len(uses) >= window and (wait := moment_of(uses[-window:]) + period - now) > timedelta(0):
                if wait > period:
                    self._date_as_now(caller)
                return RateLimitExceeded(ceil(min(wait, period).total_seconds()))
        return RateLimitExceeded(retry_after=1)

    def _date_as_now(self, caller: Mapping[str, str]) -> None:
        """Change uses dated later than the clock of the database to the time of that clock."""
        with writing(self._engine) as connection:
            uses = connection.execute(HELD, caller).scalar_one()
            current = aware(utc_now(connection))
            latest, present = digits(current + CLOCK_TOLERANCE), digits(current)
            parts = [uses[start : start + DIGITS] for start in range(0, len(uses), DIGITS)]
            dated = "".join(sorted(present if part > latest else part for part in parts))
            if dated != uses:
                connection.execute(SET_USES, {**caller, "dated": dated, "now": local(current)})


def digits(moment: datetime) -> str:
    """Return a moment as the text that rows keep of it."""
    return f"{(moment - EPOCH) // MICROSECOND:0{DIGITS}x}"


def moment_of(text: str) -> datetime:
    """Return the first moment of a text of rows."""
    return EPOCH + int(text[:DIGITS], 16) * MICROSECOND

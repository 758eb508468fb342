"""
Rate limits in the Intranet database, exact for any number of processes and machines (P3).

A limit of N calls in a period is N slots per operation and credential, each holding the time of the
call that took it last. A call takes the first slot whose last use is a whole period ago, and is
refused when there is none. Two uses of one slot so lie a period apart, and no interval of a period can
hold more than N calls, in whatever order they were let in.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from math import ceil

from attrs import field, frozen
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from ocms_adapters.sql.audit import change_stamp, creation_stamp
from ocms_adapters.sql.dialects import dialect_of, mssql
from ocms_adapters.sql.locking import lock_rows
from ocms_adapters.sql.schema import ocms_rate_counter as table
from ocms_adapters.sql.transactions import reading, translated, writing
from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_core.kernel.access import Limit, Operation
from ocms_core.kernel.credentials import CallAllowed, RateLimitExceeded
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.rule_tags import rule

# A use later than the database's clock by more than this was dated by a clock that is wrong.
CLOCK_TOLERANCE = timedelta(minutes=1)
NEVER_USED = datetime(1970, 1, 1)  # noqa: DTZ001  # columns are local, and any time long ago will do
ROUNDS = 4


def _of_caller(slots: FromClause) -> ColumnElement[bool]:
    return and_(
        slots.c.operation == bindparam("for_operation"),
        slots.c.credential == bindparam("for_credential"),
    )


def _take(*, skip_locked: bool) -> Update:
    """
    Build the taking of the first free slot; it updates no row when there is none.

    Everybody locks in the order of the slots, so nobody waits in a circle.
    """
    slots, surplus = table.alias("slots"), table.alias("surplus")
    first = (
        select(slots.c.slot)
        .where(_of_caller(slots), slots.c.slot < bindparam("calls"))
        .where(slots.c.used_at <= bindparam("free_if_before"))
        .order_by(slots.c.slot)
        .limit(1)
    )
    hint = mssql.LOCK_FREE_ROWS if skip_locked else mssql.LOCK_ROWS
    free = lock_rows(first, slots, skip_locked=skip_locked, hint=hint)
    # Slots beyond a limit that was lowered hold uses that may count: nobody passes before they are merged.
    beyond = exists().select_from(surplus).where(_of_caller(surplus), surplus.c.slot >= bindparam("calls"))
    return (
        update(table)
        .where(_of_caller(table), table.c.slot == free.scalar_subquery(), ~beyond)
        .values(used_at=bindparam("now"), **change_stamp(bindparam("now")))
    )


# Callers at the same moment each pass over the slots the others are taking. A slot passed over may stay
# free after all, if its taker is undone; who found none therefore waits for the takers the second time.
TAKE_AT_ONCE = _take(skip_locked=True)
TAKE_WAITING = _take(skip_locked=False)

# The use that has to lie a period back before a call can pass; none while there are too few slots.
USES = table.alias("uses")
DECISIVE = (
    select(USES.c.used_at)
    .where(_of_caller(USES))
    .order_by(USES.c.used_at.desc())
    .offset(bindparam("others"))
    .limit(1)
)
STATE = select(
    func.count().label("slots"),
    func.max(table.c.slot).label("highest"),
    DECISIVE.scalar_subquery().label("decisive"),
).where(_of_caller(table))
HELD = lock_rows(
    select(table.c.slot, table.c.used_at).where(_of_caller(table)).order_by(table.c.slot),
    table,
    hint=mssql.LOCK_RANGE,
)
DATE_AS_NOW = (
    update(table)
    .where(_of_caller(table), table.c.used_at > bindparam("latest"))
    .values(used_at=bindparam("now"), **change_stamp(bindparam("now")))
)
DROP_SURPLUS = delete(table).where(_of_caller(table), table.c.slot >= bindparam("calls"))
SET_USE = (
    update(table)
    .where(_of_caller(table), table.c.slot == bindparam("at_slot"))
    .values(used_at=bindparam("use"), **change_stamp(bindparam("now")))
)
ADD_SLOT = insert(table).values(
    operation=bindparam("for_operation"),
    credential=bindparam("for_credential"),
    slot=bindparam("at_slot"),
    used_at=bindparam("use"),
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
    _quick: Engine = field(init=False)

    @_quick.default
    def _without_begin_and_commit(self) -> Engine:
        """Return an engine for taking a slot, which is one statement."""
        return dialect_of(self._engine.dialect).without_transaction(self._engine)

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
        for turn in range(ROUNDS):
            if self._took(TAKE_WAITING if turn else TAKE_AT_ONCE, caller, limit, local(now)):
                return CallAllowed()
            with reading(self._engine) as connection:
                state = connection.execute(STATE, {**caller, "others": limit.calls - 1}).one()
            if state.decisive and (wait := singapore(state.decisive) + period - now) > timedelta(0):
                if wait > period:
                    self._date_as_now(caller)
                return RateLimitExceeded(ceil(min(wait, period).total_seconds()))
            if (state.slots, state.highest) != (limit.calls, limit.calls - 1):
                self._make_slots(caller, limit, local(now))
        return RateLimitExceeded(retry_after=1)

    def _took(self, statement: Update, caller: Mapping[str, str], limit: Limit, now: datetime) -> bool:
        free_if_before = now - timedelta(seconds=limit.seconds)
        values = {**caller, "calls": limit.calls, "now": now, "free_if_before": free_if_before}
        with translated(), self._quick.begin() as connection:
            return connection.execute(statement, values).rowcount == 1

    def _date_as_now(self, caller: Mapping[str, str]) -> None:
        """Change uses dated later than the clock of the database to the time of that clock."""
        with writing(self._engine) as connection:
            current = local(aware(utc_now(connection)))
            connection.execute(DATE_AS_NOW, {**caller, "latest": current + CLOCK_TOLERANCE, "now": current})

    def _make_slots(self, caller: Mapping[str, str], limit: Limit, now: datetime) -> None:
        """Make exactly as many slots as the limit has calls, keeping the latest uses of those there are."""
        # Another process may be making the same slots: who comes second is undone, and looks again.
        with suppress(RowRejected), writing(self._engine) as connection:
            held = {row.slot: row.used_at for row in connection.execute(HELD, caller)}
            uses = sorted([NEVER_USED] * limit.calls + list(held.values()))[-limit.calls :]
            rows = [{**caller, "now": now, "at_slot": slot, "use": use} for slot, use in enumerate(uses)]
            kept = [row for row in rows if row["at_slot"] in held]
            added = [row for row in rows if row["at_slot"] not in held]
            connection.execute(DROP_SURPLUS, {**caller, "calls": limit.calls})
            for statement, changed in ((SET_USE, kept), (ADD_SLOT, added)):
                if changed:
                    connection.execute(statement, changed)

"""
Delivery of the outbox to the Internet database: at once for one notice, or as a relay for all.

A row is claimed by locking the earliest undelivered row of its notice; whoever has it delivers all
outbox rows of the notice. So one notice is delivered by one worker at a time, and the state delivered is
read after the claim: it is at least as new as every outbox row it answers. A worker that dies between
delivering and marking has changed nothing here; the rows are delivered again, which changes nothing
there. All of this needs one thing of who writes outbox rows: to hold the lock of the notice row, as every
action does (G13).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

import structlog
from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    Exists,
    Integer,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.dialects import dialect_of, mssql
from ocms_adapters.sql.locking import lock_rows
from ocms_adapters.sql.moments import MOMENT, now
from ocms_adapters.sql.row_sets import RowSet, among, bind_keys, columns_of, row_set
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema.column_types import LocalDateTime
from ocms_adapters.sql.schema.intranet import INTRANET
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.dates import local
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule
from ocms_core.replication.replicated_tables import REPLICATED_TABLES, Key, ReplicatedTable, State, Values
from ocms_core.replication.retries import latest_attempt, next_attempt

log = structlog.get_logger()

BATCH = 200
TRY_SECONDS = 2.0
REFUSED = "the Internet database refused a row of this notice"

outbox = h.ocms_outbox
earlier = outbox.alias("earlier")


class CopyWriter(Protocol):
    """What writes the copies of rows."""

    def show(self, state: State, now: datetime) -> frozenset[str]:
        """Write the copies; return the notices whose rows were refused."""


@frozen
class ClaimedRow:
    """An outbox row that this worker alone delivers."""

    id: int
    kind: str
    notice_no: str
    role: str | None
    attempts: int

    @property
    def key(self) -> Key:
        """The key of the row it is about."""
        return (self.notice_no,) if self.role is None else (self.notice_no, self.role)


@frozen
class RelayResult:
    """The result of one round: outbox rows delivered, and failed."""

    delivered: int = 0
    failed: int = 0


class ReplicationStatements:
    """The statements of replication."""

    def __init__(self, dialect: Dialect) -> None:
        first = ~exists().where(
            earlier.c.notice_no == outbox.c.notice_no,
            earlier.c.delivered_at.is_(None),
            earlier.c.id < outbox.c.id,
        )
        heads = select(outbox.c.notice_no).where(outbox.c.delivered_at.is_(None), first)
        of_notices = among(dialect, outbox.c.notice_no)
        # Later than any wait is the moment of a clock that is wrong: such a row waits for nothing.
        wrong = outbox.c.next_attempt_at > bindparam("latest", type_=MOMENT)
        due = heads.where(or_(outbox.c.next_attempt_at <= now(), wrong)).order_by(outbox.c.id)
        self.due_heads = lock_rows(
            due.limit(bindparam("most", type_=Integer)),
            outbox,
            of=outbox,
            skip_locked=True,
            hint=mssql.LOCK_FREE_ROWS,
        )
        self.heads_of = lock_rows(heads.where(of_notices).order_by(outbox.c.notice_no), outbox, of=outbox)
        self.claimed = select(
            outbox.c.id,
            outbox.c.kind,
            outbox.c.notice_no,
            outbox.c.owner_driver_indicator,
            outbox.c.attempts,
        ).where(of_notices, outbox.c.delivered_at.is_(None))
        self.newest = select(func.max(outbox.c.id)).where(of_notices, outbox.c.delivered_at.is_(None))
        self.left = select(func.count()).where(
            of_notices, outbox.c.delivered_at.is_(None), outbox.c.id <= bindparam("newest", type_=Integer)
        )
        self.state = {kind: source_rows(dialect, copy) for kind, copy in REPLICATED_TABLES.items()}
        self.outcomes = row_set(
            dialect,
            {"id": outbox.c.id.type, "delivered_at": MOMENT, "due": MOMENT, "last_error": String(200)},
        )
        self.mark_outcomes = mark_outcomes(self.outcomes)
        notices = INTRANET.tables["ocms_valid_offence_notice"]
        of_keys = select(notices.c.notice_no).where(among(dialect, notices.c.notice_no))
        self.lock_notices = lock_rows(of_keys.order_by(notices.c.notice_no), notices, key_share=True)
        self.delivered = {
            kind: row_set(dialect, columns_of(INTRANET.tables[copy.source], *copy.columns))
            for kind, copy in REPLICATED_TABLES.items()
        }
        self.in_sync = {
            kind: in_sync(dialect, kind, copy, self.delivered[kind])
            for kind, copy in REPLICATED_TABLES.items()
        }


def source_rows(dialect: Dialect, copy: ReplicatedTable) -> Select[Any]:
    """Select the rows of some notices as they are to be copied."""
    table = INTRANET.tables[copy.source]
    return select(*(table.c[name] for name in copy.columns)).where(among(dialect, table.c.notice_no))


def mark_outcomes(outcomes: RowSet) -> Executable:
    """Mark outbox rows as delivered, or as failed and due again."""
    r = outcomes.rows.c
    return (
        update(outbox)
        .where(outbox.c.id == r.id)
        .values(
            delivered_at=r.delivered_at,
            attempts=outbox.c.attempts + 1,
            next_attempt_at=r.due,
            last_error=r.last_error,
            **change_stamp(now()),
        )
    )


@rule("G12", "K4")
def in_sync(dialect: Dialect, kind: str, copy: ReplicatedTable, delivered: RowSet) -> Update:
    """
    Mark rows that are still as they were delivered, and of which nothing else is undelivered, as in sync.

    The stamp of who last wrote the row stays, since a reversal looks at it (K4).
    """
    table, r = INTRANET.tables[copy.source], delivered.rows.c
    # Other programs write these rows without the lock of the notice, also during a delivery.
    as_delivered = [is_as_read(dialect, table.c[name], r[name]) for name in copy.columns[len(copy.keys) :]]
    return (
        update(table)
        .where(*(table.c[name] == r[name] for name in copy.keys))
        .where(table.c.is_sync != "Y", ~undelivered(table, kind, copy), *as_delivered)
        .values(is_sync="Y")
    )


def is_as_read(dialect: Dialect, column: ColumnElement[Any], read: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the test of a column against what was read from it."""
    if not isinstance(column.type, LocalDateTime):
        return column.is_not_distinct_from(read)
    is_none = and_(column.is_(None), read.is_(None))
    return or_(is_none, dialect_of(dialect).same_moment(column, read))


def undelivered(table: Table, kind: str, copy: ReplicatedTable) -> Exists:
    """Return whether an outbox row of a row is undelivered."""
    same_row = [outbox.c[name] == table.c[name] for name in copy.keys]
    return exists().where(*same_row, outbox.c.kind == kind, outbox.c.delivered_at.is_(None))


class SqlReplication:
    """Delivers the outbox of the Intranet database; any number of workers may do so at once."""

    def __init__(self, intranet: Engine, internet: CopyWriter) -> None:
        self._engine = intranet
        self._internet = internet
        self._statements = built_once(ReplicationStatements, intranet.dialect)

    @rule("F60")
    def try_now(self, notice_nos: Collection[str], now: datetime) -> bool:
        """Deliver what was just written at once, if that works within two seconds; return whether it did."""
        keys, statements = bind_keys(self._engine.dialect, sorted(notice_nos)), self._statements
        deadline = monotonic() + TRY_SECONDS
        try:
            with reading(self._engine) as connection:
                newest = connection.execute(statements.newest, keys).scalar()
            if newest is None:
                return True
            # A relay may be at work on the notice; it may or may not have seen our rows.
            while monotonic() < deadline:
                if self._deliver(statements.heads_of, keys, now, wait=True).failed:
                    return False
                with reading(self._engine) as connection:
                    if not connection.execute(statements.left, keys | {"newest": newest}).scalar():
                        return True
        except OcmsError as fault:
            log.warning("not_delivered_at_once", reason=str(fault))
        return False

    @rule("G12")
    def run_once(self, now: datetime, most: int = BATCH) -> RelayResult:
        """Deliver due rows of up to `most` notices that nobody else is delivering, oldest first."""
        bound = {"most": most, "now": local(now), "latest": local(latest_attempt(now))}
        return self._deliver(self._statements.due_heads, bound, now, wait=False)

    def _deliver(
        self, heads: Select[Any], bound: Mapping[str, Any], moment: datetime, *, wait: bool
    ) -> RelayResult:
        """
        Claim rows, deliver their present state and mark them: an Intranet transaction around an Internet one.

        What fails is marked to be tried again; of the Intranet database itself `Unavailable` and
        `Conflict` are raised.
        """
        with writing(self._engine) as connection:
            if wait:
                dialect_of(self._engine.dialect).limit_lock_waits(connection, TRY_SECONDS)
            notice_nos = connection.execute(heads, bound).scalars().all()
            if not notice_nos:
                return RelayResult()
            keys = bind_keys(self._engine.dialect, sorted(notice_nos))
            claimed = [ClaimedRow(*row) for row in connection.execute(self._statements.claimed, keys)]
            state = self._state(connection, claimed, keys)
            try:
                refused = dict.fromkeys(self._internet.show(state, moment), REFUSED)
            except OcmsError as fault:
                refused = dict.fromkeys(notice_nos, str(fault))
            return self._mark(connection, claimed, state, refused, moment)

    def _state(
        self, connection: Connection, claimed: Sequence[ClaimedRow], keys: Mapping[str, Any]
    ) -> dict[str, dict[Key, Values | None]]:
        state: dict[str, dict[Key, Values | None]] = {}
        for kind in REPLICATED_TABLES.keys() & {row.kind for row in claimed}:
            requested: dict[Key, Values | None] = {row.key: None for row in claimed if row.kind == kind}
            width = len(REPLICATED_TABLES[kind].keys)
            for found in connection.execute(self._statements.state[kind], keys):
                if found[:width] in requested:
                    requested[tuple(found[:width])] = tuple(found)
            state[kind] = requested
        return state

    def _mark(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedRow],
        state: State,
        refused: Mapping[str, str],
        moment: datetime,
    ) -> RelayResult:
        at = {"now": local(moment)}
        outcomes = [
            (row.id, None, next_attempt(row.attempts, moment), refused[row.notice_no][:200])
            if row.notice_no in refused
            else (row.id, moment, moment, None)
            for row in claimed
        ]
        connection.execute(self._statements.mark_outcomes, self._statements.outcomes.bind(outcomes) | at)
        shown = sorted({row.notice_no for row in claimed} - refused.keys())
        if shown:
            # Under the lock nobody adds to the outbox of these notices, so what is in sync stays so.
            connection.execute(self._statements.lock_notices, bind_keys(self._engine.dialect, shown))
            for kind in sorted(state):
                rows = [row for key, row in state[kind].items() if row and key[0] not in refused]
                if rows:
                    bound = self._statements.delivered[kind].bind(rows)
                    connection.execute(self._statements.in_sync[kind], bound)
        failed = sum(row.notice_no in refused for row in claimed)
        for reason in sorted(set(refused.values())):
            log.warning("not_delivered", rows=failed, reason=reason)
        return RelayResult(delivered=len(claimed) - failed, failed=failed)

"""Compares both sides, and puts what differs back on the road to the Internet side."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import Connection, Engine, and_, func, select, update

from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.ledger import Ledger
from ocms_adapters.sql.mirror import Statements
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema.intranet import AUDIT_USER, INTRANET
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.spec import rule
from ocms_core.mirror.comparing import Difference, differences
from ocms_core.mirror.copies import COPIES, Copy, Key, Values
from ocms_core.mirror.outgoing import Outgoing

PAGE = 1000

outbox = h.ocms_outbox


@frozen
class Standing:
    """How the outbox stands: rows waiting by kind, those that failed at least once, the oldest."""

    waiting: Mapping[str, int]
    failing: int
    oldest: datetime | None
    last_error: str | None


@frozen
class Reconciled:
    """What a comparison found: rows compared, differences by kind, and rows that are on their way anyway."""

    compared: int = 0
    found: Counter[Difference] = field(factory=Counter)
    on_their_way: int = 0


class SqlReconciler:
    """Looks whether the Internet side holds what it should, and repairs what does not."""

    def __init__(self, intranet: Engine, copy: InternetCopy) -> None:
        self._engine = intranet
        self._copy = copy
        self._ledger = Ledger(intranet.dialect)
        self._statements = Statements(intranet.dialect)

    def standing(self) -> Standing:
        """Tell how the outbox stands, in three statements."""
        undelivered = outbox.c.delivered_at.is_(None)
        failing = and_(undelivered, outbox.c.attempts > 0)
        with reading(self._engine) as connection:
            kinds = connection.execute(
                select(outbox.c.kind, func.count().label("rows")).where(undelivered).group_by(outbox.c.kind)
            )
            waiting = {row.kind: int(row.rows) for row in kinds}
            oldest, failed = connection.execute(
                select(
                    select(func.min(outbox.c.cre_date)).where(undelivered).scalar_subquery(),
                    select(func.count()).where(failing).scalar_subquery(),
                )
            ).one()
            error = select(outbox.c.last_error).where(failing).order_by(outbox.c.id).limit(1)
            last_error = connection.execute(error).scalar()
        return Standing(waiting, failed, oldest and singapore(oldest), last_error)

    @rule("G12")
    def reconcile(self, now: datetime, *, repair: bool) -> Reconciled:
        """
        Both sides are compared whole; what differs is written to the outbox, so that the relay repairs it.

        Rows that are on their way already are counted, not repaired. Memory does not grow with the tables.
        """
        compared, on_their_way = 0, 0
        found: Counter[Difference] = Counter()
        for kind, copy in COPIES.items():
            for numbers, surplus in self._pages(kind, copy):
                rows, unmarked = self._intranet(copy, numbers)
                copies = self._copy.rows(kind, numbers)
                compared += len(copies if surplus else rows)
                told = dict(differences(rows, copies, unmarked))
                if surplus:
                    told = {key: how for key, how in told.items() if how is Difference.SURPLUS}
                if told:
                    repaired, moving = self._queue(kind, copy, told, now, repair=repair)
                    found.update(repaired)
                    on_their_way += moving
        return Reconciled(compared, found, on_their_way)

    def _pages(self, kind: str, copy: Copy) -> Iterator[tuple[Sequence[str], bool]]:
        """
        Go through the notices of the Intranet, then through those that only the Internet side has.

        Each side is paged in its own order of numbers and the other asked for the same numbers, so that
        databases of different collation compare.
        """
        table = INTRANET.tables[copy.source]
        page = select(table.c.notice_no).distinct().order_by(table.c.notice_no).limit(PAGE)
        last = ""
        while True:
            with reading(self._engine) as connection:
                numbers = connection.execute(page.where(table.c.notice_no > last)).scalars().all()
            if not numbers:
                break
            yield numbers, False
            last = numbers[-1]
        known = select(table.c.notice_no).where(among(self._engine.dialect, table.c.notice_no))
        for copied in self._copy.notice_nos(kind):
            with reading(self._engine) as connection:
                there = set(connection.execute(known, bind_keys(self._engine.dialect, copied)).scalars())
            gone = [number for number in copied if number not in there]
            if gone:
                yield gone, True

    def _intranet(self, copy: Copy, notice_nos: Sequence[str]) -> tuple[dict[Key, Values], frozenset[Key]]:
        """Give the rows of some notices, and the keys of those not marked as in sync."""
        table = INTRANET.tables[copy.source]
        width = len(copy.keys)
        question = select(*(table.c[name] for name in copy.columns), table.c.is_sync).where(
            among(self._engine.dialect, table.c.notice_no)
        )
        with reading(self._engine) as connection:
            found = connection.execute(question, bind_keys(self._engine.dialect, notice_nos)).all()
        rows = {tuple(row[:width]): tuple(row[:-1]) for row in found}
        return rows, frozenset(tuple(row[:width]) for row in found if row.is_sync != "Y")

    def _queue(
        self, kind: str, copy: Copy, told: Mapping[Key, Difference], now: datetime, *, repair: bool
    ) -> tuple[Counter[Difference], int]:
        """Write what differs to the outbox, except what is outgoing already; under the lock of its notice."""
        notice_nos = sorted({key[0] for key in told})
        keys = bind_keys(self._engine.dialect, notice_nos)
        with writing(self._engine) as connection:
            connection.execute(self._statements.lock_notices, keys)
            moving = self._outgoing(connection, kind, keys)
            late = {key: how for key, how in told.items() if key not in moving}
            if repair and late:
                rows = [Outgoing(kind, *key) for key in sorted(late)]
                self._ledger.send(connection, rows, now)
                self._mark(connection, copy, sorted({key[0] for key in late}), now)
        return Counter(late.values()), len(told) - len(late)

    def _outgoing(self, connection: Connection, kind: str, keys: Mapping[str, Any]) -> set[Key]:
        rows = connection.execute(self._statements.claimed, keys)
        return {
            (row.notice_no,)
            if row.owner_driver_indicator is None
            else (row.notice_no, row.owner_driver_indicator)
            for row in rows
            if row.kind == kind
        }

    def _mark(self, connection: Connection, copy: Copy, notice_nos: Sequence[str], now: datetime) -> None:
        """Say of what is to be repaired that it is not in sync."""
        table = INTRANET.tables[copy.source]
        pending = (
            select(outbox.c.id)
            .where(*(outbox.c[name] == table.c[name] for name in copy.keys))
            .where(outbox.c.delivered_at.is_(None))
        )
        statement = (
            update(table)
            .where(among(self._engine.dialect, table.c.notice_no), table.c.is_sync != "N", pending.exists())
            .values(is_sync="N", upd_date=local(now), upd_user_id=AUDIT_USER)
        )
        connection.execute(statement, bind_keys(self._engine.dialect, notice_nos))

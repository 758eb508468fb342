"""Compares both sides, and puts what differs back on the road to the Internet side."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import Connection, Dialect, Engine, Select, Update, and_, func, select, update

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.moments import now as write_time
from ocms_adapters.sql.paging import NoticeRange, notice_ranges, pages
from ocms_adapters.sql.replication import ReplicationStatements
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema.intranet import INTRANET
from ocms_adapters.sql.transactions import reading, unchecked, writing
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.replication.comparison import Difference, differences
from ocms_core.replication.outbox_rows import OutboxRow
from ocms_core.replication.replicated_tables import REPLICATED_TABLES, Key, ReplicatedTable, Values

outbox = h.ocms_outbox


@frozen
class ReconciliationStatus:
    """How the outbox stands: rows waiting by kind, those that failed at least once, the oldest."""

    waiting: Mapping[str, int]
    failing: int
    oldest: datetime | None
    last_error: str | None


@frozen
class ReconciliationResult:
    """What a comparison found: rows compared, differences by kind, and rows that are on their way anyway."""

    compared: int = 0
    found: Counter[Difference] = field(factory=Counter)
    on_their_way: int = 0


@frozen
class ReconciliationChunk:
    """A part of a comparison: a stretch of one kind's notices, or of those only the Internet side has."""

    kind: str
    surplus: bool
    notice_range: NoticeRange


class ReconciliationStatements:
    """The statements of a comparison, by the kind of row."""

    def __init__(self, dialect: Dialect) -> None:
        self.known = {kind: known(dialect, copy) for kind, copy in REPLICATED_TABLES.items()}
        self.rows = {kind: rows_to_compare(dialect, copy) for kind, copy in REPLICATED_TABLES.items()}
        self.mark_not_in_sync = {
            kind: mark_not_in_sync(dialect, copy) for kind, copy in REPLICATED_TABLES.items()
        }


def known(dialect: Dialect, copy: ReplicatedTable) -> Select[Any]:
    """Select those of some numbers that the Intranet has."""
    number = INTRANET.tables[copy.source].c.notice_no
    return select(number).where(among(dialect, number))


def rows_to_compare(dialect: Dialect, copy: ReplicatedTable) -> Select[Any]:
    """Select the rows of some notices as they are to be copied, and whether they are marked as in sync."""
    table = INTRANET.tables[copy.source]
    return select(*(table.c[name] for name in copy.columns), table.c.is_sync).where(
        among(dialect, table.c.notice_no)
    )


def mark_not_in_sync(dialect: Dialect, copy: ReplicatedTable) -> Update:
    """Mark the rows of some notices that have an undelivered outbox row as not in sync."""
    table = INTRANET.tables[copy.source]
    pending = (
        select(outbox.c.id)
        .where(*(outbox.c[name] == table.c[name] for name in copy.keys))
        .where(outbox.c.delivered_at.is_(None))
    )
    return (
        update(table)
        .where(among(dialect, table.c.notice_no), table.c.is_sync != "N", pending.exists())
        .values(is_sync="N", **change_stamp(write_time()))
    )


class SqlReconciler:
    """Looks whether the Internet side holds what it should, and repairs what does not."""

    def __init__(
        self, intranet: Engine, copy: InternetCopy, check: Callable[[Connection], None] = unchecked
    ) -> None:
        """Take both sides; `check` is called in each transaction before it writes."""
        self._engine = intranet
        self._check = check
        self._copy = copy
        self._changes = built_once(ChangeWriter, intranet.dialect)
        self._statements = built_once(ReconciliationStatements, intranet.dialect)
        self._delivery = built_once(ReplicationStatements, intranet.dialect)

    def standing(self) -> ReconciliationStatus:
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
        return ReconciliationStatus(waiting, failed, oldest and singapore(oldest), last_error)

    def reconcile(self, now: datetime, *, repair: bool) -> ReconciliationResult:
        """Compare both sides whole, as `compare` does with a piece of them."""
        given = [self.compare(piece, now, repair=repair) for piece in self.pieces()]
        return ReconciliationResult(
            sum(each.compared for each in given),
            sum((each.found for each in given), Counter()),
            sum(each.on_their_way for each in given),
        )

    def pieces(self, size: int | None = None) -> Sequence[ReconciliationChunk]:
        """Cut what is to be compared into pieces of so many notices, or into as few as there can be."""
        cut: list[ReconciliationChunk] = []
        for kind, copy in REPLICATED_TABLES.items():
            source = INTRANET.tables[copy.source].c.notice_no
            ours = notice_ranges(self._engine, source, size) if size else [NoticeRange()]
            theirs = self._copy.notice_ranges(kind, size) if size else [NoticeRange()]
            cut += [
                ReconciliationChunk(kind, surplus=False, notice_range=notice_range) for notice_range in ours
            ]
            cut += [
                ReconciliationChunk(kind, surplus=True, notice_range=notice_range) for notice_range in theirs
            ]
        return cut

    @rule("G12")
    def compare(self, piece: ReconciliationChunk, now: datetime, *, repair: bool) -> ReconciliationResult:
        """
        What differs between both sides is written to the outbox, so that the relay repairs it.

        Rows that are on their way already are counted, not repaired, so comparing a piece again puts
        nothing on the road twice. Memory does not grow with the tables.
        """
        compared, on_their_way = 0, 0
        found: Counter[Difference] = Counter()
        copy = REPLICATED_TABLES[piece.kind]
        for numbers in self._numbers(piece, copy):
            rows, unmarked = self._intranet(piece.kind, numbers)
            copies = self._copy.rows(piece.kind, numbers)
            compared += len(copies if piece.surplus else rows)
            given = dict(differences(rows, copies, unmarked))
            if piece.surplus:
                given = {key: how for key, how in given.items() if how is Difference.SURPLUS}
            if given:
                repaired, moving = self._queue(piece.kind, given, now, repair=repair)
                found.update(repaired)
                on_their_way += moving
        return ReconciliationResult(compared, found, on_their_way)

    def _numbers(self, piece: ReconciliationChunk, copy: ReplicatedTable) -> Iterator[Sequence[str]]:
        """
        Go through the notices of the Intranet, or through those that only the Internet side has.

        Each side is paged in its own order of numbers and the other asked for the same numbers, so that
        databases of different collation compare.
        """
        column = INTRANET.tables[copy.source].c.notice_no
        if not piece.surplus:
            yield from pages(self._engine, column, piece.notice_range)
            return
        known = self._statements.known[piece.kind]
        for copied in self._copy.notice_nos(piece.kind, piece.notice_range):
            with reading(self._engine) as connection:
                there = set(connection.execute(known, bind_keys(self._engine.dialect, copied)).scalars())
            gone = [number for number in copied if number not in there]
            if gone:
                yield gone

    def _intranet(self, kind: str, notice_nos: Sequence[str]) -> tuple[dict[Key, Values], frozenset[Key]]:
        """Return the rows of some notices, and the keys of those not marked as in sync."""
        width = len(REPLICATED_TABLES[kind].keys)
        keys = bind_keys(self._engine.dialect, notice_nos)
        with reading(self._engine) as connection:
            found = connection.execute(self._statements.rows[kind], keys).all()
        rows = {tuple(row[:width]): tuple(row[:-1]) for row in found}
        return rows, frozenset(tuple(row[:width]) for row in found if row.is_sync != "Y")

    def _queue(
        self,
        kind: str,
        given: Mapping[Key, Difference],
        now: datetime,
        *,
        repair: bool,
    ) -> tuple[Counter[Difference], int]:
        """Write what differs to the outbox, except what is outgoing already; under the lock of its notice."""
        notice_nos = sorted({key[0] for key in given})
        keys = bind_keys(self._engine.dialect, notice_nos)
        with writing(self._engine) as connection:
            connection.execute(self._delivery.lock_notices, keys)
            moving = self._outgoing(connection, kind, keys)
            late = {key: how for key, how in given.items() if key not in moving}
            if repair and late:
                self._check(connection)
                rows = [OutboxRow(kind, *key) for key in sorted(late)]
                self._changes.send(connection, rows, now)
                marked = bind_keys(self._engine.dialect, sorted({key[0] for key in late}))
                connection.execute(self._statements.mark_not_in_sync[kind], marked | {"now": local(now)})
        return Counter(late.values()), len(given) - len(late)

    def _outgoing(self, connection: Connection, kind: str, keys: Mapping[str, Any]) -> set[Key]:
        rows = connection.execute(self._delivery.claimed, keys)
        return {
            (row.notice_no,)
            if row.owner_driver_indicator is None
            else (row.notice_no, row.owner_driver_indicator)
            for row in rows
            if row.kind == kind
        }

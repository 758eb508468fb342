"""Comparison of both databases; what differs is put into the outbox again."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import Connection, Dialect, Engine, Select, Update, and_, func, select, update

from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.paging import NoticeRange, notice_ranges, pages
from ocms_adapters.sql.replication import ReplicationStatements, undelivered
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema.intranet import INTRANET
from ocms_adapters.sql.transactions import reading, unchecked, writing
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.replication.comparison import Difference, differences
from ocms_core.replication.outbox_rows import OutboxRow
from ocms_core.replication.replicated_tables import REPLICATED_TABLES, Key, ReplicatedTable, Values

outbox = h.ocms_outbox


@frozen
class ReconciliationStatus:
    """The state of the outbox: rows waiting by kind, those that failed at least once, the oldest."""

    waiting: Mapping[str, int]
    failing: int
    oldest: datetime | None
    last_error: str | None


@frozen
class ReconciliationResult:
    """What a comparison found: rows compared, differences by kind, and rows in the outbox already."""

    compared: int = 0
    found: Counter[Difference] = field(factory=Counter)
    on_their_way: int = 0


@frozen
class ReconciliationChunk:
    """A part of a comparison: a range of one kind's notices, or of those only the Internet side has."""

    kind: str
    surplus: bool
    notice_range: NoticeRange


class ReconciliationStatements:
    """The statements of a comparison, by the kind of row."""

    def __init__(self, dialect: Dialect) -> None:
        self.known = {kind: known(dialect, copy) for kind, copy in REPLICATED_TABLES.items()}
        self.rows = {kind: rows_to_compare(dialect, copy) for kind, copy in REPLICATED_TABLES.items()}
        self.mark_not_in_sync = {
            kind: mark_not_in_sync(dialect, kind, copy) for kind, copy in REPLICATED_TABLES.items()
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


@rule("G12", "K4")
def mark_not_in_sync(dialect: Dialect, kind: str, copy: ReplicatedTable) -> Update:
    """Mark the rows of some notices that have an undelivered outbox row as not in sync; the stamp stays."""
    table = INTRANET.tables[copy.source]
    return (
        update(table)
        .where(among(dialect, table.c.notice_no), table.c.is_sync != "N", undelivered(table, kind, copy))
        .values(is_sync="N")
    )


class SqlReconciler:
    """Compares both databases, and repairs what differs."""

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

    def outbox_status(self) -> ReconciliationStatus:
        """Return the state of the outbox, in three statements."""
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
        """Compare both sides whole, as `compare` does with a chunk of them."""
        results = [self.compare(chunk, now, repair=repair) for chunk in self.chunks()]
        return ReconciliationResult(
            sum(each.compared for each in results),
            sum((each.found for each in results), Counter()),
            sum(each.on_their_way for each in results),
        )

    def chunks(self, size: int | None = None) -> Sequence[ReconciliationChunk]:
        """Return the comparison as chunks of `size` notices, or as few chunks as there can be."""
        found: list[ReconciliationChunk] = []
        for kind, copy in REPLICATED_TABLES.items():
            source = INTRANET.tables[copy.source].c.notice_no
            ours = notice_ranges(self._engine, source, size) if size else [NoticeRange()]
            theirs = self._copy.notice_ranges(kind, size) if size else [NoticeRange()]
            found += [
                ReconciliationChunk(kind, surplus=False, notice_range=notice_range) for notice_range in ours
            ]
            found += [
                ReconciliationChunk(kind, surplus=True, notice_range=notice_range) for notice_range in theirs
            ]
        return found

    @rule("G12")
    def compare(self, chunk: ReconciliationChunk, now: datetime, *, repair: bool) -> ReconciliationResult:
        """
        Compare a chunk and write what differs to the outbox, so that the relay repairs it.

        Rows that are in the outbox already are counted, not repaired, so comparing a chunk again puts
        nothing into it twice. Memory does not grow with the tables.
        """
        compared, on_their_way = 0, 0
        found: Counter[Difference] = Counter()
        for numbers in self._numbers(chunk):
            rows, unmarked = self._intranet(chunk.kind, numbers)
            copies = self._copy.rows(chunk.kind, numbers)
            compared += len(copies if chunk.surplus else rows)
            found_here = dict(differences(rows, copies, unmarked))
            if chunk.surplus:
                found_here = {key: how for key, how in found_here.items() if how is Difference.SURPLUS}
            if found_here:
                repaired, queued = self._queue(chunk.kind, found_here, now, repair=repair)
                found.update(repaired)
                on_their_way += queued
        return ReconciliationResult(compared, found, on_their_way)

    def _numbers(self, chunk: ReconciliationChunk) -> Iterator[Sequence[str]]:
        """
        Yield the notices of the Intranet, or those that only the Internet side has.

        Each side is paged in its own order of numbers and the other queried for the same numbers, so that
        databases of different collation compare.
        """
        column = INTRANET.tables[REPLICATED_TABLES[chunk.kind].source].c.notice_no
        if not chunk.surplus:
            yield from pages(self._engine, column, chunk.notice_range)
            return
        known = self._statements.known[chunk.kind]
        for copied in self._copy.notice_nos(chunk.kind, chunk.notice_range):
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
        different: Mapping[Key, Difference],
        now: datetime,
        *,
        repair: bool,
    ) -> tuple[Counter[Difference], int]:
        """Write what differs to the outbox, except what is in it already, under the lock of its notice."""
        notice_nos = sorted({key[0] for key in different})
        keys = bind_keys(self._engine.dialect, notice_nos)
        with writing(self._engine) as connection:
            connection.execute(self._delivery.lock_notices, keys)
            queued = self._undelivered(connection, kind, keys)
            late = {key: how for key, how in different.items() if key not in queued}
            if repair and late:
                self._check(connection)
                rows = [OutboxRow(kind, *key) for key in sorted(late)]
                self._changes.send(connection, rows, now)
                marked = bind_keys(self._engine.dialect, sorted({key[0] for key in late}))
                connection.execute(self._statements.mark_not_in_sync[kind], marked)
        return Counter(late.values()), len(different) - len(late)

    def _undelivered(self, connection: Connection, kind: str, keys: Mapping[str, Any]) -> set[Key]:
        rows = connection.execute(self._delivery.claimed, keys)
        return {
            (row.notice_no,)
            if row.owner_driver_indicator is None
            else (row.notice_no, row.owner_driver_indicator)
            for row in rows
            if row.kind == kind
        }

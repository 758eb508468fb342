"""The reading and writing transactions of the check of suspensions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Engine,
    Integer,
    String,
    bindparam,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    union_all,
)

from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_store import ChangeStore
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.current_offenders import is_current_offender
from ocms_adapters.sql.locking import lock_identities, lock_notices
from ocms_adapters.sql.reference import IN_USE, days_by_reason
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.dated_values import ocms_dated_suspension_reason
from ocms_adapters.sql.suspension_rows import ON_ROW, STILL_OPEN, open_records, records_by_notice, suspensions
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.dated_values import DatedValue
from ocms_core.kernel.errors import Conflict
from ocms_core.kernel.suspensions import SuspensionReason
from ocms_core.suspensions.facts import NoticeSuspensions, SuspensionFacts

von = t.ocms_valid_offence_notice.c
onod = t.ocms_offence_notice_owner_driver.c
suspended = t.ocms_suspended_notice.c
reason_table = t.ocms_suspension_reason.c
dated = ocms_dated_suspension_reason.c
hst = t.ocms_hst.c


class SuspensionQueries:
    """Every statement by its name; keys are bound as `keys`."""

    def __init__(self, dialect: Dialect) -> None:
        by_number = among(dialect, von.notice_no)
        self.suspended = (
            select(von.notice_no)
            .where(
                von.notice_no > bindparam("after", type_=String),
                or_(
                    *(column.is_not(None) for column in ON_ROW),
                    last_sr_no(STILL_OPEN).is_not(None),
                ),
            )
            .order_by(von.notice_no)
            .limit(bindparam("most", type_=Integer))
        )
        self.lock_notices = lock_notices(select(von.notice_no).where(by_number))
        self.notices = (
            select(von.notice_no, current_offender(), last_sr_no(), has_ended(), *ON_ROW)
            .where(by_number)
            .order_by(von.notice_no)
        )
        self.open_records = open_records(dialect)
        self.offenders = (
            select(onod.id_no).distinct().where(is_current_offender(), among(dialect, onod.notice_no))
        )
        self.listed = select(hst.id_no).where(among(dialect, hst.id_no))
        always = select(
            reason_table.suspension_type,
            reason_table.reason_of_suspension,
            reason_table.suspension_source,
            reason_table.no_of_days_for_revival,
            case((IN_USE, 1), else_=0).label("in_use"),
            cast(null(), Date).label("first_day"),
            cast(null(), Date).label("last_day"),
        )
        self.reasons = union_all(
            always,
            select(
                dated.suspension_type,
                dated.reason_of_suspension,
                cast(null(), String(8)),
                dated.no_of_days_for_revival,
                cast(null(), Integer),
                dated.first_day,
                dated.last_day,
            ),
        )


def current_offender() -> ColumnElement[str]:
    """Select the identity of a notice's current offender; null without one."""
    return (
        select(func.min(onod.id_no))
        .where(onod.notice_no == von.notice_no, is_current_offender())
        .scalar_subquery()
    )


def last_sr_no(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """
    Select the highest number of a notice's suspension records, or of some of them; null without one.

    PostgreSQL looks it up by the key; for an EXISTS beside an OR it would read the whole table, each time.
    """
    highest = select(func.max(suspended.sr_no)).where(suspended.notice_no == von.notice_no, *conditions)
    return highest.scalar_subquery()


def has_ended() -> ColumnElement[int]:
    """Select 1 where a record of what the row shows was closed after the moment it gives, else 0."""
    closed = exists().where(
        suspended.notice_no == von.notice_no,
        suspended.suspension_type == von.suspension_type,
        suspended.reason_of_suspension == von.epr_reason_of_suspension,
        suspended.date_of_revival >= von.epr_date_of_suspension,
    )
    return case((closed, 1), else_=0)


class SqlSuspensionReader:
    """One reading connection for the check of suspensions."""

    def __init__(self, connection: Connection, queries: SuspensionQueries) -> None:
        self._connection = connection
        self._queries = queries

    def suspended(self, after: str, most: int) -> Sequence[str]:
        """Return notices beyond `after` that are suspended in any way, in one statement."""
        bound = {"after": after, "most": most}
        return self._connection.execute(self._queries.suspended, bound).scalars().all()

    def facts(self, notice_nos: Sequence[str]) -> SuspensionFacts:
        """Return notices with all that suspends them, in four statements."""
        return self._facts(self._among(self._queries.notices, notice_nos), notice_nos)

    def _facts(self, rows: Sequence[Any], notice_nos: Sequence[str]) -> SuspensionFacts:
        records = records_by_notice(self._among(self._queries.open_records, notice_nos))
        offenders = sorted({row[1] for row in rows if row[1]})
        listed = {row.id_no for row in self._among(self._queries.listed, offenders)}
        reasons = self._connection.execute(self._queries.reasons).all()
        # A row that is not in use any more counts only for a reason that has no other (H20).
        always = {
            reason: days
            for in_use in (0, 1)
            for reason, days in days_by_reason(
                row[:4] for row in reasons if row.first_day is None and row.in_use == in_use
            ).items()
        }
        dated_days = tuple(
            DatedValue(SuspensionReason(kind, code), days, first_day, last_day)
            for kind, code, _, days, _, first_day, last_day in reasons
            if first_day is not None
        )
        return SuspensionFacts(
            notices=tuple(
                NoticeSuspensions(
                    notice_no,
                    suspensions(on_row, records.get(notice_no, ()), last or 0),
                    offender_listed=id_no in listed,
                    ended=bool(ended),
                )
                for notice_no, id_no, last, ended, *on_row in rows
            ),
            pairs=frozenset([*always, *(each.key for each in dated_days)]),
            days={reason: days for reason, days in always.items() if days is not None},
            dated_days=dated_days,
        )

    def _among(self, statement: Any, keys: Sequence[str]) -> Sequence[Any]:
        return self._connection.execute(statement, bind_keys(self._connection.dialect, keys)).all()


class SqlSuspensionStore(ChangeStore, SqlSuspensionReader):
    """One writing transaction for the check of suspensions."""

    def __init__(self, connection: Connection, queries: SuspensionQueries, changes: ChangeWriter) -> None:
        super().__init__(connection, queries)
        self._changes = changes

    def locked_facts(self, notice_nos: Sequence[str]) -> SuspensionFacts:
        """Lock current offenders, then notices, and return the notices, in six statements and the locks."""
        id_nos = {row.id_no for row in self._among(self._queries.offenders, notice_nos)}
        lock_identities(self._connection, id_nos)
        self._among(self._queries.lock_notices, notice_nos)
        # Read anew: what stood beside the row when its lock was waited for may have changed.
        rows = self._among(self._queries.notices, notice_nos)
        if not {row[1] for row in rows if row[1]} <= id_nos:
            raise Conflict("a notice has another offender meanwhile")
        return self._facts(rows, notice_nos)


class SqlSuspensionStores:
    """Opens transactions on the Intranet database for the check of suspensions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queries = built_once(SuspensionQueries, engine.dialect)
        self._changes = built_once(ChangeWriter, engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[SqlSuspensionReader]:
        """Open a connection that only reads."""
        with reading(self._engine) as connection:
            yield SqlSuspensionReader(connection, self._queries)

    @contextmanager
    def writing(self) -> Iterator[SqlSuspensionStore]:
        """Open a transaction that locks, decides and writes."""
        with writing(self._engine) as connection:
            yield SqlSuspensionStore(connection, self._queries, self._changes)

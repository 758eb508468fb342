"""The reading and writing transactions of reversals."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Dialect,
    Engine,
    Exists,
    Select,
    String,
    bindparam,
    exists,
    select,
    union,
)

from ocms_adapters.sql.audit_of_notices import rows_of_identity, rows_of_notices
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_statements.put_back import NOTICE_COLUMNS, key_of, own_columns
from ocms_adapters.sql.change_store import ChangeStore
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.current_offenders import is_current_offender
from ocms_adapters.sql.locking import lock_identities, lock_notices
from ocms_adapters.sql.reference import read_reference
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.suspension_rows import is_ts_hst
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.audit import AuditRow
from ocms_core.kernel.dates import SINGAPORE, singapore
from ocms_core.kernel.reference import Reference
from ocms_core.reversals.facts import (
    SUSPENSIONS,
    IdentityReversalFacts,
    ReversalFacts,
    ReversibleNotice,
    Row,
    RowKey,
    by_notice,
    first_day,
)

von, onod = t.ocms_valid_offence_notice, t.ocms_offence_notice_owner_driver
suspended, hst = t.ocms_suspended_notice, t.ocms_hst
history = housekeeping.ocms_offender_history
COLUMNS: Mapping[Any, tuple[str, ...]] = {
    von: NOTICE_COLUMNS,
    **{
        table: own_columns(table)
        for table in (
            t.ocms_offence_notice_owner_driver,
            t.ocms_offence_notice_owner_driver_addr,
            t.ocms_furnish_detail,
            t.ocms_suspended_notice,
        )
    },
}
"""The tables of a notice whose rows can be put back, each with the columns that count."""

STAMPS = ("cre_date", "cre_user_id", "upd_date", "upd_user_id")

Found = tuple[RowKey, Row, datetime | None]
"""A row by its key, and when another program wrote it last; None where OCMS did."""


class ReversalStatements:
    """The reading statements of reversals; keys are bound as `keys`."""

    def __init__(self, dialect: Dialect) -> None:
        self.lock = lock_notices(select(von.c.notice_no).where(among(dialect, von.c.notice_no)))
        of_identity = bindparam("id_no", type_=String)
        self.listed = select(*(hst.c[name] for name in own_columns(hst))).where(hst.c.id_no == of_identity)
        self.under_hst = (
            select(suspended.c.notice_no, suspended.c.date_of_suspension)
            .where(
                is_ts_hst(suspended.c),
                suspended.c.date_of_revival.is_(None),
                exists().where(
                    onod.c.notice_no == suspended.c.notice_no,
                    onod.c.id_no == of_identity,
                    is_current_offender(),
                ),
            )
            .order_by(suspended.c.date_of_suspension)
        )
        self.rows = {table: rows_of(dialect, table, columns) for table, columns in COLUMNS.items()}
        self.people = people_under_hst(dialect)
        self.on_list = select(hst.c.id_no).where(among(dialect, hst.c.id_no))


def people_under_hst(dialect: Dialect) -> CompoundSelect[Any]:
    """Select who is or was in a role of those notices that were ever under TS-HST."""
    return union(
        select(onod.c.id_no).where(among(dialect, onod.c.notice_no), was_under_hst(onod.c.notice_no)),
        select(history.c.former_id_no).where(
            among(dialect, history.c.notice_no),
            history.c.former_id_no.is_not(None),
            was_under_hst(history.c.notice_no),
        ),
    )


def was_under_hst(notice_no: ColumnElement[str]) -> Exists:
    """Return the condition that a notice has a record of TS-HST, open or closed."""
    return exists().where(suspended.c.notice_no == notice_no, is_ts_hst(suspended.c))


def rows_of(dialect: Dialect, table: Any, columns: Iterable[str]) -> Select[Any]:
    """Select key, columns and stamps of the rows that some notices have in a table."""
    names = (*key_of(table), *columns, *STAMPS)
    return select(*(table.c[name] for name in names)).where(among(dialect, table.c.notice_no))


class SqlReversalReader:
    """One reading connection for reversals."""

    def __init__(self, connection: Connection, statements: ReversalStatements) -> None:
        self._connection = connection
        self._statements = statements

    def reversal_facts(self, notice_nos: Sequence[str], now: datetime, *, with_list: bool) -> ReversalFacts:
        """
        Return the notices with their rows and what was changed of them lately, in seven statements.

        Who of their people is on the HST list is one more, or two where any of them was under TS-HST.
        """
        reference = read_reference(self._connection)
        listed = self.listed_people(notice_nos) if with_list else frozenset()
        since = first_moment(now, reference)
        return ReversalFacts(reference, self.reversible_notices(notice_nos, since), listed)

    def listed_people(self, notice_nos: Sequence[str]) -> frozenset[str]:
        """Return who is on the HST list of the people of those notices that were ever under TS-HST."""
        people = self.people(notice_nos)
        if not people:
            return frozenset()
        keys = bind_keys(self._connection.dialect, people)
        return frozenset(self._connection.execute(self._statements.on_list, keys).scalars())

    def people(self, notice_nos: Sequence[str]) -> Sequence[str]:
        """Return who is or was in a role of those notices that were ever under TS-HST."""
        keys = bind_keys(self._connection.dialect, notice_nos)
        return self._connection.execute(self._statements.people, keys).scalars().all()

    def reversible_notices(
        self, notice_nos: Sequence[str], since: datetime
    ) -> Mapping[str, ReversibleNotice]:
        """Return the notices that exist, each with its rows and what was changed of them since a moment."""
        keys = bind_keys(self._connection.dialect, notice_nos)
        found: dict[str, list[Found]] = {}
        for table, columns in COLUMNS.items():
            for row in self._connection.execute(self._statements.rows[table], keys):
                found.setdefault(row.notice_no, []).append(found_row(table, columns, row))
        groups = rows_of_notices(self._connection, notice_nos, since)
        return {
            notice_no: reversible(notice_no, rows, tuple(groups.get(notice_no, ())))
            for notice_no, rows in found.items()
            if rows[0][0][0] == von.name
        }

    def identity_reversal_facts(self, id_no: str, now: datetime) -> IdentityReversalFacts:
        """Return an identity with the notices of its last change of the list."""
        reference = read_reference(self._connection)
        since = first_moment(now, reference)
        groups = rows_of_identity(self._connection, id_no, since)
        notice_nos = sorted(by_notice(groups[-1])) if groups else []
        notices = self.reversible_notices(notice_nos, since)
        listed = self._connection.execute(self._statements.listed, {"id_no": id_no}).mappings().first()
        records = self._connection.execute(self._statements.under_hst, {"id_no": id_no})
        under_hst = {notice_no: singapore(since) for notice_no, since in records}
        row = None if listed is None else dict(listed)
        return IdentityReversalFacts(reference, row, tuple(groups), notices, under_hst)


class SqlReversalStore(ChangeStore, SqlReversalReader):
    """One writing transaction for reversals."""

    def __init__(self, connection: Connection, statements: ReversalStatements, changes: ChangeWriter) -> None:
        super().__init__(connection, statements)
        self._changes = changes

    def people(self, notice_nos: Sequence[str]) -> Sequence[str]:
        """Lock those people, and return them as a reader does; who comes later counts as not listed."""
        people = super().people(notice_nos)
        if people:
            lock_identities(self._connection, people)
        return people

    def reversible_notices(
        self, notice_nos: Sequence[str], since: datetime
    ) -> Mapping[str, ReversibleNotice]:
        """Lock the notices, in notice order, and return them as a reader does."""
        self._connection.execute(self._statements.lock, bind_keys(self._connection.dialect, notice_nos)).all()
        return super().reversible_notices(notice_nos, since)

    def identity_reversal_facts(self, id_no: str, now: datetime) -> IdentityReversalFacts:
        """Lock an identity and the notices of its last change of the list, and return them."""
        lock_identities(self._connection, [id_no])
        return super().identity_reversal_facts(id_no, now)


def first_moment(now: datetime, reference: Reference) -> datetime:
    """Return the midnight that begins the first day whose changes can be taken back."""
    day = first_day(now, reference.on(singapore(now).date()))
    return datetime.combine(day, time.min, SINGAPORE)


def found_row(table: Any, columns: Sequence[str], row: Any) -> Found:
    """Return a row by its key."""
    width = len(table.primary_key)
    cre_date, cre_user, upd_date, upd_user = row[-len(STAMPS) :]
    at, user = (upd_date, upd_user) if upd_date else (cre_date, cre_user)
    values = dict(zip(columns, row[width:], strict=False))
    return (table.name, tuple(row[:width])), values, None if user == AUDIT_USER else singapore(at)


def reversible(notice_no: str, found: Sequence[Found], groups: tuple[AuditRow, ...]) -> ReversibleNotice:
    """Return a notice of its rows and of what was changed of them."""
    numbers = [key[1][2] for key, _, _ in found if key[0] == SUSPENSIONS]
    touched = [at for _, _, at in found if at]
    return ReversibleNotice(
        notice_no,
        {key: values for key, values, _ in found},
        groups,
        max(numbers, default=0),
        max(touched, default=None),
    )


class SqlReversalStores:
    """Opens transactions on the Intranet database for reversals."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._statements = built_once(ReversalStatements, engine.dialect)
        self._changes = built_once(ChangeWriter, engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[SqlReversalReader]:
        """Open a connection that only reads."""
        with reading(self._engine) as connection:
            yield SqlReversalReader(connection, self._statements)

    @contextmanager
    def writing(self) -> Iterator[SqlReversalStore]:
        """Open a transaction that locks, decides and writes."""
        with writing(self._engine) as connection:
            yield SqlReversalStore(connection, self._statements, self._changes)

"""The reading and writing transactions of the court and payment services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Select, String, case, column, inspect, null, select

from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_statements.put_back import NOTICE_COLUMNS
from ocms_adapters.sql.change_store import ChangeStore
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.found_rows import finding
from ocms_adapters.sql.locking import lock_notices
from ocms_adapters.sql.moments import singapore_or_none
from ocms_adapters.sql.reference import read_reference
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.suspension_rows import ON_ROW, RECORD, open_suspension, suspensions
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.court.facts import CourtFacts, CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import OpenSuspension

von = t.ocms_valid_offence_notice.c
suspended = t.ocms_suspended_notice.c
court_case = t.ocms_court_case.c


# In no data dictionary: a deployment that has this column says so in its settings (P22).
DAYEND_COLUMN = "dayend"
DAYEND = case((column(DAYEND_COLUMN, String(1)) == "Y", 1), else_=0).label(DAYEND_COLUMN)


class CourtStatements:
    """The reading statements of the court and payment services."""

    def __init__(self, dialect: Dialect, *, by_dayend: bool = False) -> None:
        self.payment_statuses = select(
            von.notice_no,
            von.payment_status,
            von.amount_payable,
            von.amount_paid,
            von.payment_acceptance_allowed,
            von.suspension_type,
            von.crs_reason_of_suspension,
            von.epr_reason_of_suspension,
        ).where(among(dialect, von.notice_no))
        self.court_notices = select(
            von.notice_no,
            von.last_processing_stage,
            von.last_processing_date,
            von.amount_payable,
            von.payment_acceptance_allowed,
            von.payment_due_date,
            DAYEND if by_dayend else null().label(DAYEND_COLUMN),
            *ON_ROW,
        ).where(among(dialect, von.notice_no))
        self.court_notices_locked = finding(
            lock_notices(self.court_notices), t.ocms_valid_offence_notice, NOTICE_COLUMNS
        )
        self.suspensions = (
            select(
                suspended.notice_no,
                suspended.sr_no,
                suspended.date_of_revival,
                *RECORD,
            )
            .where(among(dialect, suspended.notice_no))
            .order_by(suspended.notice_no, suspended.sr_no)
        )
        self.plus_notices = (
            select(
                von.notice_no,
                von.payment_due_date,
                von.payment_acceptance_allowed,
                von.amount_payable,
                court_case.notice_no,
                court_case.court_payment_due_date,
            )
            .outerjoin_from(
                t.ocms_valid_offence_notice, t.ocms_court_case, court_case.notice_no == von.notice_no
            )
            .where(among(dialect, von.notice_no))
        )
        # Court cases are read once the notices are locked: a join shows them as they were before the wait.
        self.plus_notices_locked = lock_notices(
            select(
                von.notice_no, von.payment_due_date, von.payment_acceptance_allowed, von.amount_payable
            ).where(among(dialect, von.notice_no))
        )
        self.court_cases = finding(
            select(court_case.notice_no, court_case.court_payment_due_date).where(
                among(dialect, court_case.notice_no)
            ),
            t.ocms_court_case,
            (),
        )
        self.read_payment_statuses = DriverStatement(self.payment_statuses, dialect)
        self.read_plus_notices = DriverStatement(self.plus_notices, dialect)


def statements_by_dayend(dialect: Dialect) -> CourtStatements:
    """Return the statements of a database whose notices have the column `dayend`."""
    return CourtStatements(dialect, by_dayend=True)


def has_dayend(engine: Engine) -> bool:
    """Return whether the notices of a database have the column `dayend` (P22)."""
    table = t.ocms_valid_offence_notice
    return any(
        each["name"] == DAYEND_COLUMN for each in inspect(engine).get_columns(table.name, table.schema)
    )


def plus_notices(rows: Iterable[Any]) -> Mapping[str, PlusNotice]:
    """Return notices with their court cases, by number, from their rows."""
    return {
        notice_no: PlusNotice(
            notice_no,
            singapore_or_none(due),
            allowed,
            amount,
            recorded_no is not None,
            singapore_or_none(recorded_due),
        )
        for notice_no, due, allowed, amount, recorded_no, recorded_due in rows
    }


def court_notices(
    connection: Connection, statements: CourtStatements, rows: Iterable[Any], notice_nos: Sequence[str]
) -> Mapping[str, CourtNotice]:
    """Return notices as the court update finds them, by number, from their rows and their suspensions."""
    open_records: dict[str, list[OpenSuspension]] = {}
    last_sr_no: dict[str, int] = {}
    for notice_no, sr_no, revived_at, *record in rows_of(connection, statements.suspensions, notice_nos):
        last_sr_no[notice_no] = max(sr_no, last_sr_no.get(notice_no, 0))
        if revived_at is None:
            open_records.setdefault(notice_no, []).append(open_suspension(*record))
    # Most notices have these in common with others, so they are made once for each value.
    moment, suspensions_of = cache(singapore), cache(suspensions)
    return {
        notice_no: CourtNotice(
            notice_no,
            stage,
            moment(stage_date),
            payable,
            allowed,
            due and moment(due),
            suspensions_of(
                tuple(on_row), tuple(open_records.get(notice_no, ())), last_sr_no.get(notice_no, 0)
            ),
            None if dayend is None else bool(dayend),
        )
        for notice_no, stage, stage_date, payable, allowed, due, dayend, *on_row in rows
    }


def rows_of(connection: Connection, statement: Select[Any], notice_nos: Sequence[str]) -> Sequence[Any]:
    """Return the rows of some notices."""
    return connection.execute(statement, bind_keys(connection.dialect, notice_nos)).all()


class SqlCourtReader:
    """What the court and payment services read without a lock, each statement for itself."""

    def __init__(self, engine: Engine, statements: CourtStatements) -> None:
        self._engine = engine
        self._statements = statements

    def payment_statuses(self, notice_nos: Sequence[str]) -> Mapping[str, NoticePaymentStatus]:
        """Return the notices that exist, by number, in one statement."""
        rows = self._read(self._statements.read_payment_statuses, notice_nos)
        return {status.notice_no: status for status in map(NoticePaymentStatus._make, rows)}

    def plus_notices(self, notice_nos: Sequence[str]) -> Mapping[str, PlusNotice]:
        """Return the notices that exist with their court cases, by number, in one statement."""
        return plus_notices(self._read(self._statements.read_plus_notices, notice_nos))

    def court_notices(self, notice_nos: Sequence[str]) -> Mapping[str, CourtNotice]:
        """Return the notices that exist as the court update would find them, by number."""
        statements = self._statements
        with reading(self._engine) as connection:
            rows = rows_of(connection, statements.court_notices, notice_nos)
            return court_notices(connection, statements, rows, notice_nos)

    def reference(self) -> Reference:
        """Return the reference data that a court update would be judged by."""
        with reading(self._engine) as connection:
            return read_reference(connection)

    def _read(self, statement: DriverStatement, notice_nos: Sequence[str]) -> Sequence[Any]:
        return statement.rows(self._engine, bind_keys(self._engine.dialect, notice_nos))


class SqlCourtStore(ChangeStore):
    """One writing transaction for the court and payment services."""

    def __init__(self, connection: Connection, statements: CourtStatements, changes: ChangeWriter) -> None:
        self._connection = connection
        self._statements = statements
        self._changes = changes

    def plus_notices(self, notice_nos: Sequence[str]) -> Mapping[str, PlusNotice]:
        """Lock and return the notices that exist with their court cases, by number."""
        locked = rows_of(self._connection, self._statements.plus_notices_locked, notice_nos)
        cases = {case[0]: case for case in self._find(self._statements.court_cases, notice_nos).rows}
        return plus_notices((*notice, *cases.get(notice[0], (None, None))) for notice in locked)

    def court_facts(self, notice_nos: Sequence[str]) -> CourtFacts:
        """Lock and return the notices of a court update with their suspensions and the reference data."""
        connection, statements = self._connection, self._statements
        locked = statements.court_notices_locked
        reference, found = read_reference(connection), self._find(locked, notice_nos)
        notices = court_notices(connection, statements, locked.decisive(found), notice_nos)
        return CourtFacts(reference, notices)


class SqlCourtStores:
    """Opens transactions on the Intranet database for the court and payment services."""

    def __init__(self, engine: Engine, *, by_dayend: bool = False) -> None:
        """Take the database, and whether the column `dayend` of its notices says which are in court."""
        self._engine = engine
        self._statements = built_once(statements_by_dayend if by_dayend else CourtStatements, engine.dialect)
        self._changes = built_once(ChangeWriter, engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[SqlCourtReader]:
        """Return what only reads; it holds no connection between its statements."""
        yield SqlCourtReader(self._engine, self._statements)

    @contextmanager
    def writing(self) -> Iterator[SqlCourtStore]:
        """Open a transaction that locks, decides and writes."""
        with writing(self._engine) as connection:
            yield SqlCourtStore(connection, self._statements, self._changes)

"""The reading and writing transactions of the offender services."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from attrs import evolve
from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Engine,
    Select,
    and_,
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
from ocms_adapters.sql.change_statements.offenders import ADDRESS, DETAIL, FURNISHED_MAIL, HISTORY, PERSON
from ocms_adapters.sql.change_store import ChangeStore
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.driver_statements import DriverStatement
from ocms_adapters.sql.locking import lock_identities, lock_rows
from ocms_adapters.sql.moments import singapore_or_none
from ocms_adapters.sql.reference import dated_reason, dated_terms, days_until_revival
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.suspension_rows import ON_ROW, RECORD, open_suspension, suspensions
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.kernel.changes import OffenderHistoryKept
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person, RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import HST, Suspensions
from ocms_core.offenders.effects import FURNISH, REDIRECT
from ocms_core.offenders.facts import AssigneeOnHstList, OffenderNotice, PastAssignment
from ocms_core.offenders.timeline import (
    CourtMark,
    NoticeHistory,
    PaymentMark,
    TimelineStageChange,
    TimelineSuspension,
)
from ocms_core.reversals.reversing import REVERSE

von = t.ocms_valid_offence_notice
onod = t.ocms_offence_notice_owner_driver
addr = t.ocms_offence_notice_owner_driver_addr
detail = t.ocms_furnish_detail
changes_of_stage = t.ocms_change_of_processing
suspended = t.ocms_suspended_notice
every = suspended.alias("every")
court_case = t.ocms_court_case
history = h.ocms_offender_history

NOTICE_NO: BindParameter[str] = bindparam("notice_no")

# What suspends a notice: what its row shows, its last number, and a row for each open record or one without.
SUSPENSION_COLUMNS = (
    *ON_ROW,
    select(func.max(every.c.sr_no)).where(every.c.notice_no == von.c.notice_no).scalar_subquery(),
    *RECORD,
)
WITH_OPEN_RECORDS = von.outerjoin(
    suspended, and_(suspended.c.notice_no == von.c.notice_no, suspended.c.date_of_revival.is_(None))
)

NOTICE = (
    select(
        von.c.notice_no,
        von.c.vehicle_no,
        von.c.last_processing_stage,
        von.c.last_processing_date,
        von.c.composition_amount,
        *SUSPENSION_COLUMNS,
    )
    .select_from(WITH_OPEN_RECORDS)
    .where(von.c.notice_no == NOTICE_NO)
)
NOTICE_LOCKED = lock_rows(NOTICE, von, of=von, key_share=True)

# What is taken back was the last that happened: its reversal is the next row of the role (K4).
actions = (
    select(
        history.c.id,
        history.c.owner_driver_indicator,
        history.c.action,
        func.lead(history.c.action)
        .over(partition_by=history.c.owner_driver_indicator, order_by=history.c.id)
        .label("next_action"),
    )
    .where(history.c.notice_no == NOTICE_NO)
    .subquery("actions")
)
NEWEST_ASSIGNMENT = (
    select(func.max(actions.c.id))
    .where(
        actions.c.owner_driver_indicator == onod.c.owner_driver_indicator,
        # Not IN: its parameters are written at each execution, and the driver gets the text as it was made.
        or_(actions.c.action == FURNISH, actions.c.action == REDIRECT),
        or_(actions.c.next_action.is_(None), actions.c.next_action != REVERSE),
    )
    .scalar_subquery()
)
HOLDERS = (
    select(
        onod.c.owner_driver_indicator,
        onod.c.offender_indicator,
        *(onod.c[name] for name in PERSON),
        addr.c.notice_no.label("address_of"),
        *(addr.c[name] for name in ADDRESS),
        detail.c.notice_no.label("detail_of"),
        *(detail.c[name] for name in DETAIL),
        history.c.new_processing_stage,
        history.c.former_offender_indicator,
    )
    .select_from(onod)
    .outerjoin(
        addr,
        and_(
            addr.c.notice_no == onod.c.notice_no,
            addr.c.owner_driver_indicator == onod.c.owner_driver_indicator,
            addr.c.type_of_address == FURNISHED_MAIL,
        ),
    )
    .outerjoin(
        detail,
        and_(
            detail.c.notice_no == onod.c.notice_no,
            detail.c.owner_driver_indicator == onod.c.owner_driver_indicator,
        ),
    )
    .outerjoin(history, history.c.id == NEWEST_ASSIGNMENT)
    .where(onod.c.notice_no == NOTICE_NO)
)
HOLDERS_LOCKED = lock_rows(HOLDERS, onod, of=onod, key_share=True)

Phrasing = Callable[[Dialect], DriverStatement]
READ_NOTICE, READ_HOLDERS, LOCK_NOTICE, LOCK_HOLDERS = (
    partial(DriverStatement, statement) for statement in (NOTICE, HOLDERS, NOTICE_LOCKED, HOLDERS_LOCKED)
)

# Read once the notice is locked; behind its columns stand whether an identity is listed, and for how long.
# Rows of their own, empty but for their last four columns, are the days that TS-HST has from a day on (G18).
LISTED_FOR = (
    *SUSPENSION_COLUMNS,
    case((exists().where(t.ocms_hst.c.id_no == bindparam("id_no")), 1), else_=0),
    days_until_revival(HST),
)
TERMS = dated_terms(HST)
SUSPENDED_FOR = union_all(
    select(*LISTED_FOR, *(cast(null(), column.type) for column in TERMS.selected_columns))
    .select_from(WITH_OPEN_RECORDS)
    .where(von.c.notice_no == NOTICE_NO),
    TERMS.with_only_columns(*(cast(null(), column.type) for column in LISTED_FOR), *TERMS.selected_columns),
)

NOTICE_PAST = select(
    von.c.last_processing_stage,
    von.c.last_processing_date,
    von.c.prev_processing_stage,
    von.c.prev_processing_date,
    von.c.crs_reason_of_suspension,
    von.c.crs_date_of_suspension,
    von.c.payment_status,
    von.c.amount_paid,
).where(von.c.notice_no == NOTICE_NO)
STAGE_CHANGES = select(
    changes_of_stage.c.date_of_change,
    changes_of_stage.c.new_processing_stage,
    changes_of_stage.c.last_processing_stage,
    changes_of_stage.c.authorised_officer,
    changes_of_stage.c.source,
    changes_of_stage.c.reason_of_change,
    changes_of_stage.c.remarks,
).where(changes_of_stage.c.notice_no == NOTICE_NO)
SUSPENSIONS = select(
    suspended.c.date_of_suspension,
    suspended.c.suspension_type,
    suspended.c.reason_of_suspension,
    suspended.c.suspension_source,
    suspended.c.officer_authorising_suspension,
    suspended.c.due_date_of_revival,
    suspended.c.suspension_remarks,
    suspended.c.date_of_revival,
    suspended.c.revival_reason,
    suspended.c.officer_authorising_revival,
    suspended.c.revival_remarks,
).where(suspended.c.notice_no == NOTICE_NO)
COURT_CASE = select(
    court_case.c.cre_date, court_case.c.upd_date, court_case.c.court_payment_due_date, court_case.c.reason
).where(court_case.c.notice_no == NOTICE_NO)
HISTORY_ROWS = (
    select(*(history.c[name] for name in HISTORY))
    .where(history.c.notice_no == NOTICE_NO)
    .order_by(history.c.id)
)


class SqlOffenderReader:
    """One connection for the offender services."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def notice(self, notice_no: str) -> OffenderNotice | None:
        """Return a notice with everybody in its roles, in two statements."""
        return self._notice(READ_NOTICE, READ_HOLDERS, notice_no)

    def history(self, notice_no: str) -> NoticeHistory | None:
        """Return everything recorded of a notice, in five statements."""
        rows = self._rows(NOTICE_PAST, notice_no)
        if not rows:
            return None
        (row,) = rows
        court = self._rows(COURT_CASE, notice_no)
        return NoticeHistory(
            current=TimelineStageChange(singapore(row[1]), row[0], from_stage=row[2]),
            previous=TimelineStageChange(singapore(row[3]), row[2]) if row[2] and row[3] else None,
            stage_changes=tuple(
                TimelineStageChange(singapore(at), *rest)
                for at, *rest in self._rows(STAGE_CHANGES, notice_no)
            ),
            suspensions=tuple(map(suspension, self._rows(SUSPENSIONS, notice_no))),
            offenders=tuple(map(history_entry, self._rows(HISTORY_ROWS, notice_no))),
            court=CourtMark(
                singapore(court[0][1] or court[0][0]), singapore_or_none(court[0][2]), court[0][3]
            )
            if court
            else None,
            payment=PaymentMark(singapore(row[5]), row[4], row[6], row[7]) if row[5] else None,
        )

    def _notice(self, notice: Phrasing, holders: Phrasing, notice_no: str) -> OffenderNotice | None:
        dialect, bound = self._connection.dialect, {"notice_no": notice_no}
        rows = built_once(notice, dialect).rows(self._connection, bound)
        found = built_once(holders, dialect).rows(self._connection, bound) if rows else []
        in_roles = {row[0]: holder(row[:-2]) for row in found}
        assigned = {
            row[0]: PastAssignment(created=former is None, new_stage=stage)
            for row in found
            for stage, former in (row[-2:],)
            if stage
        }
        for number, vehicle_no, stage, since, amount, *_ in rows:
            return OffenderNotice(
                number,
                vehicle_no,
                stage,
                singapore(since),
                amount,
                in_roles,
                suspensions_of([row[5:] for row in rows]),
                assigned=assigned,
            )
        return None

    def _rows(self, statement: Select[Any], notice_no: str) -> list[Any]:
        return list(self._connection.execute(statement, {"notice_no": notice_no}))


class SqlOffenderStore(ChangeStore, SqlOffenderReader):
    """One writing transaction for the offender services."""

    def __init__(self, connection: Connection, changes: ChangeWriter) -> None:
        super().__init__(connection)
        self._changes = changes

    def notice(self, notice_no: str) -> OffenderNotice | None:
        """Lock and return a notice with everybody in its roles."""
        return self._notice(LOCK_NOTICE, LOCK_HOLDERS, notice_no)

    @rule("G13")
    def notice_for(self, notice_no: str, id_no: str) -> OffenderNotice | None:
        """Lock who becomes an offender, then the notice, and return the notice."""
        lock_identities(self._connection, [id_no])
        notice = self.notice(notice_no)
        if notice is None:
            return None
        found = self._connection.execute(SUSPENDED_FOR, {"notice_no": notice_no, "id_no": id_no}).all()
        rows = [row for row in found if row[-2] is None]  # the others are terms, which have a first day
        *_, listed, days = rows[0][: len(LISTED_FOR)]
        on_list = AssigneeOnHstList(
            {} if days is None else {HST: days},
            tuple(dated_reason(HST, *row[len(LISTED_FOR) :]) for row in found if row[-2] is not None),
        )
        return evolve(
            notice,
            suspensions=suspensions_of(rows),
            assignee_on_hst_list=on_list if listed else None,
        )


class SqlOffenderStores:
    """Opens transactions on the Intranet database for the offender services."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changes = built_once(ChangeWriter, engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[SqlOffenderReader]:
        """Open a connection that only reads."""
        with reading(self._engine) as connection:
            yield SqlOffenderReader(connection)

    @contextmanager
    def writing(self) -> Iterator[SqlOffenderStore]:
        """Open a transaction that locks, decides and writes."""
        with writing(self._engine) as connection:
            yield SqlOffenderStore(connection, self._changes)


def suspensions_of(rows: Sequence[Any]) -> Suspensions:
    """Return what suspends a notice, from its rows of `SUSPENSION_COLUMNS`."""
    *on_row, last = rows[0][: len(ON_ROW) + 1]
    records = [row[len(ON_ROW) + 1 :][: len(RECORD)] for row in rows]
    return suspensions(on_row, (open_suspension(*each) for each in records if each[0]), last or 0)


def holder(row: Any) -> RoleHolder:
    """Return who holds a role, from a row."""
    role, indicator, *rest = row
    person, rest = rest[: len(PERSON)], rest[len(PERSON) :]
    address_of, address, rest = rest[0], rest[1 : len(ADDRESS) + 1], rest[len(ADDRESS) + 1 :]
    return RoleHolder(
        role,
        indicator == "Y",
        Person(*person),
        MailingAddress(*address) if address_of is not None else None,
        FurnishDetail(*rest[1:]) if rest[0] is not None else None,
    )


def suspension(row: Any) -> TimelineSuspension:
    """Return the suspension record of a row."""
    at, kind, reason, source, officer, due, remarks, revived_at, *revival = row
    return TimelineSuspension(
        singapore(at),
        kind,
        reason,
        source,
        officer,
        singapore_or_none(due),
        remarks,
        singapore_or_none(revived_at),
        *revival,
    )


def history_entry(row: Any) -> OffenderHistoryKept:
    """Return an action on the offenders, from a row; the role was empty before where no indicator is kept."""
    number, role, action, officer, at, former_current, prev_stage, new_stage, was_current, *rest = row
    person, rest = Person(*rest[: len(PERSON)]), rest[len(PERSON) :]
    address, furnished = MailingAddress(*rest[: len(ADDRESS)]), FurnishDetail(*rest[len(ADDRESS) :])
    former = None if was_current is None else RoleHolder(role, was_current == "Y", person, address, furnished)
    return OffenderHistoryKept(
        number, role, action, officer, singapore(at), former_current, prev_stage, new_stage, former
    )

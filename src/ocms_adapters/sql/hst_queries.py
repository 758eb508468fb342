"""The reading statements of the HST services, and those that keep the queue."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from ocms_adapters.sql.audit import change_stamp
from ocms_adapters.sql.change_statements.address_enquiries import HST_QUERY
from ocms_adapters.sql.change_statements.hst import ADDRESS
from ocms_adapters.sql.current_offenders import is_current_offender
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.locking import lock_notices
from ocms_adapters.sql.moments import MOMENT, now
from ocms_adapters.sql.row_sets import among, row_set
from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.schema.intranet import AUDIT_USER
from ocms_adapters.sql.suspension_rows import ON_ROW, RECORD, STILL_OPEN, is_ts_hst
from ocms_core.hst.mha_exchange import OVERDUE, WAITING
from ocms_core.hst.renewing import PERIOD_EXPIRED
from ocms_core.kernel.addresses import DATAHIVE, MHA
from ocms_core.kernel.identity_numbers import FIN, NRIC
from ocms_core.kernel.payments import FULLY_PAID
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import HST
from ocms_core.reversals.former_rows import OTHER as TAKEN_BACK

von = t.ocms_valid_offence_notice.c
onod = t.ocms_offence_notice_owner_driver.c
addr = t.ocms_offence_notice_owner_driver_addr.c
suspended = t.ocms_suspended_notice.c
hst = t.ocms_hst.c
queue = t.ocms_adhoc_nro_queue.c
answers = t.ocms_temp_unc_hst_addr.c

CURRENT = is_current_offender()
OPEN_HST = and_(
    is_ts_hst(suspended),
    suspended.date_of_revival.is_(None),
)
HST_ANSWER = answers.query_reason == HST_QUERY
# Another system may keep an answer without the moment it came in; the time it was given may be any.
RECEIVED = func.coalesce(answers.processing_date_time, answers.upd_date, answers.cre_date)
HST_ENQUIRY = queue.query_reason == HST_QUERY
SENT = {MHA: queue.sent_to_mha_date, DATAHIVE: queue.sent_to_datahive_date}


def text(name: str) -> BindParameter[str]:
    """Return a text parameter."""
    return bindparam(name, type_=String)


def whole(name: str) -> BindParameter[int]:
    """Return an integer parameter."""
    return bindparam(name, type_=Integer)


def at(name: str) -> BindParameter[Any]:
    """Return a parameter that is a moment."""
    return bindparam(name, type_=MOMENT)


class Queries:
    """Every statement by its name; keys are bound as `keys`."""

    def __init__(self, dialect: Dialect) -> None:
        self.listed = listed().where(among(dialect, hst.id_no))
        answer = select(
            *(answers[name] for name in ("id_no", "id_type", "source", "response_date_time", *ADDRESS)),
            answers.address_type,
            answers.invalid_addr_tag,
            answers.effective_date,
        ).where(HST_ANSWER, answers.response_date_time.is_not(None))
        self.answers = answer.where(among(dialect, answers.id_no))
        self.checked = answer.where(at("since") <= RECEIVED, at("before") > RECEIVED).order_by(answers.id_no)

        self.notices_of_identities = lock_notices(
            notices()
            .join_from(
                t.ocms_valid_offence_notice,
                t.ocms_offence_notice_owner_driver,
                and_(onod.notice_no == von.notice_no, CURRENT),
            )
            .where(among(dialect, onod.id_no))
        )
        self.notices_unlocked = notices().where(among(dialect, von.notice_no))
        self.notices = lock_notices(self.notices_unlocked)
        self.suspensions_of_identities = suspensions().where(among(dialect, onod.id_no))
        self.suspensions_of_notices = suspensions_of_anybody().where(among(dialect, von.notice_no))
        self.offenders = select(onod.id_no).distinct().where(CURRENT, among(dialect, onod.notice_no))

        self.known_offender = known_offender()
        self.listed_total = select(func.count()).select_from(t.ocms_hst).where(*list_filters())
        self.listed_page = listed_page()
        self.with_new_notices = with_new_notices()
        self.due_notices = (
            select(suspended.notice_no)
            .distinct()
            .where(
                OPEN_HST,
                suspended.due_date_of_revival < at("before"),
                suspended.notice_no > text("after"),
            )
            .order_by(suspended.notice_no)
            .limit(whole("most"))
        )
        self.to_send = {
            system: select(queue.id_no, queue.id_type)
            .where(
                HST_ENQUIRY,
                column.is_(None),
                queue.id_no > text("after"),
                among(dialect, queue.id_type),
                exists().where(hst.id_no == queue.id_no),
            )
            .order_by(queue.id_no)
            .limit(whole("most"))
            for system, column in SENT.items()
        }
        self.queue_new = queue_new()
        self.queue_again = queue_again()
        self.unreported = select(answers.id_no, answers.response_date_time, RECEIVED).where(
            HST_ANSWER, answers.report_generated == "N", answers.response_date_time.is_not(None)
        )
        self.reported = row_set(dialect, {"id_no": String(12), "answered_at": MOMENT})
        rows = self.reported.rows.c
        self.mark_reported = (
            update(t.ocms_temp_unc_hst_addr)
            .where(
                HST_ANSWER,
                answers.id_no == rows.id_no,
                dialect_of(dialect).same_moment(answers.response_date_time, rows.answered_at),
            )
            .values(report_generated="Y", **change_stamp(now()))
        )
        self.leave_queue = delete(t.ocms_adhoc_nro_queue).where(
            HST_ENQUIRY,
            queue.sent_to_datahive_date.is_not(None),
            or_(queue.id_type.not_in((NRIC, FIN)), queue.sent_to_mha_date.is_not(None)),
            queue.id_no.in_(select(rows.id_no)),
        )
        file = housekeeping.ocms_mha_file.c
        self.file_applied = select(file.sha256).where(
            file.sha256 == text("sha256"), file.direction == text("direction")
        )
        self.files_waiting = select(file.direction, file.name, file.applied_at).where(
            file.direction.in_((WAITING, OVERDUE)), among(dialect, file.name)
        )
        self.statistics = statistics()


def listed(*besides: ColumnElement[Any]) -> Select[Any]:
    """Select identities on the list, and other columns besides."""
    return select(
        hst.id_no,
        hst.id_type,
        hst.name,
        *(hst[part] for part in ADDRESS),
        hst.cre_date,
        hst.date_of_addr_change,
        *besides,
    )


def notices() -> Select[Any]:
    """Select what a notice row holds of stage, payment and suspension."""
    return select(
        von.notice_no,
        von.last_processing_stage,
        von.last_processing_date,
        von.payment_status,
        *ON_ROW,
    )


def suspensions() -> Select[Any]:
    """Select the current offender of notices, their open suspensions, and the last number of all records."""
    return (
        select(*suspension_columns(onod.notice_no, onod.id_no, onod.owner_driver_indicator))
        .outerjoin_from(
            t.ocms_offence_notice_owner_driver,
            t.ocms_suspended_notice,
            and_(suspended.notice_no == onod.notice_no, STILL_OPEN),
        )
        .where(CURRENT)
    )


def suspensions_of_anybody() -> Select[Any]:
    """Select the same, also of notices without a current offender: identity and role are then empty (U5)."""
    offender = (func.coalesce(onod.id_no, ""), func.coalesce(onod.owner_driver_indicator, ""))
    return (
        select(*suspension_columns(von.notice_no, *offender))
        .select_from(t.ocms_valid_offence_notice)
        .outerjoin(t.ocms_offence_notice_owner_driver, and_(onod.notice_no == von.notice_no, CURRENT))
        .outerjoin(t.ocms_suspended_notice, and_(suspended.notice_no == von.notice_no, STILL_OPEN))
    )


def suspension_columns(
    notice_no: ColumnElement[str], *offender: ColumnElement[str]
) -> Sequence[ColumnElement[Any]]:
    """Return number, offender, open record, last number, and whether the newest TS-HST was let go."""
    every = t.ocms_suspended_notice.alias("every")
    last = select(func.max(every.c.sr_no)).where(every.c.notice_no == notice_no).scalar_subquery()
    over = case((newest_end(notice_no) == PERIOD_EXPIRED, 1), else_=0)
    return (notice_no, *offender, *RECORD, last, over)


def newest_end(notice_no: ColumnElement[str]) -> ScalarSelect[str]:
    """
    Select why the newest TS-HST record of a notice was closed; null while it is open or there is none.

    One that was taken back counts as never opened (K4).
    """
    records = t.ocms_suspended_notice.alias("newest_hst")
    return (
        select(records.c.revival_reason)
        .where(
            records.c.notice_no == notice_no,
            is_ts_hst(records.c),
            func.coalesce(records.c.revival_reason, "") != TAKEN_BACK,
        )
        .order_by(records.c.date_of_suspension.desc(), records.c.sr_no.desc())
        .limit(1)
        .scalar_subquery()
    )


def known_offender() -> Select[Any]:
    """Select whether an identity is listed, its newest name and address, and the number of its notices."""
    newest = (
        select(onod.name, addr.notice_no.label("has_address"), *(addr[part] for part in ADDRESS))
        .outerjoin_from(
            t.ocms_offence_notice_owner_driver,
            t.ocms_offence_notice_owner_driver_addr,
            and_(
                addr.notice_no == onod.notice_no,
                addr.owner_driver_indicator == onod.owner_driver_indicator,
                # A furnished address is blanked when somebody comes without one: it is none.
                or_(*(func.trim(addr[part]) != "" for part in ADDRESS)),
            ),
        )
        .where(onod.id_no == text("id_no"))
        .order_by(
            *newest_first(addr.effective_date, addr.processing_date_time, addr.notice_no, onod.notice_no)
        )
        .limit(1)
        .subquery("newest")
    )
    found = (
        select(
            case((exists().where(hst.id_no == text("id_no")), 1), else_=0).label("listed"),
            select(func.count(distinct(onod.notice_no)))
            .where(onod.id_no == text("id_no"), CURRENT)
            .scalar_subquery()
            .label("notices"),
        )
    ).subquery("asked")
    return select(found, newest).outerjoin_from(found, newest, literal(1) == literal(1))


def newest_first(*columns: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
    """Return the order of columns, latest first and null last, the same on every database."""
    return [part for each in columns for part in (case((each.is_(None), 1), else_=0), each.desc())]


def list_filters() -> tuple[ColumnElement[bool], ...]:
    """Return the filters of the list; one bound to null lets every row through."""
    return (
        or_(text("id_no").is_(None), hst.id_no == text("id_no")),
        or_(at("since").is_(None), hst.cre_date >= at("since")),
        or_(at("before").is_(None), hst.cre_date < at("before")),
    )


def listed_page() -> Select[Any]:
    """
    Select a page of the list, newest first, with the notices under TS-HST and the last answer.

    An answer to an earlier listing of the identity is none of this one.
    """
    held = (
        select(func.count(distinct(suspended.notice_no)))
        .join_from(
            t.ocms_offence_notice_owner_driver,
            t.ocms_suspended_notice,
            and_(suspended.notice_no == onod.notice_no, OPEN_HST),
        )
        .where(onod.id_no == hst.id_no, CURRENT)
        .scalar_subquery()
    )
    last = select(func.max(answers.response_date_time)).where(
        HST_ANSWER, answers.id_no == hst.id_no, answers.response_date_time >= hst.cre_date
    )
    return (
        listed(held.label("notices"), last.scalar_subquery().label("last_check"))
        .where(*list_filters())
        .order_by(hst.cre_date.desc(), hst.id_no)
        .offset(whole("skip"))
        .limit(whole("limit"))
    )


def with_new_notices() -> Select[Any]:
    """
    Select listed identities with notices at any of the eleven stages that are not suspended.

    What the decision leaves alone is left out here too, or it would be found in vain every night.
    """
    new_notice = exists().where(
        von.notice_no == onod.notice_no,
        von.last_processing_stage.in_(sorted(OPEN_TO_CHANGE)),
        von.suspension_type.is_(None),
        von.crs_reason_of_suspension.is_(None),
        func.coalesce(von.payment_status, "") != FULLY_PAID,
        ~exists()
        .where(suspended.notice_no == von.notice_no, suspended.date_of_revival.is_(None))
        .correlate(t.ocms_valid_offence_notice),
        func.coalesce(newest_end(von.notice_no), "") != PERIOD_EXPIRED,
    )
    # Joined in one EXISTS, SQLite would go through all notices at these stages for each identity.
    return (
        select(hst.id_no)
        .where(hst.id_no > text("after"), exists().where(onod.id_no == hst.id_no, CURRENT, new_notice))
        .order_by(hst.id_no)
        .limit(whole("most"))
    )


def queue_new() -> Any:
    """Insert the listed identities that are not queued, and have not answered this month already."""
    queued = exists().where(HST_ENQUIRY, queue.id_no == hst.id_no)
    answered = exists().where(
        HST_ANSWER,
        answers.id_no == hst.id_no,
        at("month") <= RECEIVED,
        answers.response_date_time >= hst.cre_date,
    )
    rows = select(hst.id_no, literal(HST_QUERY), hst.id_type, now(), literal(AUDIT_USER)).where(
        ~queued, ~answered
    )
    queue_them = insert(t.ocms_adhoc_nro_queue).from_select(
        ["id_no", "query_reason", "id_type", "cre_date", "cre_user_id"], rows
    )
    return queue_them.execution_options(preserve_rowcount=True)


def queue_again() -> Any:
    """Update identities that were last sent in an earlier month, and never answered, to be sent again."""
    kept = {column: case((column < at("month"), null()), else_=column) for column in SENT.values()}
    return (
        update(t.ocms_adhoc_nro_queue)
        .where(
            HST_ENQUIRY,
            or_(*(column < at("month") for column in SENT.values())),
            exists().where(hst.id_no == queue.id_no),
        )
        .values({**{column.name: value for column, value in kept.items()}, **change_stamp(now())})
    )


def statistics() -> Select[Any]:
    """Count the list and its suspensions now, and those of a period."""
    before, earlier = t.ocms_suspended_notice.alias("before"), t.ocms_suspended_notice.alias("earlier")
    # A record in the place of one that was closed by mistake has its moment, and is no further suspension.
    is_in_place_of_another = exists().where(
        earlier.c.notice_no == suspended.notice_no,
        earlier.c.date_of_suspension == suspended.date_of_suspension,
        earlier.c.sr_no < suspended.sr_no,
        is_ts_hst(earlier.c),
    )
    in_period = and_(
        is_ts_hst(suspended),
        suspended.date_of_suspension >= at("since"),
        suspended.date_of_suspension < at("before"),
        ~is_in_place_of_another,
    )
    was_renewed = exists().where(
        before.c.notice_no == suspended.notice_no,
        before.c.reason_of_suspension == HST.code,
        before.c.revival_reason == PERIOD_EXPIRED,
        before.c.date_of_revival == suspended.date_of_suspension,
    )
    held = (
        select(func.count(distinct(hst.id_no)))
        .select_from(t.ocms_hst)
        .where(onod.id_no == hst.id_no, CURRENT, suspended.notice_no == onod.notice_no, OPEN_HST)
    )
    records = select(func.count()).select_from(t.ocms_suspended_notice)
    return select(
        select(func.count()).select_from(t.ocms_hst).scalar_subquery(),
        records.where(OPEN_HST).scalar_subquery(),
        records.where(in_period, ~was_renewed).scalar_subquery(),
        records.where(in_period, was_renewed).scalar_subquery(),
        select(func.count(distinct(suspended.notice_no))).where(OPEN_HST).scalar_subquery(),
        held.scalar_subquery(),
    )

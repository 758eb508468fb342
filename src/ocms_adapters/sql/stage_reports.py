"""The rows of stage change reports, and the registry of reports."""

from collections.abc import Generator, Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from ocms_adapters.sql.audit import change_stamp, creation_stamp
from ocms_adapters.sql.current_offenders import order_of
from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.dates import day_after, local, singapore
from ocms_core.kernel.report_store import StoredReport
from ocms_core.stages.reports import KIND, OfficerDay, ReportBatch, ReportEntry

# To be closed where it is left before its end.
Rows: TypeAlias = Generator[tuple[Any, ...], None, None]

ROWS_AT_ONCE = 1_000
# In the statement itself: what is grouped by may bind no value, says SQL Server.
NOBODY = literal_column("'UNKNOWN'", String)

von = t.ocms_valid_offence_notice.c
onod = t.ocms_offence_notice_owner_driver.c
changed = t.ocms_change_of_processing.c
report = housekeeping.ocms_report.c

# Who did it, for a row another system wrote without saying.
OFFICER = func.coalesce(changed.authorised_officer, changed.source, NOBODY)


# The one person of a notice a report shows, as the search does (S3).
EVERYONE = t.ocms_offence_notice_owner_driver.alias("everyone").c
SHOWN_INDICATOR = (
    select(EVERYONE.owner_driver_indicator)
    .where(EVERYONE.notice_no == changed.notice_no)
    .order_by(
        case((EVERYONE.offender_indicator == "Y", 0), else_=1),
        order_of(EVERYONE.owner_driver_indicator),
    )
    .limit(1)
    .correlate(t.ocms_change_of_processing)
    .scalar_subquery()
)
SHOWN_OFFENDER = and_(onod.notice_no == changed.notice_no, onod.owner_driver_indicator == SHOWN_INDICATOR)

# When the stage that was left had been entered: the notice holds it until it moves on. From then on the
# change before does, if it led to that very stage: a move of Toppan or the court in between leaves no row.
# Of two changes at one moment the later one left the stage that the other had led to.
BEFORE = t.ocms_change_of_processing.alias("before").c
since = t.ocms_change_of_processing.alias("since")
LEFT_SINCE = (
    exists()
    .where(
        since.c.notice_no == BEFORE.notice_no,
        since.c.date_of_change > BEFORE.date_of_change,
        since.c.date_of_change < changed.date_of_change,
    )
    .correlate_except(since)
)
ENTERED_BEFORE = (
    select(func.max(BEFORE.date_of_change))
    .where(
        BEFORE.notice_no == changed.notice_no,
        BEFORE.new_processing_stage == changed.last_processing_stage,
        or_(
            BEFORE.date_of_change < changed.date_of_change,
            and_(
                BEFORE.date_of_change == changed.date_of_change,
                BEFORE.new_processing_stage != changed.new_processing_stage,
                BEFORE.cre_date <= changed.cre_date,
            ),
        ),
        ~LEFT_SINCE,
    )
    .correlate(t.ocms_change_of_processing)
    .scalar_subquery()
)
IS_LATEST = and_(
    von.last_processing_date == changed.date_of_change,
    von.last_processing_stage == changed.new_processing_stage,
)
PREVIOUS_DATE = case((IS_LATEST, von.prev_processing_date), else_=ENTERED_BEFORE)


def rows(connection: Connection, *conditions: ColumnElement[bool]) -> Rows:
    """Yield report rows in notice order, so many at a time."""
    statement: Select[Any] = (
        select(
            changed.notice_no,
            func.coalesce(von.offence_type, von.offence_notice_type),
            von.notice_date_and_time,
            von.vehicle_no,
            onod.id_no,
            onod.name,
            changed.last_processing_stage,
            PREVIOUS_DATE,
            changed.new_processing_stage,
            changed.date_of_change,
            changed.reason_of_change,
            changed.remarks,
            OFFICER,
            changed.cre_date,
            changed.source,
        )
        .select_from(t.ocms_change_of_processing)
        .outerjoin(t.ocms_valid_offence_notice, von.notice_no == changed.notice_no)
        .outerjoin(t.ocms_offence_notice_owner_driver, SHOWN_OFFENDER)
        .where(*conditions)
        .order_by(changed.notice_no, changed.date_of_change, changed.cre_date)
    )
    with connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement) as streamed:
        for row in streamed:
            yield tuple(row)


def batch_rows(connection: Connection, batch: ReportBatch) -> Rows:
    """Yield the report rows of a batch."""
    return rows(
        connection,
        changed.date_of_change == local(batch.date_of_change),
        changed.cre_date == local(batch.submitted),
        changed.authorised_officer == batch.officer,
        changed.source == batch.source,
    )


def day_rows(connection: Connection, day: date) -> Rows:
    """Yield the report rows of a day."""
    return rows(connection, *between(day, day))


def between(start: date, end: date) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for changes of these days, both included."""
    yield changed.date_of_change >= datetime.combine(start, time())
    following = day_after(end)
    if following:
        yield changed.date_of_change < datetime.combine(following, time())


def days(connection: Connection, start: date, end: date) -> Iterable[OfficerDay]:
    """Count the change rows of each day and officer."""
    day = dialect_of(connection.dialect).day_of(changed.date_of_change)
    counted = (
        select(day.label("day"), OFFICER.label("officer"), func.count())
        .where(*between(start, end))
        .group_by(day, OFFICER)
    )
    return [OfficerDay(*row) for row in connection.execute(counted)]


def register(connection: Connection, entry: ReportEntry) -> None:
    """Insert a report into the registry; the key refuses a name that is taken."""
    batch = entry.batch
    connection.execute(
        insert(housekeeping.ocms_report).values(
            report_name=entry.name,
            kind=KIND,
            authorised_officer=batch.officer,
            source=batch.source,
            period_from=local(batch.date_of_change),
            **creation_stamp(local(batch.submitted)),
        )
    )


def note_stored(connection: Connection, name: str, stored: StoredReport, now: datetime) -> None:
    """Record that a report is in the store."""
    connection.execute(
        update(housekeeping.ocms_report)
        .where(report.report_name == name)
        .values(
            row_count=stored.row_count,
            sha256=stored.sha256,
            stored_at=local(now),
            **change_stamp(local(now)),
        )
    )


def find(connection: Connection, name: str) -> ReportEntry | None:
    """Return a stage report of the registry; None where there is none."""
    row = connection.execute(
        select(
            report.authorised_officer, report.source, report.period_from, report.cre_date, report.stored_at
        ).where(report.report_name == name, report.kind == KIND)
    ).first()
    if row is None:
        return None
    batch = ReportBatch(
        row.authorised_officer, row.source, singapore(row.period_from), singapore(row.cre_date)
    )
    return ReportEntry(name, batch, is_stored=row.stored_at is not None)

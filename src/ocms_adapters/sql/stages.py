"""The reading and writing transactions of the services of stage changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Executable,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
    union_all,
)

from ocms_adapters.sql import stage_reports, stage_search
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_statements.put_back import NOTICE_COLUMNS as CHANGED_COLUMNS
from ocms_adapters.sql.change_store import ChangeStore
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.found_rows import FoundRows, finding
from ocms_adapters.sql.locking import lock_notices
from ocms_adapters.sql.moments import MOMENT, singapore_or_none
from ocms_adapters.sql.reference import read_reference
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.suspension_rows import ON_ROW, open_records, records_by_notice, suspensions
from ocms_adapters.sql.transactions import reading, streaming, writing
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.payments import PAYABLE, is_fully_paid
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.suspensions import OpenSuspension
from ocms_core.stages.facts import EntryChange, FoundNotice, Period, StageFacts, StageNotice, ToppanFacts
from ocms_core.stages.notice_state import NoticeDetails
from ocms_core.stages.reports import OfficerDay, ReportBatch, ReportEntry
from ocms_core.stages.request_checks import Criteria

von_table, onod_table = t.ocms_valid_offence_notice, t.ocms_offence_notice_owner_driver
von, onod = von_table.c, onod_table.c
changed = t.ocms_change_of_processing.c

# Stands in for the columns of a suspension record.
NO_RECORD = (
    cast(null(), String(2)).label("suspension_type"),
    cast(null(), String(3)).label("reason_of_suspension"),
    cast(null(), MOMENT).label("date_of_suspension"),
    cast(null(), Integer).label("sr_no"),
    cast(null(), MOMENT).label("due_date_of_revival"),
)


NOTICE_COLUMNS = (
    von.notice_no,
    von.last_processing_stage,
    von.last_processing_date,
    von.next_processing_stage,
    von.composition_amount,
    von.payment_status,
    *ON_ROW,
)


class StageStatements:
    """The reading statements of the services of stage changes."""

    def __init__(self, dialect: Dialect) -> None:
        self.notices = select(*NOTICE_COLUMNS).where(among(dialect, von.notice_no))
        self.notices_locked = finding(lock_notices(self.notices), von_table, CHANGED_COLUMNS)
        self.details = select(
            *NOTICE_COLUMNS,
            func.coalesce(von.offence_type, von.offence_notice_type).label("offence_type"),
            von.notice_date_and_time,
            von.vehicle_no,
            von.pp_name,
            von.next_processing_date,
            von.amount_payable,
            von.amount_paid,
            von.payment_due_date,
            von.payment_acceptance_allowed,
            von.prev_processing_stage,
            von.prev_processing_date,
        ).where(among(dialect, von.notice_no))
        # Read once the notices are locked: everyone of theirs, and the open records. Not as one union, for
        # which PostgreSQL starts processes of its own: five milliseconds for a union that takes two.
        is_current = case((onod.offender_indicator == "Y", 1), else_=0).label("is_current")
        people = select(onod.notice_no, onod.owner_driver_indicator, is_current).where(
            among(dialect, onod.notice_no)
        )
        self.people = finding(people, onod_table, ["mha_dh_check_allow"])
        self.open_records = open_records(dialect)
        self.changed = select(changed.notice_no).where(
            among(dialect, changed.notice_no),
            changed.date_of_change >= bindparam("since", type_=MOMENT),
            changed.date_of_change < bindparam("until", type_=MOMENT),
        )
        self.changed_to = self.changed.where(
            changed.new_processing_stage == bindparam("changed_to", type_=String)
        )
        # Not the newest row: one of a change that was taken back, and the reversal's own, are newer (K4).
        self.entries = union_all(
            select(
                changed.notice_no,
                changed.source,
                changed.new_processing_stage,
                changed.date_of_change,
                *NO_RECORD,
            )
            .join_from(
                t.ocms_valid_offence_notice,
                t.ocms_change_of_processing,
                and_(
                    changed.notice_no == von.notice_no,
                    changed.date_of_change == von.last_processing_date,
                    changed.new_processing_stage == von.last_processing_stage,
                ),
            )
            .where(among(dialect, von.notice_no)),
            open_records(dialect, cast(null(), String(4)), cast(null(), String(3)), cast(null(), MOMENT)),
        )


class SqlStageReader:
    """One reading connection for the services of stage changes."""

    def __init__(self, connection: Connection, statements: StageStatements) -> None:
        self._connection = connection
        self._statements = statements
        self._streams: list[stage_reports.Rows] = []

    def search(self, criteria: Criteria, most: int) -> tuple[Sequence[FoundNotice], int]:
        """Return the first `most` notices that meet all criteria, in notice order, and how many there are."""
        return stage_search.search(self._connection, criteria, most)

    def listed(self, notice_nos: Sequence[str]) -> Sequence[FoundNotice]:
        """Return the notices of some numbers that exist, in notice order."""
        return stage_search.listed(self._connection, notice_nos)

    def details(self, notice_nos: Sequence[str]) -> Mapping[str, NoticeDetails]:
        """Return the notices that exist, with what an officer's screen shows, in three statements."""
        rows = self._rows(self._statements.details, notice_nos)
        people = self._statements.people.rows(self._connection, notice_nos)
        notices = self._with_roles([row[: len(NOTICE_COLUMNS)] for row in rows], people, notice_nos)
        return {row.notice_no: details_of_row(row, notices) for row in rows}

    def stage_facts(
        self, notice_nos: Sequence[str], changed_in: Period | None, changed_to: str | None = None
    ) -> StageFacts:
        """Return the notices, the reference data, and which notices have such a change row in a period."""
        reference = read_reference(self._connection)
        notices = self._with_roles(self._notices(notice_nos), self._people(notice_nos), notice_nos)
        changed_notices: frozenset[str] = frozenset()
        if changed_in:
            since, until = map(local, changed_in)
            statements, period = self._statements, {"since": since, "until": until}
            if changed_to is None:
                rows_of_period = self._rows(statements.changed, notice_nos, **period)
            else:
                rows_of_period = self._rows(
                    statements.changed_to, notice_nos, **period, changed_to=changed_to
                )
            changed_notices = frozenset(row[0] for row in rows_of_period)
        return StageFacts(reference, notices, changed_notices)

    def days(self, start: date, end: date) -> Iterable[OfficerDay]:
        """Count the change rows of each day and officer, both days included."""
        return stage_reports.days(self._connection, start, end)

    def report(self, name: str) -> ReportEntry | None:
        """Return a report of the registry; None where there is none."""
        return stage_reports.find(self._connection, name)

    def batch_rows(self, batch: ReportBatch) -> Iterable[tuple[object, ...]]:
        """Stream the report rows of a batch in notice order."""
        return self._streamed(stage_reports.batch_rows(self._connection, batch))

    def day_rows(self, day: date) -> Iterable[tuple[object, ...]]:
        """Stream the report rows of a day in notice order."""
        return self._streamed(stage_reports.day_rows(self._connection, day))

    def close(self) -> None:
        """Close what is still being streamed."""
        for stream in self._streams:
            stream.close()

    def _streamed(self, rows: stage_reports.Rows) -> stage_reports.Rows:
        self._streams.append(rows)
        return rows

    def _notices(self, notice_nos: Sequence[str]) -> Sequence[Any]:
        return self._rows(self._statements.notices, notice_nos)

    def _people(self, notice_nos: Sequence[str]) -> FoundRows:
        return self._statements.people.rows(self._connection, notice_nos)

    def _with_roles(
        self, rows: Sequence[Any], people: FoundRows, notice_nos: Sequence[str]
    ) -> dict[str, StageNotice]:
        current = [(row[0], row[1]) for row in people.rows if row[2]]
        # Of two current offenders, whom others may leave, the first by role counts.
        roles: dict[str, str] = dict(sorted(current, key=lambda row: role_order(row[1]), reverse=True))
        records = records_by_notice(self._rows(self._statements.open_records, notice_nos))
        return notices_of(rows, roles, records)

    def _rows(self, statement: Executable, notice_nos: Sequence[str], **bound: object) -> Sequence[Any]:
        keys = bind_keys(self._connection.dialect, notice_nos)
        return self._connection.execute(statement, keys | bound).all()


class SqlStageStore(ChangeStore, SqlStageReader):
    """One writing transaction for the services of stage changes."""

    def __init__(self, connection: Connection, statements: StageStatements, changes: ChangeWriter) -> None:
        super().__init__(connection, statements)
        self._changes = changes

    def _notices(self, notice_nos: Sequence[str]) -> Sequence[Any]:
        """Lock the notices."""
        locked = self._statements.notices_locked
        return locked.decisive(self._find(locked, notice_nos))

    def _people(self, notice_nos: Sequence[str]) -> FoundRows:
        """Return those of the locked notices, as they are before they change."""
        return self._find(self._statements.people, notice_nos)

    def toppan_facts(self, notice_nos: Sequence[str]) -> ToppanFacts:
        """Lock the notices; return them with reference data and the change row each entered its stage by."""
        reference = read_reference(self._connection)
        rows = self._notices(notice_nos)
        found = self._rows(self._statements.entries, notice_nos)
        entries = {
            notice_no: EntryChange(source, stage, singapore(at))
            for notice_no, source, stage, at, *_ in found
            if at is not None
        }
        records = records_by_notice((row[0], *row[4:]) for row in found if row[3] is None)
        return ToppanFacts(reference, notices_of(rows, {}, records), entries)

    def register(self, entry: ReportEntry) -> None:
        """Insert a report into the registry; `RowRejected` when the name is taken."""
        stage_reports.register(self._connection, entry)

    def record_stored(self, name: str, report: StoredReport, now: datetime) -> None:
        """Record in the registry that a report is in the store."""
        stage_reports.note_stored(self._connection, name, report, now)


def details_of_row(row: Any, notices: Mapping[str, StageNotice]) -> NoticeDetails:
    """Return the notice of a row with what an officer's screen shows."""
    return NoticeDetails(
        notices[row.notice_no],
        row.offence_type,
        singapore(row.notice_date_and_time),
        row.vehicle_no,
        place=row.pp_name,
        next_at=singapore_or_none(row.next_processing_date),
        amount_payable=row.amount_payable,
        amount_paid=row.amount_paid,
        payment_due=singapore_or_none(row.payment_due_date),
        payment_refused=row.payment_acceptance_allowed != PAYABLE,
        previous_stage=row.prev_processing_stage,
        previous_at=singapore_or_none(row.prev_processing_date),
    )


def notices_of(
    rows: Iterable[Any], roles: Mapping[str, str], records: Mapping[str, Sequence[OpenSuspension]]
) -> dict[str, StageNotice]:
    """
    Return the notices of rows, each with the role of its current offender and its open suspensions.

    Most rows of a batch have their moments and their suspension in common, so those values are made once.
    """
    moment, on_row_alone = cache(singapore), cache(suspensions)
    return {
        notice_no: StageNotice(
            notice_no,
            stage,
            moment(since),
            following,
            composition,
            roles.get(notice_no),
            suspensions(on_row, records[notice_no]) if notice_no in records else on_row_alone(tuple(on_row)),
            paid=is_fully_paid(payment_status),
        )
        for notice_no, stage, since, following, composition, payment_status, *on_row in rows
    }


class SqlStageStores:
    """Opens transactions on the Intranet database for the services of stage changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._statements = built_once(StageStatements, engine.dialect)
        self._changes = built_once(ChangeWriter, engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[SqlStageReader]:
        """Open a connection that only reads."""
        with reading(self._engine) as connection:
            yield SqlStageReader(connection, self._statements)

    @contextmanager
    def streaming(self) -> Iterator[SqlStageReader]:
        """Open a connection that reads many rows part by part."""
        with (
            streaming(self._engine) as connection,
            closing(SqlStageReader(connection, self._statements)) as reader,
        ):
            yield reader

    @contextmanager
    def writing(self) -> Iterator[SqlStageStore]:
        """Open a transaction that locks, decides and writes."""
        with writing(self._engine) as connection:
            yield SqlStageStore(connection, self._statements, self._changes)

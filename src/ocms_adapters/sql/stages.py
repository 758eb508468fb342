"""The reading and writing transactions of the services of stage changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Select, and_, bindparam, func, select

from ocms_adapters.sql import stage_reports, stage_search
from ocms_adapters.sql.built_statements import built_once
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.locking import lock_notices
from ocms_adapters.sql.moments import MOMENT
from ocms_adapters.sql.reference import read_reference
from ocms_adapters.sql.row_sets import among, bind_keys
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.transactions import reading, streaming, writing
from ocms_core.kernel.changes import Change
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.payments import is_fully_paid
from ocms_core.kernel.report_store import StoredReport
from ocms_core.stages.facts import FoundNotice, LatestChange, Period, StageFacts, StageNotice, ToppanFacts
from ocms_core.stages.reports import OfficerDay, ReportBatch, ReportEntry
from ocms_core.stages.request_checks import Criteria

von = t.ocms_valid_offence_notice.c
onod = t.ocms_offence_notice_owner_driver.c
changed = t.ocms_change_of_processing.c


class StageStatements:
    """The reading statements of the services of stage changes."""

    def __init__(self, dialect: Dialect) -> None:
        self.notices = select(
            von.notice_no,
            von.last_processing_stage,
            von.last_processing_date,
            von.next_processing_stage,
            von.suspension_type,
            von.composition_amount,
            von.payment_status,
        ).where(among(dialect, von.notice_no))
        self.notices_locked = lock_notices(self.notices)
        self.roles = select(onod.notice_no, onod.owner_driver_indicator).where(
            among(dialect, onod.notice_no), onod.offender_indicator == "Y"
        )
        self.changed = select(changed.notice_no).where(
            among(dialect, changed.notice_no),
            changed.date_of_change >= bindparam("since", type_=MOMENT),
            changed.date_of_change < bindparam("until", type_=MOMENT),
        )
        latest = (
            select(changed.notice_no, func.max(changed.date_of_change).label("date"))
            .where(among(dialect, changed.notice_no))
            .group_by(changed.notice_no)
            .subquery("latest")
        )
        self.latest_changes = select(
            changed.notice_no, changed.source, changed.new_processing_stage, changed.date_of_change
        ).join_from(
            latest,
            t.ocms_change_of_processing,
            and_(changed.notice_no == latest.c.notice_no, changed.date_of_change == latest.c.date),
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

    def stage_facts(self, notice_nos: Sequence[str], changed_in: Period | None) -> StageFacts:
        """Return the notices, the reference data, and which notices have a change row in a period."""
        return self._stage_facts(self._statements.notices, notice_nos, changed_in)

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

    def _stage_facts(
        self, statement: Select[Any], notice_nos: Sequence[str], changed_in: Period | None
    ) -> StageFacts:
        reference = read_reference(self._connection)
        rows = self._rows(statement, notice_nos)
        roles = {row[0]: row[1] for row in self._rows(self._statements.roles, notice_nos)}
        changed_notices: frozenset[str] = frozenset()
        if changed_in:
            since, until = map(local, changed_in)
            found = self._rows(self._statements.changed, notice_nos, since=since, until=until)
            changed_notices = frozenset(row[0] for row in found)
        return StageFacts(reference, notices_of(rows, roles), changed_notices)

    def _rows(self, statement: Select[Any], notice_nos: Sequence[str], **bound: datetime) -> Sequence[Any]:
        keys = bind_keys(self._connection.dialect, notice_nos)
        return self._connection.execute(statement, keys | bound).all()


class SqlStageStore(SqlStageReader):
    """One writing transaction for the services of stage changes."""

    def __init__(self, connection: Connection, statements: StageStatements, changes: ChangeWriter) -> None:
        super().__init__(connection, statements)
        self._changes = changes

    def stage_facts(self, notice_nos: Sequence[str], changed_in: Period | None) -> StageFacts:
        """Lock the notices; return them with the reference data and the changes in a period."""
        return self._stage_facts(self._statements.notices_locked, notice_nos, changed_in)

    def toppan_facts(self, notice_nos: Sequence[str]) -> ToppanFacts:
        """Lock the notices; return them with the newest change row of each and the reference data."""
        reference = read_reference(self._connection)
        notices = notices_of(self._rows(self._statements.notices_locked, notice_nos), {})
        latest = {
            notice_no: LatestChange(source, stage, singapore(at))
            for notice_no, source, stage, at in self._rows(self._statements.latest_changes, notice_nos)
        }
        return ToppanFacts(reference, notices, latest)

    def register(self, entry: ReportEntry) -> None:
        """Insert a report into the registry; `RowRejected` when the name is taken."""
        stage_reports.register(self._connection, entry)

    def record_stored(self, name: str, report: StoredReport, now: datetime) -> None:
        """Record in the registry that a report is in the store."""
        stage_reports.note_stored(self._connection, name, report, now)

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """Write every change with its outbox rows."""
        return self._changes.record(self._connection, changes, now, isolate=isolate)


def notices_of(rows: Iterable[Any], roles: Mapping[str, str]) -> dict[str, StageNotice]:
    """Return the notices of rows, each with the role of its current offender."""
    return {
        notice_no: StageNotice(
            notice_no,
            stage,
            singapore(since),
            following,
            suspension,
            composition,
            roles.get(notice_no),
            paid=is_fully_paid(payment_status),
        )
        for notice_no, stage, since, following, suspension, composition, payment_status in rows
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

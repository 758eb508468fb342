"""Open notices by stage and age, and the lists behind the figures, each in one statement."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time

from attrs import frozen
from sqlalchemy import Connection, Engine, case, func, or_, select

from ocms_adapters.sql.moments import singapore_or_none
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.stage_reports import OFFICER, between
from ocms_adapters.sql.transactions import reading
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.stage_moves import StageChange
from ocms_core.kernel.suspensions import PERMANENT
from ocms_core.stages.ageing import AgedNotice

von = t.ocms_valid_offence_notice.c
changed = t.ocms_change_of_processing.c

OPEN = or_(von.suspension_type.is_(None), von.suspension_type != PERMANENT)


@frozen
class SqlAgeingReader:
    """One reading connection for the figures of the dashboard."""

    _connection: Connection

    def counts(self, since: Sequence[date]) -> Iterable[tuple[str, int, int]]:
        """Count open notices by stage and band."""
        entered = von.last_processing_date
        band = case(*((entered >= midnight(day), place) for place, day in enumerate(since)), else_=len(since))
        each = select(von.last_processing_stage.label("stage"), band.label("band")).where(OPEN).subquery()
        counted = select(each.c.stage, each.c.band, func.count()).group_by(each.c.stage, each.c.band)
        return [tuple(row) for row in self._connection.execute(counted)]

    def open_notices(
        self, stage: str, since: date | None, before: date | None, most: int
    ) -> Sequence[AgedNotice]:
        """Return the open notices of a stage that entered it in a period, those of longest standing first."""
        entered = von.last_processing_date
        period = [entered >= midnight(since)] if since else []
        period += [entered < midnight(before)] if before else []
        statement = (
            select(
                von.notice_no,
                von.vehicle_no,
                von.last_processing_stage,
                entered,
                von.next_processing_stage,
                von.next_processing_date,
                von.amount_payable,
            )
            .where(von.last_processing_stage == stage, OPEN, *period)
            .order_by(entered, von.notice_no)
            .limit(most)
        )
        return [
            AgedNotice(number, vehicle, where, singapore(at), following, singapore_or_none(due), amount)
            for number, vehicle, where, at, following, due, amount in self._connection.execute(statement)
        ]

    def changes(self, officer: str, day: date, most: int) -> Sequence[StageChange]:
        """Return the change rows of an officer and day, the latest first."""
        statement = (
            select(
                changed.notice_no,
                changed.date_of_change,
                changed.new_processing_stage,
                func.coalesce(changed.last_processing_stage, ""),
                changed.reason_of_change,
                OFFICER,
                func.coalesce(changed.source, ""),
                changed.remarks,
            )
            .where(*between(day, day), OFFICER.is_not_distinct_from(officer))
            .order_by(changed.date_of_change.desc(), changed.notice_no, changed.new_processing_stage)
            .limit(most)
        )
        return [
            StageChange(number, singapore(at), *rest)
            for number, at, *rest in self._connection.execute(statement)
        ]


@frozen
class SqlAgeingStores:
    """The notices and change rows of the Intranet database."""

    _engine: Engine

    @contextmanager
    def reading(self) -> Iterator[SqlAgeingReader]:
        """Open a transaction that only reads."""
        with reading(self._engine) as connection:
            yield SqlAgeingReader(connection)


def midnight(day: date) -> datetime:
    """Return the moment a day begins, as the tables keep it."""
    return datetime.combine(day, time())

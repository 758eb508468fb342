"""Cases that wait, the oldest first, those of a kind in one statement (K5)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from attrs import frozen
from sqlalchemy import Column, ColumnElement, Engine, and_, case, exists, func, literal, or_, select

from ocms_adapters.sql.hst_queries import HST_ANSWER, HST_ENQUIRY, RECEIVED
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.lock_times import IN_UTC, LockTimes
from ocms_adapters.sql.schema import housekeeping as h
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.transactions import reading, streaming
from ocms_core.jobs.runs import Run
from ocms_core.jobs.stuck_cases import (
    DueNotice,
    DueSuspension,
    StuckKind,
    WaitingCase,
    WaitingDelivery,
    WaitingEnquiry,
    is_idle_by_right,
)
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.payments import FULLY_PAID

von = t.ocms_valid_offence_notice.c
suspended = t.ocms_suspended_notice.c
outbox = h.ocms_outbox.c
queue = t.ocms_adhoc_nro_queue.c
answers = t.ocms_temp_unc_hst_addr.c

PART = 1_000
SHOWS_SUSPENSION = or_(von.suspension_type.is_not(None), von.crs_reason_of_suspension.is_not(None))

# An identity stays queued until every system has answered; an answer of any is one.
ANSWERED = exists().where(
    HST_ANSWER,
    answers.id_no == queue.id_no,
    answers.response_date_time.is_not(None),
    queue.cre_date <= RECEIVED,
)


@frozen
class Source:
    """
    The table of a kind of case: its columns as `build` takes them, and which rows wait.

    They are ordered by when they are late, then by the rest of `order`.
    """

    columns: tuple[ColumnElement[Any], ...]
    waits: ColumnElement[bool]
    order: tuple[Column[Any], ...]
    build: Callable[..., WaitingCase]


def moments_of(kind: Callable[..., WaitingCase]) -> Callable[..., WaitingCase]:
    """Return a builder of a case from a row whose moments are as the tables keep them."""

    def build(*values: object) -> WaitingCase:
        return kind(*(singapore(value) if isinstance(value, datetime) else value for value in values))

    return build


SOURCES: Mapping[StuckKind, Source] = {
    StuckKind.NOTICE: Source(
        columns=(
            von.notice_no,
            von.last_processing_stage,
            von.last_processing_date,
            von.next_processing_stage,
            von.next_processing_date,
            von.payment_status,
            case((SHOWS_SUSPENSION, 1), else_=0),
        ),
        waits=and_(
            von.next_processing_stage.is_not(None),
            ~SHOWS_SUSPENSION,
            func.coalesce(von.payment_status, "") != FULLY_PAID,
            von.last_processing_date <= von.next_processing_date,
        ),
        order=(von.next_processing_date, von.notice_no),
        build=moments_of(DueNotice),
    ),
    StuckKind.SUSPENSION: Source(
        columns=(
            suspended.notice_no,
            suspended.sr_no,
            suspended.suspension_type + literal("-") + suspended.reason_of_suspension,
            suspended.due_date_of_revival,
        ),
        waits=suspended.date_of_revival.is_(None),
        order=(suspended.due_date_of_revival, suspended.notice_no, suspended.sr_no),
        build=moments_of(DueSuspension),
    ),
    StuckKind.DELIVERY: Source(
        columns=(
            outbox.id,
            outbox.notice_no,
            outbox.kind,
            outbox.cre_date,
            outbox.attempts,
            outbox.last_error,
        ),
        waits=outbox.delivered_at.is_(None),
        order=(outbox.cre_date, outbox.id),
        build=moments_of(WaitingDelivery),
    ),
    StuckKind.ENQUIRY: Source(
        columns=(queue.id_no, queue.cre_date, queue.sent_to_mha_date, queue.sent_to_datahive_date),
        waits=and_(HST_ENQUIRY, ~ANSWERED),
        order=(queue.cre_date, queue.id_no),
        build=moments_of(WaitingEnquiry),
    ),
}


@frozen
class SqlWaitingCases:
    """The cases of the Intranet database."""

    _engine: Engine
    _times: LockTimes = IN_UTC

    @contextmanager
    def oldest(
        self, kind: StuckKind, before: datetime, most: int | None = None, skip: int = 0
    ) -> Iterator[Iterator[WaitingCase]]:
        """Open what waits since before a moment, the oldest first, at most so many, read part by part."""
        if kind is StuckKind.JOB_RUN:
            yield islice(self._runs(before), skip, None if most is None else skip + most)
            return
        source = SOURCES[kind]
        waiting = select(*source.columns).where(source.waits, source.order[0] < local(before))
        with streaming(self._engine) as connection:
            ordered = waiting.order_by(*source.order).limit(most).offset(skip or None)
            rows = connection.execute(ordered, execution_options={"yield_per": PART})
            yield (source.build(*row) for row in rows)

    def count(self, kind: StuckKind, before: datetime) -> int:
        """Return how many cases wait since before a moment."""
        if kind is StuckKind.JOB_RUN:
            return len(self._runs(before))
        source = SOURCES[kind]
        waiting = select(func.count()).where(source.waits, source.order[0] < local(before))
        with reading(self._engine) as connection:
            number: int = connection.execute(waiting).scalar_one()
        return number

    def _runs(self, before: datetime) -> Sequence[Run]:
        """Return the last runs of jobs, of which there are few, that have not ended and hold no lock."""
        runs = SqlJobRuns(self._engine, self._times).latest()
        late = (run for run in runs if run.started_at < before and not is_idle_by_right(run))
        return sorted(late, key=lambda run: (run.started_at, run.job))

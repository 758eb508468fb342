"""Suspensions as the rows of several tables hold them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, and_, case, literal_column, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from ocms_adapters.sql.moments import singapore_or_none
from ocms_adapters.sql.row_sets import among
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.suspensions import (
    HST,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    Suspensions,
)

von = t.ocms_valid_offence_notice.c
suspended = t.ocms_suspended_notice.c

ON_ROW = (
    von.suspension_type,
    von.epr_reason_of_suspension,
    von.epr_date_of_suspension,
    von.due_date_of_revival,
    von.crs_reason_of_suspension,
)
"""What a notice row says of its suspension and of the payment that closed it."""

RECORD = (
    suspended.suspension_type,
    suspended.reason_of_suspension,
    suspended.date_of_suspension,
    suspended.sr_no,
    suspended.due_date_of_revival,
)
"""A suspension record as `open_suspension` takes it."""

# Written in this way so that no planner takes the index of open records, which does not begin with the
# notice, and reads the whole of it.
STILL_OPEN = case(
    (suspended.date_of_revival.is_(None), literal_column("1")), else_=literal_column("0")
) == literal_column("1")


def is_ts_hst(records: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Return the condition that a suspension record is of TS-HST, by the columns of its table or alias."""
    return and_(records.suspension_type == HST.type, records.reason_of_suspension == HST.code)


def open_records(dialect: Dialect, *before: ColumnElement[Any]) -> Select[Any]:
    """Select the open records of the notices bound as `keys`, after the number and other columns."""
    return select(suspended.notice_no, *before, *RECORD).where(
        and_(among(dialect, suspended.notice_no), STILL_OPEN)
    )


def suspensions(
    on_row: Iterable[Any], records: Iterable[OpenSuspension] = (), last_sr_no: int = 0
) -> Suspensions:
    """Return all that suspends a notice, from the columns `ON_ROW` and its open records."""
    kind, reason, since, due, crs_reason = on_row
    shown = ShownSuspension(kind, reason, singapore_or_none(since), singapore_or_none(due))
    return Suspensions(shown, tuple(records), last_sr_no, crs_reason)


def records_by_notice(rows: Iterable[Any]) -> Mapping[str, list[OpenSuspension]]:
    """Return the open records of each notice, from rows of its number and the columns `RECORD`."""
    found: dict[str, list[OpenSuspension]] = {}
    for notice_no, *record in rows:
        found.setdefault(notice_no, []).append(open_suspension(*record))
    return found


def open_suspension(
    kind: str, reason: str, since: datetime, sr_no: int, due: datetime | None
) -> OpenSuspension:
    """Return a suspension record that nobody has closed."""
    return OpenSuspension(SuspensionReason(kind, reason), singapore(since), sr_no, singapore_or_none(due))

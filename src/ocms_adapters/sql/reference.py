"""Reading what an administrator may change, as one frozen snapshot in one statement."""

import re
import threading
from collections.abc import Iterable
from datetime import date
from time import monotonic
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Engine,
    ScalarSelect,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from ocms_adapters.sql.reference_defaults import SUSPENSION_SOURCE
from ocms_adapters.sql.schema import dated_values as dated
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.transactions import reading
from ocms_core.kernel.dated_values import DatedValue, DatedValues, ReasonTerms
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason

STAGES, PARAMETER, REASON = "stages", "parameter", "reason"
BETWEEN_STAGES = re.compile(r"[\s,]+")
ACTIVE = "A"
ALLOWED = "Y"

TEXT = String(200)
IN_USE = t.ocms_suspension_reason.c.status == ACTIVE
moves = dated.ocms_dated_stage_move.c
parameters = dated.ocms_dated_parameter.c
reasons = dated.ocms_dated_suspension_reason.c


def values(
    what: str,
    key: ColumnElement[Any],
    code: ColumnElement[Any],
    value: ColumnElement[Any],
    *,
    source: ColumnElement[Any] | None = None,
    status: ColumnElement[Any] | None = None,
    days: tuple[ColumnElement[Any], ColumnElement[Any]] | None = None,
) -> Select[Any]:
    """Select one kind of reference data; what always holds has neither a status nor days."""
    first_day, last_day = days or (cast(null(), Date), cast(null(), Date))
    return select(
        literal(what).label("what"),
        key.label("key"),
        cast(code, TEXT).label("code"),
        cast(value, TEXT).label("value"),
        (cast(null(), String(8)) if source is None else source).label("source"),
        (cast(null(), String(1)) if status is None else status).label("status"),
        first_day.label("first_day"),
        last_day.label("last_day"),
    )


EVERYTHING = union_all(
    values(
        STAGES, t.ocms_stage_map.c.last_processing_stage, t.ocms_stage_map.c.next_processing_stage, null()
    ),
    values(PARAMETER, t.ocms_parameter.c.parameter_id, t.ocms_parameter.c.code, t.ocms_parameter.c.value),
    values(
        REASON,
        t.ocms_suspension_reason.c.reason_of_suspension,
        t.ocms_suspension_reason.c.suspension_type,
        t.ocms_suspension_reason.c.no_of_days_for_revival,
        source=t.ocms_suspension_reason.c.suspension_source,
    ).where(IN_USE),
    values(
        STAGES,
        moves.last_processing_stage,
        moves.next_processing_stage,
        null(),
        status=moves.allowed,
        days=(moves.first_day, moves.last_day),
    ),
    values(
        PARAMETER,
        parameters.parameter_id,
        parameters.code,
        parameters.value,
        days=(parameters.first_day, parameters.last_day),
    ),
    values(
        REASON,
        reasons.reason_of_suspension,
        reasons.suspension_type,
        reasons.no_of_days_for_revival,
        status=reasons.status,
        days=(reasons.first_day, reasons.last_day),
    ),
)


@rule("H20")
def days_until_revival(reason: SuspensionReason) -> ScalarSelect[int]:
    """Select the days that one reason always has, as part of another statement: as `days_by_reason` does."""
    table = t.ocms_suspension_reason.c
    return (
        select(table.no_of_days_for_revival)
        .where(table.suspension_type == reason.type, table.reason_of_suspension == reason.code, IN_USE)
        .order_by(
            case((table.suspension_source == SUSPENSION_SOURCE, 0), else_=1),
            func.coalesce(table.no_of_days_for_revival, -1).desc(),
        )
        .limit(1)
        .scalar_subquery()
    )


@rule("H20", "U2")
def days_by_reason(rows: Iterable[tuple[str, str, str, Any]]) -> dict[SuspensionReason, int | None]:
    """
    Return the days of each reason from type, reason, source and days of its rows; None for no days.

    The row of source OCMS counts, in whatever order they come; where there is none, that with most days.
    """
    found = sorted(
        (source == SUSPENSION_SOURCE, days is not None, int(days or 0), kind, reason)
        for kind, reason, source, days in rows
    )
    return {
        SuspensionReason(kind, reason): days if has_days else None
        for _, has_days, days, kind, reason in found
    }


def dated_terms(reason: SuspensionReason) -> Select[Any]:
    """Select the dated values of one reason: days, status, first day and last day."""
    return select(reasons.no_of_days_for_revival, reasons.status, reasons.first_day, reasons.last_day).where(
        reasons.suspension_type == reason.type, reasons.reason_of_suspension == reason.code
    )


def dated_reason(
    reason: SuspensionReason, days: int | None, status: str, first_day: date, last_day: date | None
) -> DatedValue[SuspensionReason, ReasonTerms]:
    """Return the dated value of a reason from the columns of its row."""
    return DatedValue(reason, ReasonTerms(status == ACTIVE, days), first_day, last_day)


def read_reference(connection: Connection) -> Reference:
    """Return the stage map, the parameters and the suspension reasons, with those that are dated."""
    rows: dict[str, list[tuple[Any, Any, Any, Any]]] = {STAGES: [], PARAMETER: [], REASON: []}
    dated_rows: dict[str, list[Any]] = {STAGES: [], PARAMETER: [], REASON: []}
    for row in connection.execute(EVERYTHING):
        what, key, code, value, source, _, first_day, _ = row
        if first_day is None:
            rows[what].append((code, key, source, value))
        else:
            dated_rows[what].append(row)
    days_of_reasons = days_by_reason(rows[REASON])
    return Reference(
        # A production row may hold a list of stages; it is read as several moves.
        stage_map=frozenset(
            (from_stage.strip(), to_stage)
            for to_stages, from_stage, *_ in rows[STAGES]
            for to_stage in BETWEEN_STAGES.split(to_stages)
            if to_stage
        ),
        parameters={(key, code): value for code, key, _, value in rows[PARAMETER]},
        days_of_suspension={reason: days for reason, days in days_of_reasons.items() if days is not None},
        suspension_reasons=frozenset(days_of_reasons),
        dated=DatedValues(
            parameters=tuple(
                DatedValue((row.key, row.code), row.value, row.first_day, row.last_day)
                for row in dated_rows[PARAMETER]
            ),
            moves=tuple(
                DatedValue(
                    (row.key.strip(), row.code.strip()), row.status == ALLOWED, row.first_day, row.last_day
                )
                for row in dated_rows[STAGES]
            ),
            reasons=tuple(
                dated_reason(
                    SuspensionReason(row.code, row.key),
                    None if row.value is None else int(row.value),
                    row.status,
                    row.first_day,
                    row.last_day,
                )
                for row in dated_rows[REASON]
            ),
        ),
    )


def read_reference_from(engine: Engine) -> Reference:
    """Return the reference data, read over a connection of its own."""
    with reading(engine) as connection:
        return read_reference(connection)


class SqlReference:
    """
    The reference data for what is needed before a transaction opens, such as batch caps.

    A snapshot serves for `seconds`; a changed value is seen after that at the latest. It has the values of
    all days, so one that holds from a day on is seen as that day begins (G18).
    """

    def __init__(self, engine: Engine, seconds: float = 5) -> None:
        self._engine = engine
        self._seconds = seconds
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._snapshot: Reference | None = None

    def __call__(self) -> Reference:
        """Return the present snapshot, read anew when it is too old."""
        with self._lock:
            if self._snapshot is None or monotonic() - self._read_at > self._seconds:
                self._snapshot = read_reference_from(self._engine)
                self._read_at = monotonic()
            return self._snapshot

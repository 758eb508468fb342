"""Reading what an administrator may change, as one frozen snapshot in one statement."""

import re
import threading
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, ScalarSelect, String, cast, func, literal, null, select, union_all

from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.transactions import reading
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import SuspensionReason

STAGES, PARAMETER, REASON = "stages", "parameter", "reason"
BETWEEN_STAGES = re.compile(r"[\s,]+")

TEXT = String(200)
IN_USE = t.ocms_suspension_reason.c.status == "A"
EVERYTHING = union_all(
    select(
        literal(STAGES).label("what"),
        t.ocms_stage_map.c.last_processing_stage.label("key"),
        cast(t.ocms_stage_map.c.next_processing_stage, TEXT).label("code"),
        cast(null(), TEXT).label("value"),
    ),
    select(
        literal(PARAMETER), t.ocms_parameter.c.parameter_id, t.ocms_parameter.c.code, t.ocms_parameter.c.value
    ),
    select(
        literal(REASON),
        t.ocms_suspension_reason.c.reason_of_suspension,
        t.ocms_suspension_reason.c.suspension_type,
        cast(t.ocms_suspension_reason.c.no_of_days_for_revival, TEXT),
    ).where(IN_USE),
)


def days_until_revival(reason: SuspensionReason) -> ScalarSelect[int]:
    """Select the days of one reason, as part of another statement."""
    table = t.ocms_suspension_reason.c
    return (
        select(func.max(table.no_of_days_for_revival))
        .where(table.suspension_type == reason.type, table.reason_of_suspension == reason.code, IN_USE)
        .scalar_subquery()
    )


def read_reference(connection: Connection) -> Reference:
    """Return the stage map, the parameters and the suspension reasons as they are now."""
    rows: dict[str, list[tuple[Any, Any, Any]]] = {STAGES: [], PARAMETER: [], REASON: []}
    for what, key, code, value in connection.execute(EVERYTHING):
        rows[what].append((key, code, value))
    return Reference(
        # A production row may hold a list of stages; it is read as several moves.
        stage_map=frozenset(
            (from_stage.strip(), to_stage)
            for from_stage, to_stages, _ in rows[STAGES]
            for to_stage in BETWEEN_STAGES.split(to_stages)
            if to_stage
        ),
        parameters={(key, code): value for key, code, value in rows[PARAMETER]},
        days_of_suspension={
            SuspensionReason(kind, reason): int(days)
            for reason, kind, days in rows[REASON]
            if days is not None
        },
        suspension_reasons=frozenset(SuspensionReason(kind, reason) for reason, kind, _ in rows[REASON]),
    )


class SqlReference:
    """
    The reference data for what is needed before a transaction opens, such as batch caps.

    A snapshot serves for `seconds`; a changed value is seen after that at the latest.
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
                with reading(self._engine) as connection:
                    self._snapshot = read_reference(connection)
                self._read_at = monotonic()
            return self._snapshot

"""The default reference data as rows, put into a database that has none of it yet (G14)."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Table, insert, literal, select, true

from ocms_adapters.sql import schema
from ocms_core.kernel.reference_defaults import NEXT_STAGE, STAGE_DAYS, STAGE_MAP, SUSPENSION_REASONS
from ocms_core.kernel.rule_tags import rule

SUSPENSION_SOURCE = "OCMS"
KINDS = {"TS": "Temporary", "PS": "Permanent"}

Row = dict[str, Any]


@frozen
class DefaultSet:
    """Rows that belong together: the part of a table they make up, and the rows."""

    table: Table
    part: ColumnElement[bool]
    rows: tuple[Row, ...]


def stage_moves() -> Iterator[Row]:
    """Yield one row for each move of the stage map."""
    for stage, targets in STAGE_MAP.items():
        for target in targets:
            yield {"last_processing_stage": stage, "next_processing_stage": target}


def parameters(parameter_id: str, description: str, values: dict[str, Any]) -> DefaultSet:
    """Return one parameter with its value for each code."""
    table = schema.ocms_parameter
    names = ("parameter_id", "code", "description", "value")
    rows = ((parameter_id, code, f"{description} {code}", str(value)) for code, value in values.items())
    return DefaultSet(
        table, table.c.parameter_id == parameter_id, tuple(dict(zip(names, row, strict=True)) for row in rows)
    )


def suspension_reasons() -> Iterator[Row]:
    """Yield one row for each reason, all of source OCMS: the defaults are the same whoever suspends."""
    for (kind, reason), days in SUSPENSION_REASONS.items():
        yield {
            "reason_of_suspension": reason,
            "suspension_type": kind,
            "suspension_source": SUSPENSION_SOURCE,
            "description": f"{KINDS[kind]} suspension {reason}",
            "no_of_days_for_revival": days,
        }


DEFAULT_SETS = (
    DefaultSet(schema.ocms_stage_map, true(), tuple(stage_moves())),
    parameters("NEXT_STAGE", "Stage that follows", NEXT_STAGE),
    parameters("STAGEDAYS", "Days in stage", STAGE_DAYS),
    DefaultSet(schema.ocms_suspension_reason, true(), tuple(suspension_reasons())),
)


@rule("G14")
def put_in_defaults(connection: Connection) -> None:
    """
    Insert the defaults of each set of reference data that is missing; one that has rows stays as it is.

    Filling in single rows would bring back the stage move an administrator has taken out.
    """
    for default in DEFAULT_SETS:
        present = select(literal(1)).select_from(default.table).where(default.part).limit(1)
        if connection.execute(present).first() is None:
            connection.execute(insert(default.table), list(default.rows))

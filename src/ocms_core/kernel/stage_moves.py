"""What a move to another stage does to a notice."""

import re
from datetime import datetime, timedelta

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_defaults import DEFAULT_STAGE_DAYS
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

DAYS = re.compile(r"[0-9]{1,4}")


@value_object
class NextStage:
    """The stage a notice is to enter next, and when; no stage when none follows."""

    stage: str | None
    date: datetime | None


@value_object
class StageMove:
    """
    A notice leaves one stage and stands in another.

    `stage` and `date` are the new current stage and its moment, `prev_stage` and `prev_date` those
    it left.
    """

    prev_stage: str
    prev_date: datetime
    stage: str
    date: datetime


@value_object
class StageChange:
    """One row of `ocms_change_of_processing`: who moved a notice, when, from where to where and why."""

    notice_no: str
    date_of_change: datetime
    new_stage: str
    last_stage: str
    reason: str | None
    officer: str
    source: str
    remarks: str | None = None


@rule("P24")
def move(from_stage: str, since: datetime, to_stage: str, now: datetime) -> StageMove | None:
    """
    Return a stage move: the stage it leaves is kept as the previous one, the new one begins now (P24).

    None when the notice already stands in that stage: a repeat moves nothing, so the previous
    stage is never lost to it.
    """
    if from_stage == to_stage:
        return None
    return StageMove(prev_stage=from_stage, prev_date=since, stage=to_stage, date=now)


@rule("S22")
def next_stage(stage: str, entered: datetime, reference: Reference) -> NextStage:
    """Return the stage the parameter has follow, if any; it is due at 00:00 after the stage's days (S22)."""
    midnight = singapore(entered).replace(hour=0, minute=0, second=0, microsecond=0)
    return NextStage(
        stage=reference.parameters.get(("NEXT_STAGE", stage), "").strip() or None,
        date=midnight + timedelta(days=stage_days(stage, reference)),
    )


@rule("G14")
def stage_days(stage: str, reference: Reference) -> int:
    """Return the days of a stage's parameter, or fourteen where it is missing, negative or unreadable."""
    text = reference.parameters.get(("STAGEDAYS", stage), "").strip()
    return int(text) if DAYS.fullmatch(text) else DEFAULT_STAGE_DAYS

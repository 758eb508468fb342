"""What a move to another stage does to a notice."""

from datetime import datetime

from attrs import frozen

from ocms_core.kernel.spec import rule


@frozen
class NextStage:
    """The stage a notice is to enter next, and when; no stage when its road ends here."""

    stage: str | None
    date: datetime | None


@frozen
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


@rule("P24")
def move(from_stage: str, since: datetime, to_stage: str, now: datetime) -> StageMove | None:
    """
    A stage move keeps the stage it leaves as the previous one and stamps the new one now.

    None when the notice already stands in that stage: a repeat moves nothing, so the previous
    stage is never lost to it.
    """
    if from_stage == to_stage:
        return None
    return StageMove(prev_stage=from_stage, prev_date=since, stage=to_stage, date=now)

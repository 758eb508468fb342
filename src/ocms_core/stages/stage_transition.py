"""What a move writes, whoever asks for it."""

from datetime import datetime

from ocms_core.kernel.changes import NoticeChanged
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.stages.amounts import amount_payable
from ocms_core.stages.facts import StageNotice


@rule("S22")
def stage_transition(
    notice: StageNotice,
    target: str,
    at: datetime,
    planned: NextStage,
    reference: Reference,
    *,
    acceptance: str | None = None,
) -> NoticeChanged:
    """
    Keep where the notice stood, plan what follows, and calculate what is to be paid (S22).

    `planned` is what follows the target; notices that move together share it. With `acceptance` PAYABLE
    the notice may be paid again; without, that stays as it is.
    """
    return NoticeChanged(
        notice.notice_no,
        move=StageMove(prev_stage=notice.stage, prev_date=notice.stage_date, stage=target, date=at),
        next=planned,
        amount_payable=amount_payable(notice.composition_amount, notice.stage, target, reference),
        payment_acceptance_allowed=acceptance,
    )

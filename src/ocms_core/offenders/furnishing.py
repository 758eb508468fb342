"""An officer furnishes an owner, hirer or driver: the new current offender."""

from datetime import datetime

from ocms_core.kernel.codes import NOTICE_NOT_FOUND, OFFENDER_FURNISHED
from ocms_core.kernel.spec import rule
from ocms_core.kernel.verdicts import Answer, Refusal, Settled
from ocms_core.offenders.effects import FURNISH, Taken, Taking, effects
from ocms_core.offenders.eligibility import NEW_STAGE, furnish_refusal
from ocms_core.offenders.facts import Notice


@rule("F10", "F20")
def decide(taking: Taking, notice: Notice | None, now: datetime) -> Settled[Taken] | Refusal:
    """An eligible notice gets the furnished person as its current offender and moves on by role and stage."""
    refusal = furnish_refusal(notice, taking.role)
    if refusal or notice is None:
        return Refusal(refusal or NOTICE_NOT_FOUND)
    new_stage = NEW_STAGE[taking.role, notice.stage]
    taken = Taken(taking.role, created=taking.role not in notice.holders, new_stage=new_stage)
    return Settled(
        answers=(Answer(notice.notice_no, OFFENDER_FURNISHED, taken),),
        changes=effects(taking, notice, new_stage, FURNISH, now),
    )

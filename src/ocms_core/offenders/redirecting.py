"""An officer redirects a notice from its current offender to somebody in another role."""

from datetime import datetime

from ocms_core.kernel.codes import (
    NOT_CURRENT_OFFENDER,
    NOTICE_NOT_FOUND,
    NOTICE_REDIRECTED,
    OFFENDER_NOT_FOUND,
    REDIRECT_SAME_ROLE,
    Code,
)
from ocms_core.kernel.spec import rule
from ocms_core.kernel.verdicts import Answer, Refusal, Settled
from ocms_core.offenders.effects import REDIRECT, Taken, Taking, effects
from ocms_core.offenders.eligibility import FIRST_STAGE, blocked
from ocms_core.offenders.facts import Notice


@rule("F30")
def refused(from_role: str, to_role: str, notice: Notice | None) -> Code | None:
    """Redirecting is refused for the first of: same role, the notice itself, no offender, not this one."""
    if from_role == to_role:
        return REDIRECT_SAME_ROLE
    refusal = blocked(notice)
    if refusal or notice is None:
        return refusal
    if notice.current is None:
        return OFFENDER_NOT_FOUND
    return None if notice.current.role == from_role else NOT_CURRENT_OFFENDER


@rule("F31")
def decide(from_role: str, taking: Taking, notice: Notice | None, now: datetime) -> Settled[Taken] | Refusal:
    """The target takes over as furnished, its row updated or made, and its road starts anew."""
    refusal = refused(from_role, taking.role, notice)
    if refusal or notice is None:
        return Refusal(refusal or NOTICE_NOT_FOUND)
    new_stage = FIRST_STAGE[taking.role]
    created = taking.role not in notice.holders
    taken = Taken(taking.role, created=created, new_stage=new_stage, redirected_from=from_role)
    return Settled(
        answers=(Answer(notice.notice_no, NOTICE_REDIRECTED, taken),),
        changes=effects(taking, notice, new_stage, REDIRECT, now),
    )

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
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.effects import REDIRECT, RoleAssigned, RoleAssignment, effects
from ocms_core.offenders.eligibility import FIRST_STAGE, blocked
from ocms_core.offenders.facts import OffenderNotice


@rule("F30")
def refused(from_role: str, to_role: str, notice: OffenderNotice | None) -> Code | None:
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
def decide(
    from_role: str, assignment: RoleAssignment, notice: OffenderNotice | None, now: datetime
) -> Decision[RoleAssigned] | Refusal:
    """The target takes over as furnished, its row updated or made, and its road starts anew."""
    refusal = refused(from_role, assignment.role, notice)
    if refusal or notice is None:
        return Refusal(refusal or NOTICE_NOT_FOUND)
    new_stage = FIRST_STAGE[assignment.role]
    created = assignment.role not in notice.holders
    taken = RoleAssigned(assignment.role, created=created, new_stage=new_stage, redirected_from=from_role)
    return Decision(
        answers=(Answer(notice.notice_no, NOTICE_REDIRECTED, taken),),
        changes=effects(assignment, notice, new_stage, REDIRECT, now),
    )

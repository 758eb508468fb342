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
from ocms_core.offenders.eligibility import FIRST_STAGE, blocking_code
from ocms_core.offenders.facts import OffenderNotice


@rule("F30")
def redirect_refusal(from_role: str, to_role: str, notice: OffenderNotice | None) -> Code | None:
    """Return the first of: same role, the notice itself, no offender, not this one (F30)."""
    if from_role == to_role:
        return REDIRECT_SAME_ROLE
    refusal = blocking_code(notice)
    if refusal or notice is None:
        return refusal
    if notice.current_role is None:
        return OFFENDER_NOT_FOUND
    return None if notice.current_role == from_role else NOT_CURRENT_OFFENDER


@rule("F31")
def decide(
    from_role: str, assignment: RoleAssignment, notice: OffenderNotice | None, now: datetime
) -> Decision[RoleAssigned] | Refusal:
    """Make the target the offender as furnished, its row updated or created; its stages start anew (F31)."""
    refusal = redirect_refusal(from_role, assignment.role, notice)
    if refusal or notice is None:
        return Refusal(refusal or NOTICE_NOT_FOUND)
    new_stage = FIRST_STAGE[assignment.role]
    created = assignment.role not in notice.holders
    assigned = RoleAssigned(assignment.role, created=created, new_stage=new_stage, redirected_from=from_role)
    return Decision(
        answers=(Answer(notice.notice_no, NOTICE_REDIRECTED, assigned),),
        changes=effects(assignment, notice, new_stage, REDIRECT, now),
    )

"""An officer furnishes an owner, hirer or driver: the new current offender."""

from datetime import datetime

from ocms_core.kernel.codes import NOTICE_NOT_FOUND, OFFENDER_FURNISHED
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.effects import FURNISH, RoleAssigned, RoleAssignment, effects
from ocms_core.offenders.eligibility import NEW_STAGE, furnish_refusal
from ocms_core.offenders.facts import OffenderNotice


@rule("F10", "F20")
def decide(
    assignment: RoleAssignment, notice: OffenderNotice | None, now: datetime
) -> Decision[RoleAssigned] | Refusal:
    """Make the furnished person an eligible notice's current offender; it moves on by role and stage."""
    refusal = furnish_refusal(notice, assignment.role)
    if refusal or notice is None:
        return Refusal(refusal or NOTICE_NOT_FOUND)
    new_stage = NEW_STAGE[assignment.role, notice.stage]
    assigned = RoleAssigned(
        assignment.role, created=assignment.role not in notice.holders, new_stage=new_stage
    )
    return Decision(
        answers=(Answer(notice.notice_no, OFFENDER_FURNISHED, assigned),),
        changes=effects(assignment, notice, new_stage, FURNISH, now),
    )

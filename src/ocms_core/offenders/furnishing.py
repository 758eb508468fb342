"""An officer furnishes an owner, hirer or driver: the new current offender."""

from datetime import datetime

from ocms_core.kernel.codes import NOTICE_NOT_FOUND, OFFENDER_FURNISHED
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.offender_details import RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.offenders.effects import FURNISH, RoleAssigned, RoleAssignment, effects
from ocms_core.offenders.eligibility import NEW_STAGE, furnish_refusal
from ocms_core.offenders.facts import OffenderNotice


@rule("F10", "F20")
def decide(
    assignment: RoleAssignment, notice: OffenderNotice | None, now: datetime
) -> Decision[RoleAssigned] | Refusal:
    """
    Make the furnished person an eligible notice's current offender; it moves on by role and stage.

    A repeat has the first answer and writes nothing, also where the first has made the role not furnishable.
    """
    if notice is None:
        return Refusal(NOTICE_NOT_FOUND)
    if is_repeat(assignment, notice):
        return Decision((Answer(notice.notice_no, OFFENDER_FURNISHED, first_result(assignment, notice)),), ())
    refusal = furnish_refusal(notice, assignment.role)
    if refusal:
        return Refusal(refusal)
    new_stage = NEW_STAGE[assignment.role, notice.stage]
    assigned = RoleAssigned(
        assignment.role, created=assignment.role not in notice.holders, new_stage=new_stage
    )
    return Decision(
        answers=(Answer(notice.notice_no, OFFENDER_FURNISHED, assigned),),
        changes=effects(assignment, notice, new_stage, FURNISH, now),
    )


@rule("F24")
def is_repeat(assignment: RoleAssignment, notice: OffenderNotice) -> bool:
    """
    Return whether the same was furnished before: the one current offender is as sent, field by field (F24).

    A field that is not sent would be null in the row (F20). An address that is not sent stays as it is.
    """
    holder = furnished_offender(notice)
    return (
        holder is not None
        and (holder.role, holder.person, holder.detail)
        == (assignment.role, assignment.person, assignment.detail)
        and assignment.address in (None, holder.address)
    )


@rule("F24")
def furnished_offender(notice: OffenderNotice) -> RoleHolder | None:
    """Return the one current offender, where OCMS put them there: the same sent again is a repeat (F24)."""
    current = [holder for holder in notice.holders.values() if holder.is_current]
    return current[0] if len(current) == 1 and current[0].role in notice.assigned else None


@rule("F24")
def first_result(assignment: RoleAssignment, notice: OffenderNotice) -> RoleAssigned:
    """Return what the first furnish answered (F24)."""
    first = notice.assigned[assignment.role]
    return RoleAssigned(assignment.role, created=first.created, new_stage=first.new_stage)

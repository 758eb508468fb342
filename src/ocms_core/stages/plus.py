"""PLUS moves notices: all of them or none."""

from collections import Counter
from datetime import datetime

from ocms_core.kernel import codes
from ocms_core.kernel.changes import Change, StageChangeRecorded
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage, StageChange, following
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import PERMANENT
from ocms_core.stages.amounts import missing_fee
from ocms_core.stages.client_checks import PLUS_CODE, PlusChange
from ocms_core.stages.facts import StageFacts, StageNotice
from ocms_core.stages.officer_changes import StageTransition
from ocms_core.stages.stage_transition import PAYABLE, stage_transition

SOURCE = "PLUS"
REASON = "PLS"
REPORTED_AS = "PLUS_SYSTEM"

NEVER_NEXT = frozenset({"CFC", "ENA"})
UNLICENSED = "U"
NOT_FOR_UNLICENSED = frozenset({"DN1", "DN2", "DR3", "CPC"})


def decide(asked: PlusChange, facts: StageFacts, now: datetime) -> Decision[StageTransition] | Refusal:
    """Decide a whole PLUS call: every notice is moved, or the call is refused."""
    if not_allowed(asked, facts.reference):
        return Refusal(codes.PLUS_TRANSITION.worded(last=asked.last, next=asked.next))
    if nothing_to_do(asked):
        return Decision((), ())
    wrong = wrong_notices(asked, facts)
    if wrong:
        named = ", ".join(f"{notice_no} ({why})" for notice_no, why in wrong.items())
        return Refusal(codes.PLUS_NOTICES.worded(notices=named))
    notices = [facts.notices[notice_no] for notice_no in asked.notice_nos]
    at = asked.at or now
    planned = following(asked.next, at, facts.reference)
    return Decision(
        answers=tuple(
            Answer(notice.notice_no, codes.PLUS_STAGE_CHANGED, StageTransition(asked.last, asked.next))
            for notice in notices
        ),
        changes=tuple(
            change for notice in notices for change in effects(asked, notice, at, planned, facts.reference)
        ),
    )


@rule("S61")
def not_allowed(asked: PlusChange, reference: Reference) -> bool:
    """PLUS moves nothing to CFC or ENA, and nothing in a way the stage map does not have."""
    return asked.next in NEVER_NEXT or (asked.last, asked.next) not in reference.stage_map


@rule("S62")
def nothing_to_do(asked: PlusChange) -> bool:
    """A U offence bound for a driver stage or CPC is agreed to, and nothing is written."""
    return asked.offence_type == UNLICENSED and asked.next in NOT_FOR_UNLICENSED


@rule("S63")
def wrong_notices(asked: PlusChange, facts: StageFacts) -> dict[str, str]:
    """One notice that cannot be moved refuses the whole call, and every such notice is named."""
    times = Counter(asked.notice_nos)
    found = {
        notice_no: why_not(asked, facts.notices.get(notice_no), facts, repeated=times[notice_no] > 1)
        for notice_no in times
    }
    return {notice_no: why for notice_no, why in found.items() if why}


def why_not(
    asked: PlusChange, notice: StageNotice | None, facts: StageFacts, *, repeated: bool
) -> str | None:
    """Say why a notice cannot be moved; None when it can."""
    if notice is None:
        return codes.CPS_NOT_FOUND.text
    if notice.stage not in OPEN_TO_CHANGE:
        return codes.CPS_COURT_STAGE.text
    if notice.suspension_type == PERMANENT:
        return codes.CPS_PS_BLOCKED.text
    if notice.stage != asked.last:
        return f"Notice is at stage {notice.stage}"
    if repeated:
        return codes.CPS_REPEATED.text
    if notice.notice_no in facts.changed:
        return "Notice was changed at that moment already"
    fee = missing_fee(asked.last, asked.next, facts.reference)
    return codes.CPS_FEE_MISSING.worded(fee=fee).text if fee else None


@rule("S64")
def effects(
    asked: PlusChange, notice: StageNotice, at: datetime, planned: NextStage, reference: Reference
) -> tuple[Change, ...]:
    """PLUS moves a notice as officers do, at the time it says, in its own name; address checks stay."""
    record = StageChange(
        notice_no=notice.notice_no,
        date_of_change=at,
        new_stage=asked.next,
        last_stage=asked.last,
        reason=REASON,
        officer=PLUS_CODE,
        source=SOURCE,
    )
    return (
        stage_transition(notice, asked.next, at, planned, reference, acceptance=PAYABLE),
        StageChangeRecorded(record),
    )

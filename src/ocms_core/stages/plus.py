"""PLUS moves notices: all of them or none."""

from collections import Counter
from datetime import datetime

from ocms_core.kernel import codes
from ocms_core.kernel.changes import Change, StageChangeRecorded
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.payments import PAYABLE
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage, StageChange, next_stage
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.suspensions import PERMANENT
from ocms_core.stages.amounts import missing_fee
from ocms_core.stages.client_checks import PLUS_CODE, PlusChange
from ocms_core.stages.facts import StageFacts, StageNotice
from ocms_core.stages.stage_transition import StageTransition, stage_transition

SOURCE = "PLUS"
REASON = "PLS"
REPORTED_AS = "PLUS_SYSTEM"

NEVER_NEXT = frozenset({"CFC", "ENA"})
UNLICENSED = "U"
NOT_FOR_UNLICENSED = frozenset({"DN1", "DN2", "DR3", "CPC"})


def decide(
    change: PlusChange, facts: StageFacts, now: datetime, submitted: datetime | None = None
) -> Decision[StageTransition] | Refusal:
    """
    Decide a whole PLUS call: every notice is moved, or the call is refused.

    It was called at `submitted`, where that is another moment than `now` (G20).
    """
    if is_nothing_to_do(change):
        return Decision((), ())
    if is_transition_refused(change, facts.reference):
        return Refusal(codes.PLUS_TRANSITION.worded(last=change.last, next=change.next))
    wrong = refused_notices(change, facts)
    if wrong:
        named = ", ".join(f"{notice_no} ({why})" for notice_no, why in wrong.items())
        return Refusal(codes.PLUS_NOTICES.worded(notices=named))
    notices = [facts.notices[notice_no] for notice_no in change.notice_nos]
    at = change.at or now
    planned = next_stage(change.next, at, facts.reference)
    return Decision(
        answers=tuple(
            Answer(notice.notice_no, codes.PLUS_STAGE_CHANGED, StageTransition(change.last, change.next))
            for notice in notices
        ),
        changes=tuple(
            effect
            for notice in notices
            for move, record in [effects(change, notice, at, planned, facts.reference)]
            for effect in (move, StageChangeRecorded(record, submitted or now))
        ),
    )


@rule("S61")
def is_transition_refused(change: PlusChange, reference: Reference) -> bool:
    """Return whether PLUS asks for CFC or ENA, or for a move the stage map does not have (S61)."""
    return change.next in NEVER_NEXT or (change.last, change.next) not in reference.stage_map


@rule("S62")
def is_nothing_to_do(change: PlusChange) -> bool:
    """
    Return whether a U offence goes to a driver stage or CPC: agreed to, and nothing is written (S62).

    Asked before the stage map: what is not carried out needs no allowed move.
    """
    return change.offence_type == UNLICENSED and change.next in NOT_FOR_UNLICENSED


@rule("S63")
def refused_notices(change: PlusChange, facts: StageFacts) -> dict[str, str]:
    """Name every notice that cannot be moved; one of them refuses the whole call (S63)."""
    times = Counter(change.notice_nos)
    found = {
        notice_no: refusal_text(change, facts.notices.get(notice_no), facts, repeated=times[notice_no] > 1)
        for notice_no in times
    }
    return {notice_no: why for notice_no, why in found.items() if why}


def refusal_text(
    change: PlusChange, notice: StageNotice | None, facts: StageFacts, *, repeated: bool
) -> str | None:
    """Return why a notice cannot be moved; None when it can."""
    if notice is None:
        return codes.CPS_NOT_FOUND.text
    if notice.stage not in OPEN_TO_CHANGE:
        return codes.CPS_COURT_STAGE.text
    if notice.suspension_type == PERMANENT:
        return codes.CPS_PS_BLOCKED.text
    if notice.stage != change.last:
        return f"Notice is at stage {notice.stage}"
    if repeated:
        return codes.CPS_REPEATED.text
    if notice.notice_no in facts.changed:
        return "Notice was changed at that moment already"
    fee = missing_fee(change.last, change.next, facts.reference)
    return codes.CPS_FEE_MISSING.worded(fee=fee).text if fee else None


@rule("S64")
def effects(
    change: PlusChange, notice: StageNotice, at: datetime, planned: NextStage, reference: Reference
) -> tuple[Change, StageChange]:
    """Move a notice as officers do, at PLUS's time, in its own name; address checks stay (S64)."""
    record = StageChange(
        notice_no=notice.notice_no,
        date_of_change=at,
        new_stage=change.next,
        last_stage=change.last,
        reason=REASON,
        officer=PLUS_CODE,
        source=SOURCE,
    )
    return (
        stage_transition(notice, change.next, at, planned, reference, acceptance=PAYABLE),
        record,
    )

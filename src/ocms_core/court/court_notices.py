"""API 2: CAS updates court notices with a new stage or suspension."""

from collections.abc import Sequence
from datetime import datetime

from ocms_core.court.facts import CourtFacts, CourtNotice
from ocms_core.court.request_checks import CourtUpdate, is_one_of
from ocms_core.kernel.changes import Change, NoticeChanged, SuspensionOpened
from ocms_core.kernel.codes import (
    DUPLICATE_NOTICE_NO,
    INVALID_STAGE,
    NOT_A_COURT_NOTICE,
    SUCCESS,
    Code,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import StageMove, move
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_core.kernel.suspensions import (
    TEMPORARY,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    due_of_revival,
)
from ocms_core.kernel.value_objects import value_object

SOURCE = "CAS"


def decide(
    updates: Sequence[CourtUpdate], facts: CourtFacts, now: datetime
) -> Decision[CourtNotice] | Refusal:
    """
    Decide a whole court update: an answer for each item in the order asked, and what to write.

    The notice of an updated item is its answer's detail. A stage nobody knows refuses the call (P20).
    """
    if has_unknown_stage(updates, facts.reference):
        return Refusal(INVALID_STAGE)
    answers: list[Answer[CourtNotice]] = []
    changes: list[Change] = []
    seen: set[str] = set()
    for update in updates:
        notice = facts.notices.get(update.notice_no)
        code = first_refusal(update, notice, seen)
        seen.add(update.notice_no)
        if code or notice is None:
            answers.append(Answer(update.notice_no, code or NOT_A_COURT_NOTICE))
        else:
            answers.append(Answer(update.notice_no, SUCCESS, notice))
            changes.extend(effects(update, notice, facts.reference, now))
    return Decision(tuple(answers), tuple(changes))


@rule("P20")
def has_unknown_stage(updates: Sequence[CourtUpdate], reference: Reference) -> bool:
    """Return whether an update names a stage the stage map knows on neither side of a move (P20)."""
    return not all(
        update.processing_stage is None or is_one_of(update.processing_stage, reference.known_stages)
        for update in updates
    )


def first_refusal(update: CourtUpdate, notice: CourtNotice | None, seen: set[str]) -> Code | None:
    """Return the code an item is refused with, the first in rule order; None when it goes through."""
    if is_repeated(update, seen):
        return DUPLICATE_NOTICE_NO
    if notice is None or not is_court_notice(notice):
        return NOT_A_COURT_NOTICE
    return None


@rule("P26", "G9")
def is_repeated(update: CourtUpdate, seen: set[str]) -> bool:
    """Return whether a number stood in the call before: each further one is refused as a duplicate."""
    return update.notice_no in seen


@rule("P22")
def is_court_notice(notice: CourtNotice) -> bool:
    """Return whether a notice is in court: in any stage but the nine before it, CPC and CFC included."""
    return notice.stage not in BEFORE_COURT


@rule("P24")
def effects(
    update: CourtUpdate, notice: CourtNotice, reference: Reference, now: datetime
) -> tuple[Change, ...]:
    """Return the changes of an update: move and suspension; without either only the audit is stamped."""
    suspension = new_suspension(update, notice, reference, now)
    changed = NoticeChanged(notice.notice_no, move=stage_move(update, notice, now), suspension=suspension)
    record = suspension and new_record(suspension, notice, now)
    return (changed, SuspensionOpened(record)) if record else (changed,)


def stage_move(update: CourtUpdate, notice: CourtNotice, now: datetime) -> StageMove | None:
    """Return the move to the stage asked for; the next stage the notice has stays (P24)."""
    if not isinstance(update.processing_stage, str):
        return None
    return move(notice.stage, notice.stage_date, update.processing_stage, now)


def new_suspension(
    update: CourtUpdate, notice: CourtNotice, reference: Reference, now: datetime
) -> ShownSuspension | None:
    """Return the suspension the row is to show; None when it shows that one already (P20, P24)."""
    kind = update.suspension_type or notice.suspension.type
    code = update.epr_reason or notice.suspension.reason
    if (kind, code) == (notice.suspension.type, notice.suspension.reason):
        return None
    due = (
        due_of_revival(SuspensionReason(kind, code), now, reference.days_of_suspension)
        if kind == TEMPORARY and code
        else None
    )
    since = now if code else notice.suspension.since
    return ShownSuspension(type=kind, reason=code, since=since, due=due)


def new_record(suspension: ShownSuspension, notice: CourtNotice, now: datetime) -> SuspensionRecord | None:
    """Return the record of a suspension; None when one of that type and reason is open already (P24)."""
    if not (suspension.type and suspension.reason):
        return None
    reason = SuspensionReason(suspension.type, suspension.reason)
    if reason in notice.open_suspensions:
        return None
    return SuspensionRecord(
        notice_no=notice.notice_no,
        date_of_suspension=now,
        sr_no=notice.last_sr_no + 1,
        source=SOURCE,
        reason=reason,
        officer=SOURCE,
        due=suspension.due,
    )


@value_object
class UpdateOutcome:
    """What a court update comes to: the notices updated, and the items that failed with their codes."""

    updated: tuple[CourtNotice, ...]
    failed: tuple[Answer[CourtNotice], ...]


@rule("P23")
def update_outcome(decision: Decision[CourtNotice]) -> UpdateOutcome:
    """List the notices updated and name the items that failed: good items are never lost to bad ones."""
    return UpdateOutcome(
        updated=tuple(answer.detail for answer in decision.answers if answer.detail is not None),
        failed=tuple(answer for answer in decision.answers if answer.detail is None),
    )

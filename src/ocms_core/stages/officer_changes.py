"""Officers move notices: validate and submit are one decision."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from typing import Literal, TypeAlias

from ocms_core.kernel import codes
from ocms_core.kernel.changes import AddressCheckSet, Change, NoticeChanged, StageChangeRecorded
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.payments import PAYABLE
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage, StageChange, next_stage
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.eligibility import Eligible, RequestedChange, eligibility
from ocms_core.stages.facts import StageFacts, StageNotice
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.stage_transition import stage_transition

SOURCE = "OCMS"

BatchStatus: TypeAlias = Literal["SUCCESS", "PARTIAL", "FAILED"]
"""What became of a submit as a whole (S21)."""


@value_object
class StageTransition:
    """A notice that was moved, or may be."""

    previous_stage: str
    new_stage: str


def decide(
    items: Sequence[ChangeItem], facts: StageFacts, officer: str, now: datetime
) -> Decision[StageTransition]:
    """
    Decide a whole submit: an answer for each item in the order asked, and what to write.

    The stages of a moved item are its answer's detail.
    """
    answers: list[Answer[StageTransition]] = []
    changes: list[Change] = []
    seen: set[str] = set()
    plan = cache(partial(next_stage, entered=now, reference=facts.reference))
    for item in items:
        verdict = verdict_on(item, facts, seen)
        seen.add(item.notice_no)
        if isinstance(verdict, Eligible):
            stages = StageTransition(verdict.notice.stage, verdict.target)
            answers.append(Answer(item.notice_no, codes.CPS_SUCCESS, stages))
            planned = plan(verdict.target)
            changes.extend(effects(verdict, item, planned, facts.reference, officer=officer, now=now))
        else:
            answers.append(Answer(item.notice_no, verdict))
    return Decision(tuple(answers), tuple(changes))


def verdict_on(item: ChangeItem, facts: StageFacts, seen: set[str]) -> Eligible | Code:
    """Return the verdict on one item; a number repeated in the call was decided where it first stood (G9)."""
    if item.notice_no in seen:
        return codes.CPS_REPEATED
    notice = facts.notices.get(item.notice_no)
    changed_today = item.notice_no in facts.changed
    return left_seen_stage(item, notice) or eligibility(
        item.requested, notice, facts.reference, changed_today=changed_today
    )


@rule("S30")
def left_seen_stage(item: ChangeItem, notice: StageNotice | None) -> Code | None:
    """Refuse a notice that is no longer in the stage in which the officer was shown it (S30)."""
    if notice is None or item.seen_stage in (None, notice.stage):
        return None
    return codes.CPS_LEFT_SEEN_STAGE.worded(stage=notice.stage, seen=item.seen_stage)


@rule("S22")
def effects(
    eligible: Eligible,
    item: ChangeItem,
    planned: NextStage,
    reference: Reference,
    *,
    officer: str,
    now: datetime,
) -> tuple[Change, ...]:
    """Return the changes of an officer's move: the move, payable again, the address check and its record."""
    notice, target = eligible.notice, eligible.target
    record = StageChange(
        notice_no=notice.notice_no,
        date_of_change=now,
        new_stage=target,
        last_stage=notice.stage,
        reason=item.requested.reason,
        officer=officer,
        source=SOURCE,
        remarks=item.requested.remarks,
    )
    return (
        stage_transition(notice, target, now, planned, reference, acceptance=PAYABLE),
        StageChangeRecorded(record),
        AddressCheckSet(notice.notice_no, "Y" if item.check_addresses else "N"),
    )


def amounts(decision: Decision[StageTransition]) -> Mapping[str, Decimal | None]:
    """Return what each notice that is moved is to pay afterwards, in dollars; None where that stays."""
    changed = (change for change in decision.changes if isinstance(change, NoticeChanged))
    return {change.notice_no: change.amount_payable for change in changed}


@rule("S24")
def validate(
    notice_nos: Iterable[str], requested: RequestedChange, facts: StageFacts
) -> tuple[Answer[Eligible], ...]:
    """
    Decide as a submit would, without its search for duplicates and without a record (S24).

    Stage and offender type of the answer are the notice's own; what the caller believes is not looked at.
    """
    return tuple(
        Answer(notice_no, codes.CPS_ELIGIBLE, verdict)
        if isinstance(verdict, Eligible)
        else Answer(notice_no, verdict)
        for notice_no in dict.fromkeys(notice_nos)
        for verdict in (
            eligibility(requested, facts.notices.get(notice_no), facts.reference, changed_today=False),
        )
    )


@rule("S21")
def status(answers: Sequence[Answer[StageTransition]]) -> BatchStatus:
    """Return SUCCESS when all moved, PARTIAL when some did or duplicates alone failed, else FAILED (S21)."""
    failed = [answer for answer in answers if answer.detail is None]
    if not failed:
        return "SUCCESS"
    only_duplicates = all(answer.code.code == codes.CPS_DUPLICATE_RECORD.code for answer in failed)
    return "PARTIAL" if only_duplicates or len(failed) < len(answers) else "FAILED"

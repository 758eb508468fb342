"""Officers move notices: validate and submit are one decision."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from ocms_core.kernel import codes
from ocms_core.kernel.changes import AddressCheckSet, Change, NoticesMoved, StageChangeRecorded
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.payments import PAYABLE
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import StageChange, next_stage
from ocms_core.stages.eligibility import Eligible, RequestedChange, decisive_facts, eligibility
from ocms_core.stages.facts import StageFacts, StageNotice
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.stage_transition import DecidedClass, StageTransition, moves_of, stage_transition

SOURCE = "OCMS"

BatchStatus: TypeAlias = Literal["SUCCESS", "PARTIAL", "FAILED"]
"""What became of a submit as a whole (S21)."""


def decide(
    items: Sequence[ChangeItem],
    facts: StageFacts,
    officer: str,
    now: datetime,
    submitted: datetime | None = None,
) -> Decision[StageTransition]:
    """
    Decide a whole submit: an answer for each item in the order asked, and what to write.

    The stages of a moved item are its answer's detail. It is decided for the first of all items that agree
    in what is decisive; a number repeated in the call was decided where it first stood (G9). It was called
    at `submitted`, where that is another moment than `now` (G20).
    """
    answers: list[Answer[StageTransition]] = []
    records: list[Change] = []
    classes: dict[Hashable, DecidedClass] = {}
    seen: set[str] = set()
    for item in items:
        if item.notice_no in seen:
            answers.append(Answer(item.notice_no, codes.CPS_REPEATED))
            continue
        seen.add(item.notice_no)
        notice = facts.notices.get(item.notice_no)
        changed_today = item.notice_no in facts.changed
        key = (decisive_facts(notice), changed_today, item.requested, item.seen_stage)
        decided = classes.get(key)
        if decided is None:
            verdict = left_seen_stage(item, notice) or eligibility(
                item.requested, notice, facts.reference, changed_today=changed_today
            )
            decided = classes[key] = decide_class(verdict, facts.reference, now)
        if notice is not None and decided.move:
            decided.since.append((item.notice_no, notice.stage_date))
            records += records_of(decided.move, item, officer, submitted or now)
        answers.append(Answer(item.notice_no, decided.code, decided.transition))
    return Decision(tuple(answers), (*moves_of(classes.values()), *records))


@rule("S30")
def left_seen_stage(item: ChangeItem, notice: StageNotice | None) -> Code | None:
    """Refuse a notice that is no longer in the stage in which the officer was shown it (S30)."""
    if notice is None or item.seen_stage in (None, notice.stage):
        return None
    return codes.CPS_LEFT_SEEN_STAGE.worded(stage=notice.stage, seen=item.seen_stage)


@rule("S22")
def decide_class(verdict: Eligible | Code, reference: Reference, now: datetime) -> DecidedClass:
    """Return the answer of notices of one verdict, and their move, which makes them payable (S22)."""
    if not isinstance(verdict, Eligible):
        return DecidedClass(verdict)
    notice, target = verdict.notice, verdict.target
    planned = next_stage(target, now, reference)
    move = stage_transition(notice, target, now, planned, reference, acceptance=PAYABLE)
    return DecidedClass(codes.CPS_SUCCESS, StageTransition(notice.stage, target), move)


@rule("S22")
def records_of(move: NoticesMoved, item: ChangeItem, officer: str, submitted: datetime) -> tuple[Change, ...]:
    """Return what an officer's move writes beside it: its record, and whether addresses are checked (S22)."""
    record = StageChange(
        notice_no=item.notice_no,
        date_of_change=move.date,
        new_stage=move.stage,
        last_stage=move.prev_stage,
        reason=item.requested.reason,
        officer=officer,
        source=SOURCE,
        remarks=item.requested.remarks,
    )
    return (
        StageChangeRecorded(record, submitted),
        AddressCheckSet(item.notice_no, "Y" if item.check_addresses else "N"),
    )


def amounts(decision: Decision[StageTransition]) -> Mapping[str, Decimal | None]:
    """Return what each notice that is moved is to pay afterwards, in dollars; None where that stays."""
    moves = (change for change in decision.changes if isinstance(change, NoticesMoved))
    return {notice_no: move.amount_payable for move in moves for notice_no, _ in move.since}


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

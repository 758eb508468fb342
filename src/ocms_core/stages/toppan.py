"""Toppan has printed letters: the notices move on to the stage they were printed for."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import field

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage, next_stage
from ocms_core.kernel.stages import OPEN_TO_CHANGE
from ocms_core.kernel.value_objects import value_object
from ocms_core.stages.amounts import missing_fee
from ocms_core.stages.client_checks import ToppanRun
from ocms_core.stages.eligibility import permanent_suspension
from ocms_core.stages.facts import EntryChange, StageNotice, ToppanFacts
from ocms_core.stages.stage_transition import DecidedClass, StageTransition, moves_of, stage_transition

CHUNK = 5_000
BY_HAND = frozenset({"OCMS", "PLUS"})
# What became of a notice without being an error.
HARMLESS = frozenset({codes.TOPPAN_AUTOMATIC, codes.TOPPAN_MANUAL, codes.TOPPAN_DELIVERED})


@value_object
class ToppanResult:
    """What became of a print run; `errors` one line for each notice that is to be looked at."""

    total: int
    automatic: int = 0
    manual: int = 0
    errors: tuple[str, ...] = field(default=())

    @property
    def skipped(self) -> int:
        """Notices left as they are."""
        return self.total - self.automatic - self.manual


@rule("S75")
def chunks(notice_nos: Iterable[str]) -> Iterator[Sequence[str]]:
    """Divide a print run into chunks of 5,000 in the order of the numbers, each number once (S75)."""
    in_order = sorted(set(notice_nos))
    for start in range(0, len(in_order), CHUNK):
        yield in_order[start : start + CHUNK]


def decide(
    notice_nos: Sequence[str], run: ToppanRun, facts: ToppanFacts, now: datetime
) -> Decision[StageTransition]:
    """
    Decide one chunk; the answer of a notice that moves has its stages for detail.

    It is decided for the first of all notices that agree in what is decisive.
    """
    answers: list[Answer[StageTransition]] = []
    classes: dict[Hashable, DecidedClass] = {}
    planned = next_stage(run.stage, now, facts.reference)
    for notice_no in notice_nos:
        notice = facts.notices.get(notice_no)
        key = decisive_facts(notice, run, facts.entries.get(notice_no))
        decided = classes.get(key)
        if decided is None:
            decided = classes[key] = decide_class(notice, run, facts, now, planned)
        if notice is not None:
            decided.since.append((notice_no, notice.stage_date))
        answers.append(Answer(notice_no, decided.code, decided.transition))
    return Decision(tuple(answers), tuple(moves_of(classes.values())))


def decide_class(
    notice: StageNotice | None, run: ToppanRun, facts: ToppanFacts, now: datetime, planned: NextStage
) -> DecidedClass:
    """Decide a notice for all that agree with it in what is decisive."""
    code = verdict(notice, run, facts)
    if notice is None or code is not codes.TOPPAN_AUTOMATIC:
        return DecidedClass(code)
    move = stage_transition(notice, run.stage, now, planned, facts.reference)
    return DecidedClass(code, StageTransition(notice.stage, run.stage), move)


def decisive_facts(notice: StageNotice | None, run: ToppanRun, entry: EntryChange | None) -> Hashable:
    """Return all of a notice that the verdict on it and its move depend on."""
    return notice and (
        notice.stage,
        notice.next_stage,
        notice.composition_amount,
        notice.suspension_type,
        notice.paid,
        is_changed_by_hand(notice, run, entry),
    )


@rule("S71", "S74")
def verdict(notice: StageNotice | None, run: ToppanRun, facts: ToppanFacts) -> Code:
    """Return whether a notice is unknown, left out, changed by hand, moves on, moved before or mismatches."""
    if notice is None:
        return codes.TOPPAN_NOT_FOUND
    refusal = print_run_refusal(notice, run.stage)
    if refusal:
        return refusal
    if is_changed_by_hand(notice, run, facts.entries.get(notice.notice_no)):
        return codes.TOPPAN_MANUAL
    if moves_on(notice, run):
        fee = missing_fee(notice.stage, run.stage, facts.reference)
        return codes.CPS_FEE_MISSING.worded(fee=fee) if fee else codes.TOPPAN_AUTOMATIC
    if notice.stage == run.stage:
        return codes.TOPPAN_DELIVERED
    return mismatch(notice, run.stage)


def mismatch(notice: StageNotice, stage: str) -> Code:
    """Return the refusal of a notice that was to enter another stage than the one printed for (S74)."""
    return codes.TOPPAN_MISMATCH.worded(expected=stage, actual=notice.next_stage)


@rule("S76")
def print_run_refusal(notice: StageNotice, stage: str) -> Code | None:
    """
    Refuse a notice that is paid, under a permanent suspension, or in or bound for a court stage (S76).

    A temporary suspension refuses nothing: the letter has gone out.
    """
    if notice.paid or permanent_suspension(notice):
        return codes.TOPPAN_PS_BLOCKED
    return None if OPEN_TO_CHANGE.issuperset((notice.stage, stage)) else mismatch(notice, stage)


@rule("S72")
def is_changed_by_hand(notice: StageNotice, run: ToppanRun, entry: EntryChange | None) -> bool:
    """
    Return whether an officer or PLUS moved a notice to this stage, up to the day of printing (S72).

    Their change must be the one the notice entered the stage by: a furnish or redirect to the same stage
    since then has begun it anew. A later change that was taken back leaves that entry as it was.
    """
    return (
        notice.stage == run.stage
        and entry is not None
        and entry.source in BY_HAND
        and entry.stage == run.stage
        and entry.date == notice.stage_date
        and singapore(entry.date).date() <= singapore(run.printed_at).date()
    )


@rule("S73")
def moves_on(notice: StageNotice, run: ToppanRun) -> bool:
    """Return whether the next stage is the one printed for: it moves, only its amount is calculated anew."""
    return notice.next_stage == run.stage


def toppan_result(total: int, answers: Iterable[Answer[StageTransition]]) -> ToppanResult:
    """Count what became of a print run; a number named twice counts as skipped."""
    met: Counter[Code] = Counter()
    errors: list[str] = []
    for answer in answers:
        met[answer.code] += 1
        if answer.code not in HARMLESS:
            errors.append(f"{answer.key}: {answer.code.text}")
    return ToppanResult(total, met[codes.TOPPAN_AUTOMATIC], met[codes.TOPPAN_MANUAL], tuple(errors))

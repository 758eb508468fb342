"""API 2: CAS updates court notices with a new stage or suspension."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from ocms_core.court.facts import CourtFacts, CourtNotice
from ocms_core.court.request_checks import CourtUpdate, is_one_of
from ocms_core.kernel.changes import (
    Change,
    NoticeChanged,
    NoticesChanged,
    SuspensionClosed,
    SuspensionRecordsOpened,
)
from ocms_core.kernel.codes import (
    DUPLICATE_NOTICE_NO,
    INVALID_EPR_REASON,
    INVALID_STAGE,
    INVALID_SUSPENSION_TYPE,
    NOT_A_COURT_NOTICE,
    SUCCESS,
    Code,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import StageMove, move, next_stage
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_core.kernel.suspensions import (
    CHANGE_OF_REASON,
    PERMANENT,
    TEMPORARY,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    Suspensions,
    due_of_revival,
    may_lift,
    shown_suspension,
)
from ocms_core.kernel.value_objects import value_object

SOURCE = "CAS"
CAPABILITY = "court"


@frozen(eq=False)
class DecidedUpdate:
    """
    Items that agree in all that is decisive, and so are decided alike.

    `changed`, `closed` and `opened` are the effects of the first of them, `notices` all that are updated.
    """

    code: Code
    changed: NoticeChanged | None = None
    closed: tuple[SuspensionClosed, ...] = ()
    opened: SuspensionRecord | None = None
    notices: list[CourtNotice] = field(factory=list)


def decide(
    updates: Sequence[CourtUpdate], facts: CourtFacts, now: datetime
) -> Decision[CourtNotice] | Refusal:
    """
    Decide a whole court update: an answer for each item in the order asked, and what to write.

    The notice of an updated item is its answer's detail. A stage nobody knows refuses the call (P20). It is
    decided for the first of all items that agree in what is decisive.
    """
    if has_unknown_stage(updates, facts.reference):
        return Refusal(INVALID_STAGE)
    answers: list[Answer[CourtNotice]] = []
    classes: dict[Hashable, DecidedUpdate] = {}
    seen: set[str] = set()
    for update in updates:
        notice_no = update.notice_no
        if is_repeated(update, seen):
            answers.append(Answer(notice_no, DUPLICATE_NOTICE_NO))
            continue
        seen.add(notice_no)
        notice = facts.notices.get(notice_no)
        key = decisive_facts(update, notice)
        decided = classes.get(key)
        if decided is None:
            decided = classes[key] = decide_class(update, notice, facts.reference, now)
        if notice is None or decided.changed is None:
            answers.append(Answer(notice_no, decided.code))
        else:
            answers.append(Answer(notice_no, decided.code, notice))
            decided.notices.append(notice)
    return Decision(tuple(answers), tuple(changes_of(classes.values())))


def decisive_facts(update: CourtUpdate, notice: CourtNotice | None) -> Hashable:
    """Return all of an item and its notice that the verdict on it and its effects depend on."""
    if notice is None:
        return update.suspension_type, update.epr_reason
    suspensions = notice.suspensions
    row = suspensions.shown
    return (
        update.suspension_type,
        update.epr_reason,
        update.processing_stage,
        notice.stage,
        notice.dayend,
        row.type,
        row.reason,
        row.since,
        row.due,
        suspensions.crs_reason,
        suspensions.open_records,
    )


def decide_class(
    update: CourtUpdate, notice: CourtNotice | None, reference: Reference, now: datetime
) -> DecidedUpdate:
    """Decide an item for all that agree with it in what is decisive."""
    code = first_refusal(update, notice, reference)
    if code or notice is None:
        return DecidedUpdate(code or NOT_A_COURT_NOTICE)
    return DecidedUpdate(SUCCESS, *effects(update, notice, reference, now))


def changes_of(classes: Iterable[DecidedUpdate]) -> Iterator[Change]:
    """Yield what each class writes: one change for all its notices, but a record is closed by its key."""
    for each in classes:
        if each.changed is None:
            continue
        yield NoticesChanged(tuple([(it.notice_no, it.stage_date) for it in each.notices]), each.changed)
        for record in each.closed:
            yield from (evolve(record, notice_no=notice.notice_no) for notice in each.notices)
        if each.opened:
            numbered = [(it.notice_no, it.suspensions.last_sr_no + 1) for it in each.notices]
            yield SuspensionRecordsOpened(tuple(numbered), each.opened)


@rule("P20")
def has_unknown_stage(updates: Sequence[CourtUpdate], reference: Reference) -> bool:
    """Return whether an update names a stage the stage map knows on neither side of a move (P20)."""
    return not all(
        update.processing_stage is None or is_one_of(update.processing_stage, reference.known_stages)
        for update in updates
    )


def first_refusal(update: CourtUpdate, notice: CourtNotice | None, reference: Reference) -> Code | None:
    """
    Return the code an item is refused with, the first in rule order; None when it goes through.

    That its number stood in the call before comes first of all, and is found before this (P26).
    """
    if is_reason_of_other_type(update):
        return INVALID_EPR_REASON
    if notice is None or not is_court_notice(notice):
        return NOT_A_COURT_NOTICE
    return None if is_type_allowed(update, notice, reference) else INVALID_SUSPENSION_TYPE


@rule("P21", "U2")
def is_reason_of_other_type(update: CourtUpdate) -> bool:
    """Return whether TS is asked for with a reason of CAS, all of which are of PS (P21)."""
    return update.suspension_type == TEMPORARY and update.epr_reason is not None


@rule("P21", "U2")
def is_type_allowed(update: CourtUpdate, notice: CourtNotice, reference: Reference) -> bool:
    """
    Return whether a type asked for without a reason suits the reason that the notice shows (P21).

    The type it shows already does, and any does where no reason is shown. A paid notice stays PS.
    """
    kind, shown = update.suspension_type, shown_suspension(notice.suspensions)
    if kind is None or update.epr_reason or kind == shown.type:
        return True
    if notice.suspensions.crs_reason:
        return False
    return not shown.reason or SuspensionReason(kind, shown.reason) in reference.suspension_reasons


@rule("P26", "G9")
def is_repeated(update: CourtUpdate, seen: set[str]) -> bool:
    """Return whether a number stood in the call before: each further one is refused as a duplicate."""
    return update.notice_no in seen


@rule("P22")
def is_court_notice(notice: CourtNotice) -> bool:
    """
    Return whether a notice is in court: in any stage but the nine before it, CPC and CFC included (P22).

    A deployment whose notices have a day-end flag goes by that flag instead, whatever the stage.
    """
    return notice.stage not in BEFORE_COURT if notice.dayend is None else notice.dayend


@rule("P24")
def effects(
    update: CourtUpdate, notice: CourtNotice, reference: Reference, now: datetime
) -> tuple[NoticeChanged, tuple[SuspensionClosed, ...], SuspensionRecord | None]:
    """
    Return what becomes of the notice, the records closed and the one opened (P24).

    It moves and is suspended; without either only the audit is stamped.
    """
    moved = stage_move(update, notice, now)
    closed, opened, left = suspension_changes(update, notice, reference, now)
    shown = shown_suspension(left)
    stays = shown == notice.suspensions.shown or not (moved or update.suspension_type or update.epr_reason)
    changed = NoticeChanged(
        notice.notice_no,
        move=moved,
        next=next_stage(moved.stage, now, reference) if moved else None,
        suspension=None if stays else shown,
    )
    return changed, closed, opened


def stage_move(update: CourtUpdate, notice: CourtNotice, now: datetime) -> StageMove | None:
    """Return the move to the stage asked for; None without one, or where the notice stands there (P24)."""
    if not isinstance(update.processing_stage, str):
        return None
    return move(notice.stage, notice.stage_date, update.processing_stage, now)


@rule("P20", "P21")
def wanted_suspension(update: CourtUpdate, shown: ShownSuspension) -> tuple[str | None, str | None]:
    """Return the type and reason a notice is to show: CAS's reason under PS, else the reason it shows."""
    if update.epr_reason:
        return PERMANENT, update.epr_reason
    return update.suspension_type or shown.type, shown.reason


@rule("P24", "U1")
def suspension_changes(
    update: CourtUpdate, notice: CourtNotice, reference: Reference, now: datetime
) -> tuple[tuple[SuspensionClosed, ...], SuspensionRecord | None, Suspensions]:
    """
    Close the records of what the notice shows and open that of a new type and reason; return what is left.

    TS-HST is neither closed nor opened (H9), a type and reason with an open record gets no second one, and
    a type without a reason stands on the row alone.
    """
    before = notice.suspensions
    shown = shown_suspension(before)
    kind, code = wanted_suspension(update, shown)
    if (kind, code) == (shown.type, shown.reason) or kind is None:
        return (), None, before
    if code is None or not may_lift(CAPABILITY, SuspensionReason(kind, code)):
        return (), None, evolve(before, shown=evolve(shown, type=kind, due=None))
    replaced = SuspensionReason(shown.type, shown.reason) if shown.type and shown.reason else None
    closed: tuple[SuspensionClosed, ...] = ()
    left = before
    if replaced and may_lift(CAPABILITY, replaced):
        closed = tuple(
            SuspensionClosed(notice.notice_no, each.since, each.sr_no, now, CHANGE_OF_REASON, SOURCE)
            for each in before.records_of(replaced)
        )
        left = before.without(replaced)
    reason = SuspensionReason(kind, code)
    if left.records_of(reason):
        return closed, None, left
    record = new_record(reason, notice, reference, now)
    opened = OpenSuspension(reason, now, record.sr_no, record.due)
    return closed, record, left.beside(opened)


def new_record(
    reason: SuspensionReason, notice: CourtNotice, reference: Reference, now: datetime
) -> SuspensionRecord:
    """Return the next record of a notice; a temporary suspension is due after the days of its reason."""
    temporary = reason.type == TEMPORARY
    return SuspensionRecord(
        notice_no=notice.notice_no,
        date_of_suspension=now,
        sr_no=notice.suspensions.last_sr_no + 1,
        source=SOURCE,
        reason=reason,
        officer=SOURCE,
        due=due_of_revival(reason, now, reference.days_of_suspension) if temporary else None,
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

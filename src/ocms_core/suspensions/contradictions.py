"""Where the row and the records of a notice contradict each other, and what puts them right."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import evolve

from ocms_core.kernel.changes import Change, NoticeChanged, SuspensionClosed, SuspensionOpened
from ocms_core.kernel.codes import SUCCESS
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.hst_suspension import REDIRECTED, SOURCE, hst_due
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import (
    CHANGE_OF_REASON,
    HST,
    NOT_SUSPENDED,
    PERMANENT,
    TEMPORARY,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    Suspensions,
    due_of_revival,
    shown_suspension,
    shows,
)
from ocms_core.kernel.value_objects import value_object
from ocms_core.suspensions.facts import NoticeSuspensions, SuspensionFacts

REMARK = "Check of suspensions: {}"


@value_object
class Correction:
    """
    One thing that a rule forbids, and what puts it right.

    `closed` is closed for `closing_reason`, `opened` is opened, and `clears_row` is whether what the row
    shows is no suspension of its own. A person has to look where `unclear` is set.
    """

    rules: tuple[str, ...]
    text: str
    closed: OpenSuspension | None = None
    closing_reason: str = CHANGE_OF_REASON
    opened: OpenSuspension | None = None
    clears_row: bool = False
    unclear: bool = False


@value_object
class Contradiction:
    """
    A notice that contradicts itself, what is wrong with it, and the changes that put it right.

    There are none where one of the corrections is unclear: a person looks at the whole notice.
    """

    notice: NoticeSuspensions
    corrections: tuple[Correction, ...]
    changes: tuple[Change, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules it breaks, each once."""
        return tuple(dict.fromkeys(each for correction in self.corrections for each in correction.rules))

    @property
    def unclear(self) -> bool:
        """Whether a person has to look at it."""
        return any(correction.unclear for correction in self.corrections)


def decide(facts: SuspensionFacts, officer: str, now: datetime) -> Decision[Contradiction]:
    """Return the notices that contradict themselves, and the changes that put them right."""
    found = [each for notice in facts.notices if (each := contradiction(notice, facts, officer, now))]
    return Decision(
        answers=tuple(Answer(each.notice.notice_no, SUCCESS, each) for each in found),
        changes=tuple(change for each in found for change in each.changes),
    )


def contradiction(
    notice: NoticeSuspensions, facts: SuspensionFacts, officer: str, now: datetime
) -> Contradiction | None:
    """Return what contradicts itself in a notice; None where nothing does."""
    found = (*record_corrections(notice, facts), *row_corrections(notice, facts))
    corrections = tuple(numbered(found, notice.suspensions.last_sr_no))
    shown = shown_after(notice.suspensions, corrections)
    if shown != notice.suspensions.shown:
        # What a correction of a record entails says nothing of its own.
        corrections = corrections or (Correction(("U1",), "the row does not show what is open"),)
    if not corrections:
        return None
    unclear = any(each.unclear for each in corrections)
    changes = () if unclear else tuple(changes_of(notice, corrections, shown, officer, now))
    return Contradiction(notice, corrections, changes)


def record_corrections(notice: NoticeSuspensions, facts: SuspensionFacts) -> Iterator[Correction]:
    """Yield what is wrong with the open records of a notice, each for itself."""
    open_pairs = {each.reason for each in notice.suspensions.open_records}
    for record in notice.suspensions.open_records:
        correction = (
            closed_as_unlisted(record, notice)
            or retyped(record, open_pairs, facts)
            or with_end(record, facts)
        )
        if correction:
            yield correction
            if correction.opened:
                open_pairs.add(correction.opened.reason)


def numbered(corrections: Iterable[Correction], last_sr_no: int) -> Iterator[Correction]:
    """Yield corrections, each record that is opened with the next number of the notice."""
    for each in corrections:
        if each.opened:
            last_sr_no += 1
            yield evolve(each, opened=evolve(each.opened, sr_no=last_sr_no))
        else:
            yield each


@rule("U5", "H10")
def closed_as_unlisted(record: OpenSuspension, notice: NoticeSuspensions) -> Correction | None:
    """Close TS-HST of a notice whose offender is not on the list: no revival ever would (H10, U5)."""
    if record.reason != HST or notice.offender_listed:
        return None
    text = "TS-HST, and the offender is not on the HST list"
    return Correction(("U5", "H10"), text, closed=record, closing_reason=REDIRECTED)


@rule("U2", "P21")
def retyped(
    record: OpenSuspension, open_pairs: Iterable[SuspensionReason], facts: SuspensionFacts
) -> Correction | None:
    """
    Close a record whose pair the reason table lacks; it is opened under the type of its reason (U2, P21).

    Not opened where that is open already, nor for TS-HST, which only an application puts on (H9). A reason
    that the table does not have at all is left to a person.
    """
    if record.reason in facts.pairs:
        return None
    text = f"{record.reason} is no pair of the reason table"
    right = pair_of_reason(record.reason, facts.pairs)
    if right is None:
        return Correction(("U2",), text, unclear=True)
    if right == HST or right in open_pairs:
        return Correction(("U2", "P21"), text, closed=record)
    opened = opened_as(right, record.since, None, facts)
    if opened is None:
        return Correction(("U2", "P21"), f"{text}, and {right} has no days", unclear=True)
    return Correction(("U2", "P21"), text, closed=record, opened=opened)


@rule("U2")
def with_end(record: OpenSuspension, facts: SuspensionFacts) -> Correction | None:
    """Open a temporary suspension that has no end anew with the end its reason gives it (U2)."""
    if record.reason.type != TEMPORARY or record.due is not None:
        return None
    opened = opened_as(record.reason, record.since, None, facts)
    if opened is None:
        return Correction(("U2",), f"{record.reason} has no end and no days", unclear=True)
    return Correction(("U2",), f"{record.reason} has no end", closed=record, opened=opened)


@rule("U1")
def row_corrections(notice: NoticeSuspensions, facts: SuspensionFacts) -> Iterator[Correction]:
    """
    Yield what is wrong with a suspension that the row shows and no record is of (U1).

    It gets its record, unless it has ended, is one of the open records under another type, or is TS-HST
    that nothing could close. A type without a reason and the PS of a payment may stand alone.
    """
    suspensions = notice.suspensions
    row = suspensions.shown
    if not row.type:
        if row != NOT_SUSPENDED:
            yield Correction(("U1",), "the row has a reason or a day, and no type", clears_row=True)
        return
    if not row.reason or suspensions.crs_reason:
        return
    reason = SuspensionReason(row.type, row.reason)
    if suspensions.records_of(reason):
        return
    text = f"no record of the {reason} that the row shows"
    right = reason if reason in facts.pairs else pair_of_reason(reason, facts.pairs)
    of_a_record = any(each.reason.code == row.reason for each in suspensions.open_records)
    if notice.ended:
        yield Correction(("U1",), f"{reason} has ended, and the row shows it", clears_row=True)
    elif of_a_record:
        yield Correction(("U1", "P21"), f"{text}, but of its reason", clears_row=True)
    elif right == HST and (reason != HST or not notice.offender_listed):
        yield Correction(("U1", "U5", "H10"), text, clears_row=True)
    else:
        opened = right and row.since and opened_as(right, row.since, row.due, facts)
        rules = ("U1",) if right == reason else ("U1", "U2", "P21")
        yield Correction(rules, text, opened=opened or None, clears_row=True, unclear=not opened)


def pair_of_reason(reason: SuspensionReason, pairs: Iterable[SuspensionReason]) -> SuspensionReason | None:
    """Return the one pair that a reason stands in, as the reason carries its type; else None (P21)."""
    found = [each for each in pairs if each.code == reason.code]
    return found[0] if len(found) == 1 else None


def opened_as(
    reason: SuspensionReason, since: datetime, due: datetime | None, facts: SuspensionFacts
) -> OpenSuspension | None:
    """
    Return the record of a suspension as it should stand, not numbered yet.

    Its end is by the days of the day it began; None for a temporary one that would have no end.
    """
    end = None
    if reason.type != PERMANENT:
        days = facts.days_on(singapore(since).date())
        by_reason = hst_due(since, days) if reason == HST else due_of_revival(reason, since, days)
        end = due or by_reason
        if end is None:
            return None
    return OpenSuspension(reason, since, 0, end)


@rule("U1")
def shown_after(suspensions: Suspensions, corrections: Iterable[Correction]) -> ShownSuspension:
    """
    Return what a row shows once its corrections are made (U1).

    A row that repeats an open record has nothing of its own, so the records alone are asked; but the PS of
    a payment stays as the payment wrote it, whatever permanent record there is.
    """
    corrections = tuple(corrections)
    closed = [each.closed for each in corrections if each.closed]
    opened = [each.opened for each in corrections if each.opened]
    left = (*(each for each in suspensions.open_records if each not in closed), *opened)
    row, paid = suspensions.shown, suspensions.crs_reason is not None
    repeated = [each for each in suspensions.open_records if shows(row, each.reason)]
    if paid and row.type == PERMANENT and not any(each in closed for each in repeated):
        return row
    if repeated or any(each.clears_row for each in corrections):
        row = NOT_SUSPENDED
    return shown_suspension(Suspensions(row, left, crs_reason=suspensions.crs_reason))


def changes_of(
    notice: NoticeSuspensions,
    corrections: Iterable[Correction],
    shown: ShownSuspension,
    officer: str,
    now: datetime,
) -> Iterator[Change]:
    """Yield the changes that put a notice right: records closed and opened, then the row."""
    number = notice.notice_no
    for each in corrections:
        remark = REMARK.format(f"{each.text} ({', '.join(each.rules)})")
        if each.closed:
            record = each.closed
            yield SuspensionClosed(
                number, record.since, record.sr_no, now, each.closing_reason, officer, remark
            )
        if each.opened:
            record = each.opened
            yield SuspensionOpened(
                SuspensionRecord(
                    number, record.since, record.sr_no, SOURCE, record.reason, officer, record.due, remark
                )
            )
    if shown != notice.suspensions.shown:
        yield NoticeChanged(number, suspension=shown)

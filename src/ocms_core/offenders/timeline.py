"""Everything that happened to a notice, newest first."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from ocms_core.kernel.changes import OffenderHistoryKept
from ocms_core.kernel.value_objects import value_object

STAGE, SUSPENSION, REVIVAL = "STAGE", "SUSPENSION", "REVIVAL"
OFFENDER, COURT, PAYMENT = "OFFENDER", "COURT", "PAYMENT"


@value_object
class TimelineStageChange:
    """A stage change on record; one that is on the notice row only has no officer and no source."""

    at: datetime
    to_stage: str
    from_stage: str | None = None
    officer: str | None = None
    source: str | None = None
    reason: str | None = None
    remarks: str | None = None


@value_object
class TimelineSuspension:
    """A suspension record with its revival, if there was one."""

    at: datetime
    type: str
    reason: str
    source: str
    officer: str
    due: datetime | None = None
    remarks: str | None = None
    revived_at: datetime | None = None
    revival_reason: str | None = None
    revival_officer: str | None = None
    revival_remarks: str | None = None


@value_object
class CourtMark:
    """The court case has taken over a due date."""

    at: datetime
    due: datetime | None
    reason: str | None


@value_object
class PaymentMark:
    """The notice row carries a payment: when, as what, and how much."""

    at: datetime
    reason: str | None
    status: str | None
    paid: Decimal | None


@value_object
class NoticeHistory:
    """
    All that is recorded of a notice.

    `current` and `previous` are the stages the notice row itself names; a change of theirs need not be
    on record elsewhere.
    """

    current: TimelineStageChange
    previous: TimelineStageChange | None = None
    stage_changes: tuple[TimelineStageChange, ...] = ()
    suspensions: tuple[TimelineSuspension, ...] = ()
    offenders: tuple[OffenderHistoryKept, ...] = ()
    court: CourtMark | None = None
    payment: PaymentMark | None = None


@value_object
class TimelineEvent:
    """One thing that happened: when, of which kind, by whom (None where nobody is on record), and what."""

    at: datetime
    kind: str
    officer: str | None
    what: Mapping[str, object]


def newest_first(history: NoticeHistory) -> tuple[TimelineEvent, ...]:
    """Put everything that happened to a notice in order, the newest in front."""
    events = [
        *stage_events(history),
        *suspension_events(history),
        *offender_events(history),
        *mark_events(history),
    ]
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


def stage_events(history: NoticeHistory) -> Iterator[TimelineEvent]:
    """Yield every stage change on record, and those that only the notice row has."""
    given = {(change.at, change.to_stage) for change in history.stage_changes}
    given |= {(kept.at, kept.new_stage) for kept in history.offenders if kept.new_stage}
    alone = (
        row for row in (history.current, history.previous) if row and (row.at, row.to_stage) not in given
    )
    for change in (*history.stage_changes, *alone):
        what = {
            "from": change.from_stage,
            "to": change.to_stage,
            "reason": change.reason,
            "source": change.source,
            "remarks": change.remarks,
        }
        yield TimelineEvent(change.at, STAGE, change.officer, what)


def suspension_events(history: NoticeHistory) -> Iterator[TimelineEvent]:
    """Yield every suspension and every revival."""
    for each in history.suspensions:
        what: dict[str, object] = {"type": each.type, "reason": each.reason}
        given = {"source": each.source, "due": each.due, "remarks": each.remarks}
        yield TimelineEvent(each.at, SUSPENSION, each.officer, what | given)
        if each.revived_at:
            revived = {"revivalReason": each.revival_reason, "remarks": each.revival_remarks}
            yield TimelineEvent(each.revived_at, REVIVAL, each.revival_officer, what | revived)


def offender_events(history: NoticeHistory) -> Iterator[TimelineEvent]:
    """Yield every action on the offenders, with who stood in the role before."""
    for kept in history.offenders:
        what = {
            "action": kept.action,
            "role": kept.role,
            "formerCurrent": kept.former_current,
            "from": kept.prev_stage,
            "to": kept.new_stage,
            "former": kept.former,
        }
        yield TimelineEvent(kept.at, OFFENDER, kept.officer, what)


def mark_events(history: NoticeHistory) -> Iterator[TimelineEvent]:
    """Yield the marks of court and payment."""
    if history.court:
        yield TimelineEvent(
            history.court.at, COURT, None, {"due": history.court.due, "reason": history.court.reason}
        )
    if history.payment:
        mark = history.payment
        what = {"reason": mark.reason, "status": mark.status, "paid": mark.paid}
        yield TimelineEvent(mark.at, PAYMENT, None, what)


def identities(history: NoticeHistory) -> tuple[str, ...]:
    """Return the identity numbers the timeline shows, each once, for the access record."""
    return tuple(dict.fromkeys(kept.former.person.id_no for kept in history.offenders if kept.former))

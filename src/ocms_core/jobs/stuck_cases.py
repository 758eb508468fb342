"""Cases nobody acts on any more: what makes one stuck, and the job that tells operations of them (K5)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import Enum, unique
from itertools import chain, islice
from typing import Protocol, TypeAlias

from ocms_core.jobs.ports import Clock
from ocms_core.jobs.runs import JobCounts, Run
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.payments import is_fully_paid
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

SHOWN = 10
"""How many cases of a kind an alert names, the oldest."""

SHOWN_OF_IDENTITY = 4
"""How many characters of an identity number are shown, the last; never all of them."""


@unique
class StuckKind(Enum):
    """A kind of case that may be stuck; the value names it in counts, metrics and commands."""

    NOTICE = "notice"
    SUSPENSION = "suspension"
    DELIVERY = "delivery"
    ENQUIRY = "enquiry"
    JOB_RUN = "job_run"


GRACE: Mapping[StuckKind, timedelta] = {
    StuckKind.NOTICE: timedelta(days=7),
    StuckKind.SUSPENSION: timedelta(0),
    StuckKind.DELIVERY: timedelta(hours=1),
    StuckKind.ENQUIRY: timedelta(days=45),
    StuckKind.JOB_RUN: timedelta(0),
}
"""How long each may wait; a setting says it for notices."""


@value_object
class DueNotice:
    """A notice whose next stage is planned; `suspended` is whether its row shows any suspension."""

    notice_no: str
    stage: str
    moved_at: datetime
    next_stage: str
    due: datetime
    payment_status: str | None
    suspended: bool


@value_object
class DueSuspension:
    """An open suspension record with the day it was to end, `reason` as in `TS-HST`."""

    notice_no: str
    sr_no: int
    reason: str
    due: datetime


@value_object
class WaitingDelivery:
    """A row of the outbox that the Internet database has not been shown."""

    number: int
    notice_no: str
    kind: str
    written_at: datetime
    attempts: int
    last_error: str | None


@value_object
class WaitingEnquiry:
    """An identity that is queued to be asked about, with the moments it was sent; None where it was not."""

    id_no: str
    queued_at: datetime
    sent_to_mha: datetime | None
    sent_to_datahive: datetime | None


WaitingCase: TypeAlias = DueNotice | DueSuspension | WaitingDelivery | WaitingEnquiry | Run
"""What may turn out to be stuck."""


@value_object
class StuckCase:
    """A case that is stuck: a notice, a job, or the end of an identity number; since when, and why."""

    kind: StuckKind
    case: str
    since: datetime
    reason: str


class WaitingCases(Protocol):
    """Where cases wait; what is idle by right does not wait."""

    def oldest(
        self, kind: StuckKind, before: datetime, most: int | None = None, skip: int = 0
    ) -> AbstractContextManager[Iterator[WaitingCase]]:
        """Open what waits since before a moment, the oldest first: at most so many, behind `skip`."""

    def count(self, kind: StuckKind, before: datetime) -> int:
        """Return how many cases wait since before a moment."""


@rule("K5")
def stuck_case(waiting: WaitingCase, now: datetime, grace: Mapping[StuckKind, timedelta]) -> StuckCase | None:
    """
    Return why nothing happens to a case any more; None while it is not stuck (K5).

    A notice is stuck past the day of its next stage and a grace, unsuspended, unpaid and unmoved; an open
    suspension past its due date; a delivery an hour after it was written; an identity unanswered 45 days
    after it was queued; a job whose last run never ended.
    """
    kind, case, since, reason = described(waiting)
    if since + grace[kind] >= now or is_idle_by_right(waiting):
        return None
    return StuckCase(kind, case, since, reason)


def is_idle_by_right(waiting: WaitingCase) -> bool:
    """Return whether there is a reason why nothing happens, or something has happened."""
    match waiting:
        case DueNotice():
            return (
                waiting.suspended or is_fully_paid(waiting.payment_status) or waiting.moved_at > waiting.due
            )
        case Run():
            return waiting.holds_lock or waiting.result is not None
    return False


def described(waiting: WaitingCase) -> tuple[StuckKind, str, datetime, str]:
    """Return the kind of a case, its name, from when it counts as late, and what it waits for in words."""
    match waiting:
        case DueNotice():
            reason = f"{waiting.stage} since {day(waiting.moved_at)}; {waiting.next_stage} is due"
            return StuckKind.NOTICE, waiting.notice_no, waiting.due, reason
        case DueSuspension():
            reason = f"{waiting.reason}, record {waiting.sr_no}, was to end and is open"
            return StuckKind.SUSPENSION, waiting.notice_no, waiting.due, reason
        case WaitingDelivery():
            failed = f"; last: {waiting.last_error}" if waiting.last_error else ""
            reason = f"{waiting.kind} not on the Internet after {waiting.attempts} attempts{failed}"
            return StuckKind.DELIVERY, waiting.notice_no, waiting.written_at, reason
        case WaitingEnquiry():
            sent = [
                f"{system} asked {day(at)}" if at else f"{system} not asked"
                for system, at in (("MHA", waiting.sent_to_mha), ("DataHive", waiting.sent_to_datahive))
            ]
            case = "*" + waiting.id_no[1:][-SHOWN_OF_IDENTITY:]
            return StuckKind.ENQUIRY, case, waiting.queued_at, f"no answer: {', '.join(sent)}"
    reason = f"run {waiting.number} on {waiting.worker} never ended"
    return StuckKind.JOB_RUN, waiting.job, waiting.started_at, reason


def day(moment: datetime) -> str:
    """Return the Singapore day of a moment."""
    return singapore(moment).date().isoformat()


def stuck_cases(
    cases: WaitingCases,
    kind: StuckKind,
    now: datetime,
    grace: Mapping[StuckKind, timedelta],
    most: int | None = None,
    *,
    skip: int = 0,
) -> Iterator[StuckCase]:
    """
    Yield the stuck cases of a kind, the oldest first, at most so many behind the first `skip`.

    They are never all in memory.
    """
    with cases.oldest(kind, now - grace[kind], most, skip) as waiting:
        yield from filter(None, (stuck_case(each, now, grace) for each in waiting))


@rule("K5")
def report_stuck_cases(
    cases: WaitingCases,
    alert: Callable[[str, str, str], object],
    clock: Clock,
    grace: Mapping[StuckKind, timedelta],
) -> JobCounts:
    """
    Count the stuck cases by kind, and alert operations of them once a day: incident, subject and text (K5).

    The alert names the oldest of each kind.
    """
    now, counts, lines = clock(), Counter[str](), list[str]()
    for kind in StuckKind:
        found = stuck_cases(cases, kind, now, grace)
        first = list(islice(found, SHOWN))
        counts[kind.value] = sum(1 for _ in chain(first, found))
        lines += [f"{each.kind.value} {each.case}, {day(each.since)}: {each.reason}" for each in first]
        if counts[kind.value] > len(first):
            lines.append(f"{kind.value}: {counts[kind.value] - len(first)} more")
    if total := counts.total():
        text = "\n".join([*lines, "`ocms stuck` lists them all."])
        alert(f"{day(now)}/stuck", f"OCMS stuck cases: {total}", text)
    return dict(counts)

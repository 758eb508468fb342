"""What happened to a notice, as a part of its page: its stages drawn, its suspensions, its timeline."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from attrs import frozen

from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.reference import Reference
from ocms_core.offenders import service as offender_service
from ocms_core.offenders import timeline
from ocms_core.offenders.facts import WORDS
from ocms_core.offenders.ports import OffenderStores
from ocms_core.offenders.timeline import NoticeHistory, TimelineEvent
from ocms_core.stages import service as stage_service
from ocms_core.stages.notice_state import NoticeDetails
from ocms_core.stages.ports import StageStores
from ocms_core.stages.possible_moves import possible_moves
from ocms_web.portal.notice import NO_SUCH_NOTICE, PATH, SEEN, number_of
from ocms_web.portal.pictures import PassedStage, StagesOfNotice, stages_picture
from ocms_web.portal.visits import Answer, Page, View, Visit

HISTORY = f"{PATH}/history"


@frozen
class HistoryPage:
    """What happened to a notice; `reference` is the present reference data, with the values of all days."""

    stages: StageStores
    offenders: OffenderStores
    reference: Callable[[], Reference]

    def page(self) -> Page:
        """Return the page, which is also a part of that of the notice."""
        return Page(
            HISTORY, "What happened", "history.html", StaffPage.NOTICE, show=self.show, operations=SEEN
        )

    def show(self, visit: Visit) -> Answer:
        """Show what happened; who stood in a role before is recorded first."""
        notice_no = number_of(visit)
        visit.admit(Operation.GET_TIMELINE)
        found = stage_service.details_of([notice_no], stores=self.stages)
        history = offender_service.history_of(notice_no, stores=self.offenders)
        if notice_no not in found or isinstance(history, Refusal):
            raise NO_SUCH_NOTICE
        visit.record_access(timeline.identities(history), notice_no=notice_no)
        details = found[notice_no]
        reference = self.reference().on(singapore(visit.now).date())
        stages = StagesOfNotice(
            passed_stages(details, history),
            PassedStage(details.notice.stage, details.notice.stage_date.date()),
            details.amount_payable,
            possible_moves(details.notice, reference),
            details.next_at.date() if details.next_at else None,
        )
        values = {
            "notice_no": notice_no,
            "picture": stages_picture("stages", stages),
            "suspensions": sorted(history.suspensions, key=lambda each: each.at, reverse=True),
            "events": [event_values(event) for event in timeline.newest_first(history)],
        }
        return View(values, title=f"Notice {notice_no}: what happened")


def passed_stages(details: NoticeDetails, history: NoticeHistory) -> tuple[PassedStage, ...]:
    """Return the stages the notice was in before the present one, the earliest first."""
    entered = sorted(entered_stages(history))
    passed: list[PassedStage] = []
    for at, stage in entered:
        if not passed or passed[-1].stage != stage:
            passed.append(PassedStage(stage, at))
    is_present = passed and passed[-1].stage == details.notice.stage
    return tuple(passed[:-1] if is_present else passed)


def entered_stages(history: NoticeHistory) -> Iterator[tuple[date, str]]:
    """Yield each stage that is on record, with the day it was entered."""
    for event in timeline.stage_events(history):
        yield event.at.date(), str(event.what["to"])
    for kept in history.offenders:
        if kept.new_stage:
            yield kept.at.date(), kept.new_stage


def event_values(event: TimelineEvent) -> dict[str, Any]:
    """Return an event of the timeline in words."""
    always = {"at": event.at, "officer": event.officer, "until": None, "remarks": None}
    return {**always, **EVENT_WORDS[event.kind](event.what)}


def stage_words(what: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stage change in words."""
    start = f"from {what['from']} " if what["from"] else ""
    reason = f", reason {what['reason']}" if what["reason"] else ""
    by = f", by {what['source']}" if what["source"] else ""
    return {"text": f"Moved {start}to {what['to']}{reason}{by}", "remarks": what["remarks"]}


def suspension_words(what: Mapping[str, Any]) -> dict[str, Any]:
    """Return a suspension in words."""
    return {
        "text": f"Suspended {what['type']}-{what['reason']}, by {what['source']}",
        "until": what["due"],
        "remarks": what["remarks"],
    }


def revival_words(what: Mapping[str, Any]) -> dict[str, Any]:
    """Return the end of a suspension in words."""
    reason = f", reason {what['revivalReason']}" if what["revivalReason"] else ""
    return {"text": f"Revived from {what['type']}-{what['reason']}{reason}", "remarks": what["remarks"]}


def offender_words(what: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action on an offender in words, with who stood in the role before."""
    role = WORDS[what["role"]].lower() if what["role"] in WORDS else what["role"]
    stages = f", {what['from']} to {what['to']}" if what["to"] else ""
    former = what["former"].person if what["former"] else None
    before = f"before: {former.name or '–'}, {former.id_no}" if former else ""
    return {"text": f"{ACTIONS.get(what['action'], what['action'])} of the {role}{stages}", "remarks": before}


def court_words(what: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mark of a court case in words."""
    reason = f", {what['reason']}" if what["reason"] else ""
    return {"text": f"The court case took over the due date{reason}", "until": what["due"]}


def payment_words(what: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mark of a payment in words."""
    paid = f" of ${what['paid']:,.2f}" if what["paid"] is not None else ""
    marks = ", ".join(str(each) for each in (what["status"], what["reason"]) if each)
    return {"text": f"Payment{paid}{f' ({marks})' if marks else ''}"}


ACTIONS = {"FURNISH": "Furnish", "REDIRECT": "Redirect", "UPDATE": "Update", "REVERSE": "Taking back"}
EVENT_WORDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    timeline.STAGE: stage_words,
    timeline.SUSPENSION: suspension_words,
    timeline.REVIVAL: revival_words,
    timeline.OFFENDER: offender_words,
    timeline.COURT: court_words,
    timeline.PAYMENT: payment_words,
}

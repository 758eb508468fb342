"""The page of one notice: how it stands, its people, what each call would answer, what can be taken back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from attrs import frozen

from ocms_core.kernel.access import Operation, may
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.explanations import Explanation
from ocms_core.kernel.notice_numbers import is_notice_no, normal_notice_no
from ocms_core.kernel.offender_details import RoleHolder
from ocms_core.offenders import details as offender_details
from ocms_core.offenders import service as offender_service
from ocms_core.offenders.eligibility import buttons
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.ports import OffenderStores
from ocms_core.reversals.explaining import ReversibleChange
from ocms_core.stages import service as stage_service
from ocms_core.stages.notice_state import state_sentences
from ocms_core.stages.ports import StageStores
from ocms_core.stages.request_fields import is_number
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.visits import UNDELIVERED, Answer, Moved, Page, PageProblem, View, Visit

PATH = "/staff/notices/{noticeNo:str}"
ANSWERS = f"{PATH}/answers"
TAKE_BACK = f"{PATH}/take-back"
SEEN = (Operation.GET_OFFENDERS, Operation.GET_TIMELINE)

NO_SUCH_NOTICE = PageProblem(
    HTTPStatus.NOT_FOUND, "There is no such notice", "Check the number, or find the notice by something else."
)
CALLS: Mapping[str, str] = {
    Operation.GET_PAYMENT_STATUS.value: "Payment status for CAS",
    Operation.UPDATE_COURT_NOTICES.value: "Court update by CAS",
    Operation.QUERY_NOTICE_INFO.value: "Query by PLUS",
    Operation.SEARCH_STAGES.value: "Search",
    Operation.CHANGE_STAGES.value: "Change of stage",
    Operation.UPDATE_TOPPAN_STAGES.value: "Print run of Toppan",
    Operation.CHECK_OFFENDER_ELIGIBILITY.value: "Furnish or redirect",
    Operation.FURNISH_OFFENDER.value: "Furnish",
    Operation.REDIRECT_NOTICE.value: "Redirect",
    Operation.UPDATE_OFFENDER.value: "Update of particulars",
    Operation.REVERSE_STAGES.value: "Taking a stage change back",
    Operation.REVERSE_OFFENDER.value: "Taking a furnish or redirect back",
    Operation.APPLY_HST.value: "HST",
    Operation.REVIVE_HST.value: "Revival of HST",
    Operation.REVERSE_HST.value: "Taking HST back",
}
# What a page of one notice can take back; a change of the HST list is taken back with all its notices.
TAKEN_BACK_HERE = (Operation.REVERSE_STAGES, Operation.REVERSE_OFFENDER)

Explain = Callable[[str, datetime], Sequence[Explanation]]
Reversible = Callable[[str, datetime], Sequence[ReversibleChange]]


@frozen
class NoticePages:
    """A notice, what each call would answer for it, and what can be taken back of it."""

    stages: StageStores
    offenders: OffenderStores
    explain: Explain
    reversible: Reversible

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(PATH, "Notice", "notice.html", StaffPage.NOTICE, show=self.show, operations=SEEN),
            Page(ANSWERS, "Answers", "answers.html", show=self.show_answers, operations=SEEN),
            Page(TAKE_BACK, "Take back", "notice.html", StaffPage.NOTICE, act=take_back, operations=SEEN),
        )

    def show(self, visit: Visit) -> Answer:
        """Show how the notice stands and its people, who are recorded before; its history comes as a part."""
        notice_no = number_of(visit)
        visit.admit(Operation.GET_OFFENDERS)
        found = stage_service.details_of([notice_no], stores=self.stages)
        people = offender_service.offenders_of(notice_no, stores=self.offenders)
        if notice_no not in found or isinstance(people, Refusal):
            raise NO_SUCH_NOTICE
        visit.record_access(offender_details.identities(people), notice_no=notice_no)
        details = found[notice_no]
        values = {
            "notice_no": notice_no,
            "details": details,
            "sentences": state_sentences(details, visit.now),
            "people": list(people_values(visit, people)),
        }
        return View(values, title=f"Notice {notice_no}")

    def show_answers(self, visit: Visit) -> Answer:
        """Show what each call would answer, and what can be taken back."""
        notice_no = number_of(visit)
        visit.admit(Operation.GET_TIMELINE)
        explanations = self.explain(notice_no, visit.now)
        if not any(each.operation == Operation.SEARCH_STAGES.value for each in explanations):
            raise NO_SUCH_NOTICE
        values = {
            "notice_no": notice_no,
            "explanations": [
                {
                    "call": CALLS.get(each.operation, each.operation),
                    "answer": each.answer,
                    "rules": each.rules,
                }
                for each in explanations
            ],
            "reversible": [
                reversible_values(each)
                for each in self.reversible(notice_no, visit.now)
                if each.reversal in TAKEN_BACK_HERE and may(visit.principal, each.reversal)
            ],
        }
        return View(values, title=f"Notice {notice_no}: what the calls would answer")


def number_of(visit: Visit) -> str:
    """Return the notice number of the page's address; raise `PageProblem` for what is none."""
    given = visit.path_params["noticeNo"]
    if not is_number(given):
        raise NO_SUCH_NOTICE
    return normal_notice_no(given)


def take_back(visit: Visit) -> Answer:
    """Take back what was last done to the notice, and show it as it was before (K4)."""
    notice_no = number_of(visit)
    page, key = f"/staff/notices/{notice_no}", visit.form.text("key")
    if visit.form.text("reversal") == Operation.REVERSE_STAGES.value:
        answer = visit.call(Operation.REVERSE_STAGES, {"items": [{"noticeNo": notice_no}]}, key=key)
    else:
        answer = visit.call(Operation.REVERSE_OFFENDER, {"noticeNos": [notice_no]}, key=key)
    if answer.is_undelivered:
        return Moved(page, Message(f"It was taken back. {UNDELIVERED}", Tone.WARNING))
    results = answer.body.get("results") or [answer.body]
    result = results[0]
    if "newProcessingStage" in result or "newStage" in result:
        stage = result.get("newProcessingStage") or result.get("newStage")
        return Moved(page, Message(f"It was taken back: the notice is at {stage} again."))
    return Moved(page, Message(f"Nothing was taken back: {result.get('message', '')}", Tone.DANGER))


def people_values(visit: Visit, notice: OffenderNotice) -> Iterator[dict[str, Any]]:
    """
    Yield each role with who stands in it, and the one button an officer sees for it (F14).

    A number that the calls of contract 3 refuse, as one with a hyphen, has no buttons.
    """
    is_taken = is_notice_no(notice.notice_no)
    for word, holder in offender_details.holders_by_word(notice).items():
        is_current = holder is not None and holder.role == notice.current_role
        shown = buttons(exists=holder is not None, is_current=is_current)
        offered = (
            ("Furnish", shown.furnish, Operation.FURNISH_OFFENDER),
            ("Redirect to", shown.redirect, Operation.REDIRECT_NOTICE),
            ("Update", shown.update, Operation.UPDATE_OFFENDER),
        )
        button = next(
            (
                label
                for label, is_shown, operation in offered
                if is_taken and is_shown and may(visit.principal, operation)
            ),
            "",
        )
        yield {
            "word": word,
            "role": word.lower(),
            "holder": holder,
            "is_current": is_current,
            "button": button,
            "address": address_lines(holder),
        }


def address_lines(holder: RoleHolder | None) -> list[str]:
    """Return the furnished address as lines; none where there is none."""
    address = offender_details.address_on_record(holder) if holder else None
    if address is None:
        return []
    street = " ".join(filter(None, (address.block_no, address.street_name)))
    unit = offender_details.floor_and_unit_text(address)
    lines = (street, f"#{unit.lstrip('#')}" if unit else "", address.building_name, address.postal_code)
    return [line for line in lines if line]


def reversible_values(change: ReversibleChange) -> dict[str, Any]:
    """Return a change that can be taken back, with the key that makes two presses of its button one."""
    return {
        "reversal": change.reversal.value,
        "label": CALLS.get(change.made_by, change.made_by),
        "change": change,
        "key": str(uuid4()),
    }

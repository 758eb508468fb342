"""Changing the stages of many notices: chosen or uploaded, shown as they would be, and done."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from types import UnionType
from typing import Any, Protocol
from uuid import uuid4

from attrs import asdict, field, frozen

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import Code
from ocms_core.kernel.notice_numbers import normal_notice_no
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.tables import TableRow
from ocms_core.stages import officer_changes, service
from ocms_core.stages.eligibility import DRIVER_TARGETS, OTHERS_TARGETS, REASONS
from ocms_core.stages.importing import read_row
from ocms_core.stages.ports import StageStores
from ocms_core.stages.request_checks import ChangeItem, change_item
from ocms_core.stages.request_fields import is_number
from ocms_web.json_codec import Malformed, decode
from ocms_web.portal.messages import Tone
from ocms_web.portal.visits import Answer, CallAnswer, Page, View, Visit

PATH = "/staff/stages"
SEPARATORS = re.compile(r"[\s,;]+")
FORM, PREVIEW, RESULT = "stages.html", "stages_preview.html", "stages_result.html"
TARGETS = [
    (stage, f"{stage}, {what}") for stage, what in STAGES.items() if stage in DRIVER_TARGETS | OTHERS_TARGETS
]
UPDATED = "UPDATED"
ALLOWED_AGAIN = codes.CPS_DUPLICATE_RECORD.code
MOVED_TODAY = "its stage was changed today already"
NAMED_BEFORE = "{} is named before, and only where it is named first counts"
NO_NUMBER = "this is no notice number"
MALFORMED = "Nothing was done: the form is not the one that was shown. Begin again."


class ReadTable(Protocol):
    """Reads an uploaded table."""

    def __call__(self, name: str, content: bytes) -> tuple[Sequence[TableRow], Sequence[str]]:
        """Return its rows, and what is to be told of it; raise ValueError for no table, in words."""


@frozen
class PlannedChange:
    """
    One notice as the preview showed it: from which stage to which, and why.

    `again` is a change of a notice that has been changed today already: the officer must want it.
    """

    notice_no: str
    previous_stage: str
    new_stage: str
    reason: str | None
    remark: str | None
    check_addresses: bool
    again: bool = False
    amount: Decimal | None = field(default=None, eq=False)

    @property
    def item(self) -> dict[str, object]:
        """The item of a submit that does what was shown."""
        return {
            "noticeNo": self.notice_no,
            "newStage": self.new_stage,
            "reason": self.reason,
            "remark": self.remark,
            "dhMhaCheck": self.check_addresses,
            "isConfirmation": self.again,
        }

    def written(self) -> str:
        """Return the change as the form of the preview carries it."""
        return json.dumps(asdict(self, filter=lambda attribute, _: attribute.name != "amount"))


SHAPE: Mapping[str, type | UnionType] = {
    "notice_no": str,
    "previous_stage": str,
    "new_stage": str,
    "reason": str | None,
    "remark": str | None,
    "check_addresses": bool,
    "again": bool,
}


@frozen
class RefusedChange:
    """
    A notice that cannot be moved, or a line that cannot be read, and why.

    `has_page` is whether it is a notice that is there.
    """

    notice_no: str
    reason: str
    has_page: bool = False


@frozen
class StageChangePage:
    """The page on which officers change stages."""

    stores: StageStores
    read_table: ReadTable

    def page(self) -> Page:
        """Return the page."""
        return Page(
            PATH,
            "Change stages",
            FORM,
            show=show_form,
            act=self.act,
            operations=(Operation.CHANGE_STAGES,),
            navigation="Change stages",
        )

    def act(self, visit: Visit) -> Answer:
        """Answer the form: fill it in, show what it would do, do it, or take it back."""
        match visit.form.text("step"):
            case "preview":
                return self.preview(visit)
            case "confirm":
                return self.confirm(visit)
            case "undo":
                return undo(visit)
        return form_view({"numbers": "\n".join(visit.form.texts("notice"))})

    def preview(self, visit: Visit) -> Answer:
        """Show what a submit of the form would do to each notice."""
        typed = {name: visit.form.text(name) for name in ("numbers", "newStage", "reason", "remark", "check")}
        try:
            items, refused = self.read_items(visit, typed)
        except ValueError as unreadable:
            return form_view(typed, {"table": str(unreadable)})
        if not items and not refused:
            return form_view(typed, {"numbers": "Name at least one notice, or choose a file."})
        return self.preview_of(visit, items, refused, typed)

    def read_items(
        self, visit: Visit, typed: Mapping[str, str]
    ) -> tuple[list[dict[str, object]], list[RefusedChange]]:
        """Return the items of a form, each number once, and what of it cannot be read; raise ValueError."""
        items: dict[str, dict[str, object]] = {}
        refused: list[RefusedChange] = []
        shared = {
            "newStage": typed["newStage"] or None,
            "reason": typed["reason"] or None,
            "remark": typed["remark"] or None,
            "dhMhaCheck": bool(typed["check"]),
        }
        for word in filter(None, SEPARATORS.split(typed["numbers"])):
            if is_number(word):
                notice_no = normal_notice_no(word)
                items.setdefault(notice_no, {"noticeNo": notice_no, **shared})
            else:
                refused.append(RefusedChange(word, NO_NUMBER))
        if table := visit.form.files.get("table"):
            rows, notes = self.read_table(table.name, table.content)
            for note in notes:
                visit.tell(note, Tone.WARNING)
            for row in rows:
                read = read_row(row)
                if isinstance(read, Code):
                    refused.append(RefusedChange(f"row {row.number}", read.text))
                elif read.notice_no in items:
                    refused.append(RefusedChange(f"row {row.number}", NAMED_BEFORE.format(read.notice_no)))
                else:
                    items[read.notice_no] = item_of_row(read, shared)
        return list(items.values()), refused

    def preview_of(
        self,
        visit: Visit,
        items: Sequence[Mapping[str, object]],
        refused: Sequence[RefusedChange],
        typed: Mapping[str, str],
        status: int = HTTPStatus.OK,
    ) -> Answer:
        """Show what a submit of items would do, as the dry run of the call decides it."""
        planned: list[PlannedChange] = []
        further = list(refused)
        unconfirmed = [{**item, "isConfirmation": False} for item in items]
        if unconfirmed:
            answer = visit.call(Operation.CHANGE_STAGES, {"items": unconfirmed}, dry_run=True)
            if not answer.is_success:
                return form_view(typed, {"": problem_of(answer)}, answer.status)
            results = answer.body["results"]
            again = {each["noticeNo"] for each in results if each["code"] == ALLOWED_AGAIN}
            if again:
                confirmed = [{**item, "isConfirmation": item["noticeNo"] in again} for item in items]
                answer = visit.call(Operation.CHANGE_STAGES, {"items": confirmed}, dry_run=True)
                results = answer.body["results"]
            amounts = self.amounts(visit, items, again)
            for item, result in zip(items, results, strict=True):
                if result["outcome"] == UPDATED:
                    planned.append(planned_change(item, result, again, amounts))
                else:
                    has_page = result["code"] != codes.CPS_NOT_FOUND.code
                    further.append(RefusedChange(result["noticeNo"], result["message"], has_page))
        values = {
            "planned": [each for each in planned if not each.again],
            "again": [each for each in planned if each.again],
            "refused": further,
            "key": uuid4().hex,
        }
        return View(values, status, title="Check the changes", template=PREVIEW)

    def amounts(
        self, visit: Visit, items: Iterable[Mapping[str, object]], again: frozenset[str] | set[str]
    ) -> Mapping[str, Decimal | None]:
        """Return what would be payable for each notice."""
        read = [change_item({**item, "isConfirmation": item["noticeNo"] in again}) for item in items]
        decision = service.preview(read, visit.principal.name, stores=self.stores, now=visit.now)
        return officer_changes.amounts(decision)

    def confirm(self, visit: Visit) -> Answer:
        """Do what the preview showed; where a notice is no longer as shown, do nothing and show it anew."""
        try:
            shown = [shown_change(each) for each in visit.form.texts("item")]
        except Malformed:
            return form_view({}, {"": MALFORMED}, HTTPStatus.BAD_REQUEST)
        wanted = set(visit.form.texts("again"))
        chosen = [each for each in shown if not each.again or each.notice_no in wanted]
        if not chosen:
            return form_view({}, {"numbers": "No notice was chosen, so nothing was done."})
        body, key = {"items": [each.item for each in chosen]}, visit.form.text("key")
        answer = visit.repeat_of(Operation.CHANGE_STAGES, body, key, self.stores)
        if answer is None:
            tried = visit.call(Operation.CHANGE_STAGES, body, dry_run=True)
            differing = list(differences(chosen, tried))
            if differing:
                for text in differing:
                    visit.tell(text, Tone.WARNING)
                return self.preview_of(
                    visit, [each.item for each in chosen], (), {}, status=HTTPStatus.CONFLICT
                )
            seen = {each.notice_no: each.previous_stage for each in chosen}
            answer = visit.call(Operation.CHANGE_STAGES, body, key=key, seen_stages=seen)
        return result_view(visit, answer, "What was done", uuid4().hex)


@rule("G7")
def shown_change(text: str) -> PlannedChange:
    """Return a change as the form of the preview carries it; raise `Malformed` for what never was one."""
    given = decode(text)
    if not (isinstance(given, dict) and given.keys() == SHAPE.keys()):
        raise Malformed
    if not all(isinstance(given[name], kind) for name, kind in SHAPE.items()):
        raise Malformed
    return PlannedChange(**given)


def item_of_row(read: ChangeItem, shared: Mapping[str, object]) -> dict[str, object]:
    """Return the item of a row; what the row leaves open is as the form says."""
    requested = read.requested
    return {
        "noticeNo": read.notice_no,
        "newStage": requested.target or shared["newStage"],
        "reason": requested.reason or shared["reason"],
        "remark": requested.remarks or shared["remark"],
        "dhMhaCheck": read.check_addresses or shared["dhMhaCheck"],
    }


def planned_change(
    item: Mapping[str, Any],
    result: Mapping[str, str],
    again: set[str],
    amounts: Mapping[str, Decimal | None],
) -> PlannedChange:
    """Return what would become of an item that would be moved."""
    notice_no = result["noticeNo"]
    return PlannedChange(
        notice_no,
        result["previousStage"],
        result["newStage"],
        item["reason"],
        item["remark"],
        item["dhMhaCheck"],
        notice_no in again,
        amounts.get(notice_no),
    )


def differences(shown: Sequence[PlannedChange], tried: CallAnswer) -> Iterator[str]:
    """Yield what has become different since the preview, a sentence for each notice."""
    if not tried.is_success:
        yield problem_of(tried)
        return
    for planned, result in zip(shown, tried.body["results"], strict=True):
        if result["outcome"] != UPDATED:
            reason = MOVED_TODAY if result["code"] == ALLOWED_AGAIN else result["message"]
            yield f"{planned.notice_no} has changed since you looked: {reason}."
        elif result["previousStage"] != planned.previous_stage:
            yield (
                f"{planned.notice_no} has changed since you looked: it stands in {result['previousStage']} "
                f"now, not in {planned.previous_stage}."
            )


def result_view(visit: Visit, answer: CallAnswer, title: str, undo_key: str = "") -> Answer:
    """Show what became of each notice, its report where there is one; with a key, that it can be undone."""
    if not answer.is_success:
        return form_view({}, {"": problem_of(answer)}, answer.status)
    results = answer.body["results"]
    values = {
        "done": [each for each in results if each["outcome"] == UPDATED],
        "failed": [each for each in results if each["outcome"] != UPDATED],
        "report": answer.body.get("report"),
        "undo_key": undo_key,
        "officer_name": visit.principal.name,
    }
    return View(values, title=title, template=RESULT)


def undo(visit: Visit) -> Answer:
    """Take the changes of the form's notices back (K4)."""
    body = {"items": [{"noticeNo": each} for each in visit.form.texts("notice")]}
    answer = visit.call(Operation.REVERSE_STAGES, body, key=visit.form.text("key"))
    return result_view(visit, answer, "What was taken back")


def problem_of(answer: CallAnswer) -> str:
    """Return why a call was refused as a whole."""
    body = answer.body
    if body.get("message"):
        return str(body["message"])
    return " ".join(str(each["message"]) for each in body.get("results", ())) or "It was refused."


def show_form(visit: Visit) -> Answer:
    """Show the form, with the notice that the address names."""
    return form_view({"numbers": visit.query.get("noticeNo", "")})


def form_view(
    typed: Mapping[str, str], errors: Mapping[str, str] | None = None, status: int | None = None
) -> View:
    """Return the form with what was typed, and what is wrong with it."""
    values = {
        "typed": {"numbers": "", "newStage": "", "reason": "", "remark": "", "check": "", **typed},
        "errors": errors or {},
        "targets": [("", "The next stage of each notice"), *TARGETS],
        "reasons": [("", "None"), *((code, f"{code}, {what}") for code, what in REASONS.items())],
    }
    usual = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return View(values, status or usual)

"""The page on which an officer finds notices: by their particulars, or by a list of numbers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.notice_numbers import normal_notice_no
from ocms_core.kernel.stages import STAGES
from ocms_core.stages import search, service
from ocms_core.stages.ports import StageStores
from ocms_core.stages.request_checks import Criteria, criteria
from ocms_core.stages.request_fields import InvalidRequest, is_number
from ocms_core.stages.search import SearchResult, SearchRow
from ocms_web.portal.forms import SubmittedForm
from ocms_web.portal.visits import Answer, Page, View, Visit

PATH = "/staff/find"
MOST_NUMBERS = search.MOST_LISTED
BETWEEN = re.compile(r"[\s,;]+")

# The fields of the form by the names of the call; an identity number is not among those that are kept.
CRITERIA = ("noticeNo", "idNo", "vehicleNo", "currentProcessingStage", "dateOfCurrentProcessingStage")
KEPT = tuple(name for name in CRITERIA if name != "idNo")
LABELS: Mapping[str, str] = {
    "noticeNo": "Notice number",
    "idNo": "Identity number",
    "vehicleNo": "Vehicle number",
    "currentProcessingStage": "Stage",
    "dateOfCurrentProcessingStage": "Entered its stage on",
}
FIELD = re.compile(r"\w+")

Key = Callable[[SearchRow], Any]
ORDERS: Mapping[str, Key] = {
    "notice": lambda row: row.notice.notice_no,
    "vehicle": lambda row: (row.notice.vehicle_no, row.notice.notice_no),
    "stage": lambda row: list(STAGES).index(row.notice.stage) if row.notice.stage in STAGES else 99,
    "since": lambda row: row.notice.stage_date,
    "offence": lambda row: row.notice.offence_date_time,
    "offender": lambda row: ((row.offender and row.offender.name) or "", row.notice.notice_no),
}
COLUMNS: tuple[tuple[str, str], ...] = (
    ("notice", "Notice"),
    ("vehicle", "Vehicle"),
    ("stage", "Stage"),
    ("since", "Since"),
    ("offence", "Offence"),
    ("offender", "Offender"),
)


@frozen
class FindPage:
    """Finds notices by the same search as the API, those that may be moved apart from those that may not."""

    stores: StageStores

    def page(self) -> Page:
        """Return the page."""
        return Page(
            PATH,
            "Find notices",
            "find.html",
            StaffPage.FIND,
            show=self.show,
            act=self.act,
            operations=(Operation.SEARCH_STAGES,),
            navigation="Find",
        )

    def show(self, visit: Visit) -> Answer:
        """Show the form, filled in by the address: it may name all but an identity number."""
        typed = {name: visit.query.get(name, "") for name in KEPT}
        if any(typed.values()):
            return self.found(visit, SubmittedForm(tuple(typed.items())))
        return View(form_values(visit, {}))

    def act(self, visit: Visit) -> Answer:
        """Show what was found."""
        return self.found(visit, visit.form)

    def found(self, visit: Visit, form: SubmittedForm) -> Answer:
        """Search, record whom the answer shows, and show it; or show what is wrong with the form."""
        visit.admit(Operation.SEARCH_STAGES)
        typed = {name: form.text(name) for name in (*CRITERIA, "notice_nos", "sort")}
        errors: dict[str, str] = {}
        wanted = numbers_in(typed["notice_nos"], errors)
        found = Criteria() if wanted or errors else criteria_in(typed, errors)
        if errors:
            return View(form_values(visit, typed, errors))
        result = (
            service.list_notices(wanted, stores=self.stores)
            if wanted
            else service.search_notices(found, stores=self.stores)
        )
        searched_for = [found.id_no] if found.id_no else []
        visit.record_access([*searched_for, *search.identities(result)], notice_no=found.notice_no)
        kept = tuple((name, typed[name]) for name in KEPT if typed[name])
        if kept and not found.id_no and not wanted:
            visit.searched = kept
        return View({**form_values(visit, typed), **result_values(result, wanted, typed["sort"])})


def numbers_in(text: str, errors: dict[str, str]) -> tuple[str, ...]:
    """Return the notice numbers of a pasted list, each once; add what is wrong with it."""
    given = tuple(dict.fromkeys(normal_notice_no(each) for each in BETWEEN.split(text) if each))
    wrong = [each for each in given if not is_number(each)]
    if wrong:
        errors["notice_nos"] = (
            f"{len(wrong)} of these are no notice numbers, the first is “{wrong[0][:20]}”. "
            "A notice number has 1 to 10 letters, digits or hyphens."
        )
    elif len(given) > MOST_NUMBERS:
        errors["notice_nos"] = f"These are {len(given):,} numbers; a list has {MOST_NUMBERS:,} at most."
    return given


def criteria_in(typed: Mapping[str, str], errors: dict[str, str]) -> Criteria:
    """Return what is searched for; add what is wrong with it."""
    try:
        return criteria({name: typed[name] for name in CRITERIA})
    except InvalidRequest as invalid:
        name = next((word for word in FIELD.findall(invalid.code.text) if word in CRITERIA), "")
        if name:
            errors[name] = f"{LABELS[name]}: {invalid.code.text.replace(name, 'this field')}"
        else:
            errors["noticeNo"] = "Fill in at least one field, or paste a list of notice numbers."
        return Criteria()


def form_values(
    visit: Visit, typed: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what the form shows: what was typed, what is wrong with it, and the last searches."""
    return {
        "typed": {name: typed.get(name, "") for name in (*CRITERIA, "notice_nos", "sort")},
        "errors": errors or {},
        "stages": [("", "any"), *((stage, f"{stage} – {meaning}") for stage, meaning in STAGES.items())],
        "searches": [last_search(each) for each in visit.session.content.searches],
        "result": None,
    }


def last_search(search_fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return an earlier search: its fields, and what it is called."""
    label = ", ".join(f"{LABELS[name].lower()} {value}" for name, value in search_fields)
    return {"fields": search_fields, "label": label}


def result_values(result: SearchResult, wanted: Sequence[str], sort: str) -> dict[str, Any]:
    """Return what was found, in order: what may be moved, what may not and why, and what does not exist."""
    rows = in_order(result.listed, sort)
    there = {row.notice.notice_no for row in rows}
    return {
        "result": result,
        "eligible": [row for row in rows if row.against is None],
        "ineligible": [row for row in rows if row.against is not None],
        "missing": [number for number in wanted if number not in there],
        "columns": list(column_values(sort)),
    }


def in_order(rows: Sequence[SearchRow], sort: str) -> list[SearchRow]:
    """Return rows in the order asked for, downwards with a hyphen in front; by number else."""
    key = ORDERS.get(sort.removeprefix("-"), ORDERS["notice"])
    return sorted(rows, key=key, reverse=sort.startswith("-"))


def column_values(sort: str) -> Iterator[dict[str, str]]:
    """Yield each column with the order it stands in, and the one its button asks for."""
    column = sort.removeprefix("-") if sort.removeprefix("-") in ORDERS else "notice"
    is_down = sort.startswith("-")
    for name, label in COLUMNS:
        order = ("descending" if is_down else "ascending") if name == column else ""
        yield {"label": label, "order": order, "sort": f"-{name}" if order == "ascending" else name}

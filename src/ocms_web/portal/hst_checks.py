"""What the address checks of the HST list brought: answers beside listed addresses, and the workbooks."""

import re
from datetime import date
from functools import partial
from typing import Any

from attrs import frozen

from ocms_core.hst import reports, service
from ocms_core.hst.facts import CheckedIdentity, ListedIdentity
from ocms_core.hst.outcomes import CheckOutcome, last_months, outcome_of
from ocms_core.hst.ports import HstStores
from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.addresses import AddressAnswer
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.report_store import ReportStore
from ocms_web.portal.dashboard import ANSWERS, OUTCOMES
from ocms_web.portal.hst_forms import compared
from ocms_web.portal.reports import XLSX
from ocms_web.portal.visits import NOT_FOUND, Answer, Download, Page, View, Visit

WORKBOOK = "/staff/hst/workbooks/{name:str}"
MONTHS_OF_WORKBOOKS = 12
MOST_ANSWERS = 200
MONTH = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")


@frozen
class HstCheckPages:
    """The pages of the address checks."""

    stores: HstStores
    workbooks: ReportStore

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        page = partial(Page, purpose=StaffPage.HST, operations=(Operation.HST_LIST, Operation.HST_EXISTS))
        return (
            page(ANSWERS, "Answers of MHA and DataHive", "hst_answers.html", show=self.answers),
            page(WORKBOOK, "Workbook", "hst.html", show=self.workbook),
        )

    def answers(self, visit: Visit) -> Answer:
        """Show the answers of a month beside the listed addresses, with one outcome or any."""
        month = month_named(visit.query.get("month", ""), singapore(visit.now).date())
        outcome = next((each for each in CheckOutcome if each.value == visit.query.get("outcome")), None)
        checked = service.checked_in(month, outcome, stores=self.stores)
        shown = checked[:MOST_ANSWERS]
        visit.record_access([each.answer.id_no for each in shown])
        return View(
            {
                "month": f"{month:%B %Y}",
                "month_value": f"{month:%Y-%m}",
                "outcome": outcome.value if outcome else "",
                "outcomes": {each.value: text for each, text in OUTCOMES.items()},
                "answers": [answer_shown(each) for each in shown],
                "total": len(checked),
            }
        )

    def workbook(self, visit: Visit) -> Answer:
        """Answer with a workbook of a month; the look is recorded first."""
        name = visit.path_params["name"]
        stored = {each["name"]: each["stored"] for row in workbook_rows(visit) for each in row["files"]}
        content = self.workbooks.read(stored[name]) if name in stored else None
        if content is None:
            raise NOT_FOUND
        visit.record_access([])
        return Download(name, content, XLSX)


def answer_shown(checked: CheckedIdentity) -> dict[str, object]:
    """Return an answer as the pages show it."""
    answer: AddressAnswer = checked.answer
    listed: ListedIdentity | None = checked.listed
    return {
        "id_no": answer.id_no,
        "name": listed.name if listed else "",
        "is_listed": listed is not None,
        "source": "DataHive" if answer.source == "DATAHIVE" else answer.source,
        "answered_at": answer.answered_at,
        "tag": answer.invalid_addr_tag.strip(),
        "outcome": OUTCOMES[outcome_of(checked)],
        "parts": compared(listed, answer),
    }


def month_named(text: str, day: date) -> date:
    """Return the first day of a month, written as 2025-01 and begun by a day; else that day's own."""
    if not text:
        return day.replace(day=1)
    month = date.fromisoformat(f"{text}-01") if MONTH.fullmatch(text) else None
    if month is None or month > day:
        raise NOT_FOUND
    return month


def workbook_rows(visit: Visit) -> list[dict[str, Any]]:
    """Return the last months with the names of their workbooks, the newest first."""
    kinds = ("data", "work items")
    return [
        {
            "month": f"{month:%B %Y}",
            "files": [
                {"kind": kind, "name": stored.rpartition("/")[2], "stored": stored}
                for kind, stored in zip(kinds, reports.names(month), strict=True)
            ],
        }
        for month in reversed(last_months(singapore(visit.now).date(), MONTHS_OF_WORKBOOKS))
    ]

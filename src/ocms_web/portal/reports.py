"""The reports of stage changes: the days with changes in a range, and the workbook of each."""

from datetime import timedelta
from typing import Any

from ocms_core.kernel.access import Operation
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.texts import stripped
from ocms_web.portal.visits import NOT_FOUND, Answer, Download, Page, View, Visit

REPORTS = "/staff/reports"
WORKBOOK = f"{REPORTS}/{{reportId:str}}"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX = ".xlsx"
DAYS_SHOWN = 30


def reports(visit: Visit) -> Answer:
    """List the days with stage changes of a range, the last thirty days unless another is asked for."""
    last = singapore(visit.now).date()
    first = last - timedelta(days=DAYS_SHOWN - 1)
    asked = {
        "startDate": stripped(visit.query.get("startDate", first.isoformat())),
        "endDate": stripped(visit.query.get("endDate", last.isoformat())),
    }
    answer = visit.call(Operation.LIST_STAGE_REPORTS, asked)
    values: dict[str, Any] = {**asked, "error": "", "listed": None, "total": 0}
    if not answer.is_success:
        return View({**values, "error": answer.body["message"]}, status=answer.status)
    return View({**values, "listed": answer.body})


def workbook(visit: Visit) -> Answer:
    """Answer with a workbook; the look is recorded by the call."""
    name = visit.path_params["reportId"]
    answer = visit.call(Operation.DOWNLOAD_STAGE_REPORT, {"reportId": name})
    if not answer.is_success:
        raise NOT_FOUND
    return Download(f"{name.removesuffix(SUFFIX)}{SUFFIX}", answer.body, XLSX)


PAGES = (
    Page(
        REPORTS,
        "Reports of stage changes",
        "reports.html",
        StaffPage.REPORTS,
        show=reports,
        operations=(Operation.LIST_STAGE_REPORTS,),
        navigation="Reports",
    ),
    Page(
        WORKBOOK,
        "Report",
        "reports.html",
        StaffPage.REPORTS,
        show=workbook,
        operations=(Operation.DOWNLOAD_STAGE_REPORT,),
    ),
)

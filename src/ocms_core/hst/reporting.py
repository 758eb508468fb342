"""The monthly workbooks: built, stored, mailed, and only then noted as done."""

from collections.abc import Iterable
from datetime import date, datetime

from ocms_core.hst import reports
from ocms_core.hst.facts import JobResult
from ocms_core.hst.ports import Alerts, HstStores, ReportMailer
from ocms_core.kernel.codes import HST_MAIL_FAILED, HST_REPORT_FAILED, HST_REPORT_NOT_STORED
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.report_store import ReportStore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.sheets import Sheet


@rule("H35")
def generate_hst_reports(
    *, stores: HstStores, store: ReportStore, post: ReportMailer, alerts: Alerts, now: datetime
) -> JobResult:
    """
    Write the workbooks of each month with answers not reported yet, and then mark those as reported (H35).

    The month is that of the receipt: what comes in late never takes anything from an earlier month.

    A workbook that cannot be built or stored raises an alert and leaves everything to the next run;
    a mail that fails only warns. The tally counts answers. Raises `Unavailable` when the database
    cannot be reached.
    """
    with stores.reading() as reader:
        unreported = reader.unreported_answers()
    done = failed = 0
    for month in sorted({reports.month_of(each.received_at) for each in unreported}):
        answers = [each for each in unreported if reports.month_of(each.received_at) == month]
        sheets = sheets_of(month, stores)
        if store_reports(sheets, store, alerts):
            mail(month, sheets, store, post, alerts)
            with stores.writing() as writing:
                writing.close_reported(answers, now)
            done += len(answers)
        else:
            failed += len(answers)
    return JobResult(done, failed)


def sheets_of(month: date, stores: HstStores) -> dict[str, Sheet]:
    """Draw the two workbooks of a month up, by name."""
    since, before = reports.month_bounds(month)
    with stores.reading() as reader:
        checked = tuple(reader.checked_identities(since, before))
        standing = reader.statistics(since, before)
    data, work_items = reports.names(month)
    return {
        data: reports.data_report(checked),
        work_items: reports.work_items_report(reports.figures(checked), standing),
    }


@rule("H35")
def store_reports(sheets: dict[str, Sheet], store: ReportStore, alerts: Alerts) -> bool:
    """Store both workbooks; one not built raises the alert OCMS-5001, one not kept OCMS-5004 (H35)."""
    try:
        for name, sheet in sheets.items():
            store.put(name, sheet)
    except (Unavailable, OSError):
        alerts.alert(HST_REPORT_NOT_STORED, f"{', '.join(sheets)}: the report store cannot be written")
        return False
    except (ValueError, TypeError):
        alerts.alert(HST_REPORT_FAILED, f"{', '.join(sheets)}: a workbook could not be built")
        return False
    return True


def mail(month: date, names: Iterable[str], store: ReportStore, post: ReportMailer, alerts: Alerts) -> None:
    """Send the workbooks to the officers; a failure raises an alert and holds nothing up (H35)."""
    try:
        files = {name.rpartition("/")[2]: store.read(name) or b"" for name in names}
        post.send(
            f"HST address check {month:%B %Y}",
            f"The workbooks of the HST address check of {month:%B %Y} are attached.",
            files,
        )
    except (Unavailable, OSError):
        alerts.alert(HST_MAIL_FAILED, f"the HST reports of {month:%B %Y} are stored but were not mailed")

"""Removes what OCMS has kept about its own calls and jobs for as long as the settings say."""

from datetime import datetime
from pathlib import Path

from attrs import frozen

from ocms_adapters.partners.progress import remove_archived
from ocms_adapters.sql.old_rows import SqlOldRows
from ocms_app.jobs.context import JobContext
from ocms_app.reports import report_store
from ocms_core.jobs.retention import RowKind, remove_old_rows
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.report_store import ReportArchive
from ocms_core.stages.reports import KIND

SETTING = {kind: f"keep_{kind.value}" for kind in RowKind}


@frozen
class OldRowsAndFiles:
    """The rows of the Intranet database, the reports of stage changes, and what is beside the unpaid list."""

    rows: SqlOldRows
    reports: ReportArchive
    cas_list: str

    def remove(self, kind: RowKind, before: datetime, most: int) -> int:
        """Remove the oldest of a kind that ended before a moment; return how many."""
        if kind is RowKind.REPORTS:
            return self.reports.remove_old(KIND, before, most)
        if kind is RowKind.SYNC_PROGRESS:
            return remove_archived(Path(self.cas_list), before, most) if self.cas_list else 0
        return self.rows.remove(kind, before, most)


def run(context: JobContext) -> JobCounts:
    """Remove what is past its time."""
    days = {kind: getattr(context.settings, name) for kind, name in SETTING.items()}
    rows = SqlOldRows(context.databases.intranet, context.guard, context.frequent_jobs)
    old = OldRowsAndFiles(rows, report_store(context.settings), context.settings.cas_list)
    return remove_old_rows(old, days, context.now, lambda: context.ending)

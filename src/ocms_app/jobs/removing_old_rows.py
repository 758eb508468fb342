"""Removes what OCMS has kept about its own calls and jobs for as long as the settings say."""

from ocms_adapters.sql.old_rows import SqlOldRows
from ocms_app.jobs.context import JobContext
from ocms_core.jobs.retention import RowKind, remove_old_rows
from ocms_core.jobs.runs import JobCounts

SETTING = {kind: f"keep_{kind.value}" for kind in RowKind}


def run(context: JobContext) -> JobCounts:
    """Remove what is past its time."""
    days = {kind: getattr(context.settings, name) for kind, name in SETTING.items()}
    rows = SqlOldRows(context.databases.intranet, context.guard)
    return remove_old_rows(rows, days, context.now, lambda: context.ending)

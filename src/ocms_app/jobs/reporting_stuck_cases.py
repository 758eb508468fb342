"""Counts the cases that are stuck and alerts operations of them."""

from prometheus_client import Gauge

from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import lock_times
from ocms_app.grace import grace
from ocms_app.jobs.context import JobContext
from ocms_core.jobs.runs import JobCounts
from ocms_core.jobs.stuck_cases import report_stuck_cases

STUCK = Gauge("ocms_stuck_cases", "Cases stuck when this worker last counted them", ["kind"])


def run(context: JobContext) -> JobCounts:
    """Count the stuck cases of each kind."""
    cases = SqlWaitingCases(context.databases.intranet, lock_times(context.settings))
    counts = report_stuck_cases(cases, context.alert, context.now, grace(context.settings))
    for kind, count in counts.items():
        STUCK.labels(kind).set(count)
    return counts

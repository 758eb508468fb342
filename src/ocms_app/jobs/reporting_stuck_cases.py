"""Counts the cases that are stuck and alerts operations of them."""

from collections.abc import Mapping
from datetime import timedelta

from prometheus_client import Gauge

from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import lock_times
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobCounts
from ocms_core.jobs.stuck_cases import GRACE, StuckKind, report_stuck_cases

STUCK = Gauge("ocms_stuck_cases", "Cases stuck when this worker last counted them", ["kind"])


def grace(settings: Settings) -> Mapping[StuckKind, timedelta]:
    """Return how long each kind of case may wait."""
    return {**GRACE, StuckKind.NOTICE: timedelta(days=settings.stuck_notice_days)}


def run(context: JobContext) -> JobCounts:
    """Count the stuck cases of each kind."""
    cases = SqlWaitingCases(context.databases.intranet, lock_times(context.settings))
    counts = report_stuck_cases(cases, context.alert, context.now, grace(context.settings))
    for kind, count in counts.items():
        STUCK.labels(kind).set(count)
    return counts

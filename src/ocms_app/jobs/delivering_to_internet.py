"""Delivers the outbox to the Internet database, and alerts operations of what waits for too long."""

from collections.abc import Callable
from datetime import datetime

from ocms_adapters.sql.replication import BATCH, SqlReplication
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import internet_copy
from ocms_app.jobs.context import JobContext
from ocms_core.jobs.ports import Clock
from ocms_core.jobs.runs import JobCounts
from ocms_core.jobs.stuck_cases import GRACE, StuckKind, WaitingCases, stuck_cases
from ocms_core.kernel.dates import today
from ocms_core.kernel.rule_tags import rule


@rule("K5")
def run(context: JobContext) -> JobCounts:
    """Deliver while something can be; alert operations, once a day, when something waits an hour (K5)."""
    with internet_copy(context.settings) as copy:
        replication = SqlReplication(context.databases.intranet, copy)
        counts = deliver(replication, context.now, lambda: context.ending)
    alert_of_late(SqlWaitingCases(context.databases.intranet), context.alert, context.now())
    return counts


def deliver(replication: SqlReplication, now: Clock, is_ending: Callable[[], bool]) -> JobCounts:
    """Deliver batch by batch while something can be; return how many rows were, and how many failed."""
    delivered = failed = 0
    while not is_ending():
        result = replication.run_once(now(), BATCH)
        delivered += result.delivered
        failed += result.failed
        if not result.delivered:
            break
    return {"delivered": delivered, "failed": failed}


def alert_of_late(cases: WaitingCases, alert: Callable[[str, str, str], object], now: datetime) -> None:
    """Alert operations of the oldest delivery that waits for too long."""
    # Read to its end first: an alert that fails would leave the cursor open.
    for oldest in list(stuck_cases(cases, StuckKind.DELIVERY, now, GRACE, most=1)):
        alert(
            f"{today(now)}/late",
            "OCMS replication: the Internet database is behind",
            f"Notice {oldest.case}, since {oldest.since.isoformat(timespec='seconds')}: {oldest.reason}\n"
            "`ocms replication status` says how much waits, `ocms stuck --kind delivery` what.",
        )

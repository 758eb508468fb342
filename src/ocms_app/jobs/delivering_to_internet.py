"""Delivers the outbox to the Internet database, and alerts operations of what waits for too long."""

from ocms_adapters.sql.replication import BATCH, SqlReplication
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import internet_copy
from ocms_app.jobs.context import JobContext
from ocms_core.jobs.runs import JobCounts
from ocms_core.jobs.stuck_cases import GRACE, StuckKind, stuck_cases
from ocms_core.kernel.dates import today
from ocms_core.kernel.rule_tags import rule


@rule("K5")
def run(context: JobContext) -> JobCounts:
    """Deliver while something can be; alert operations, once a day, when something waits an hour (K5)."""
    delivered = failed = 0
    with internet_copy(context.settings) as copy:
        replication = SqlReplication(context.databases.intranet, copy)
        while not context.ending:
            result = replication.run_once(context.now(), BATCH)
            delivered += result.delivered
            failed += result.failed
            if not result.delivered:
                break
    alert_of_late(context)
    return {"delivered": delivered, "failed": failed}


def alert_of_late(context: JobContext) -> None:
    """Alert operations of the oldest delivery that waits for too long."""
    cases, now = SqlWaitingCases(context.databases.intranet), context.now()
    for oldest in stuck_cases(cases, StuckKind.DELIVERY, now, GRACE, most=1):
        context.alert(
            f"{today(now)}/late",
            "OCMS replication: the Internet database is behind",
            f"Notice {oldest.case}, since {oldest.since.isoformat(timespec='seconds')}: {oldest.reason}\n"
            "`ocms replication status` says how much waits, `ocms stuck --kind delivery` what.",
        )

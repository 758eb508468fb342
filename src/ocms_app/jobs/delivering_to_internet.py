"""Delivers the outbox to the Internet database, and alerts operations of what waits for too long."""

from ocms_adapters.sql.replication import BATCH, SqlReplication
from ocms_adapters.sql.stuck_cases import SqlWaitingCases
from ocms_app.databases import internet_copy
from ocms_app.jobs.context import JobContext
from ocms_core.jobs.runs import JobCounts
from ocms_core.jobs.stuck_cases import GRACE, StuckKind, described
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
    cases, before = SqlWaitingCases(context.databases.intranet), context.now() - GRACE[StuckKind.DELIVERY]
    with cases.oldest(StuckKind.DELIVERY, before, 1) as late:
        oldest = next(late, None)
    if oldest:
        _, case, since, reason = described(oldest)
        context.alert(
            f"{today(context.now())}/late",
            "OCMS replication: the Internet database is behind",
            f"Notice {case}, since {since.isoformat(timespec='seconds')}: {reason}\n"
            "`ocms replication status` says how much waits, `ocms stuck --kind delivery` what.",
        )

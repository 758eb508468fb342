"""Adds new audit rows and access records to their hash tree, and signs its head (K2)."""

from collections.abc import Callable

from ocms_adapters.sql.audit_tree import MOST, SqlAuditTree
from ocms_app.jobs.context import JobContext
from ocms_app.keys import head_signer
from ocms_core.jobs.ports import Clock
from ocms_core.jobs.runs import JobCounts


def run(context: JobContext) -> JobCounts:
    """Add what is not in the tree, until the job is to stop."""
    tree = SqlAuditTree(context.databases.intranet, head_signer(context.settings), context.guard)
    return seal(tree, context.now, lambda: context.ending)


def seal(tree: SqlAuditTree, now: Clock, is_ending: Callable[[], bool]) -> JobCounts:
    """Add what is not in the tree, chunk by chunk; return how many rows."""
    sealed = 0
    while not is_ending():
        added = tree.extend(now(), MOST)
        sealed += added
        if added < MOST:
            break
    return {"sealed": sealed}

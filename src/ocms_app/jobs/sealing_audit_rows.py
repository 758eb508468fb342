"""Adds new audit rows and access records to their hash tree, and signs its head (K2)."""

from ocms_adapters.sql.audit_tree import SqlAuditTree
from ocms_app.jobs.context import JobContext
from ocms_app.keys import head_signer
from ocms_core.jobs.runs import JobCounts

CHUNK = 1_000
"""Rows added in one transaction, with a head for them."""


def run(context: JobContext) -> JobCounts:
    """Add what is not in the tree, chunk by chunk."""
    tree = SqlAuditTree(context.databases.intranet, head_signer(context.settings), context.guard)
    sealed = 0
    while not context.ending:
        added = tree.extend(context.now(), CHUNK)
        sealed += added
        if added < CHUNK:
            break
    return {"sealed": sealed}

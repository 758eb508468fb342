"""The service of reversals, start to end."""

from collections.abc import Sequence
from datetime import datetime

from ocms_core.kernel.decisions import Decision, Refusal, decision_by_item
from ocms_core.kernel.idempotency import IdempotentCall
from ocms_core.kernel.notice_numbers import possible_numbers
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.unit_of_work import IsolateRow, RefuseCall, execute
from ocms_core.replication.outbox_rows import OutboxRow, outbox_rows
from ocms_core.reversals import identity_reversing
from ocms_core.reversals.facts import dates_of_groups, dates_of_identity
from ocms_core.reversals.ports import ReversalStores
from ocms_core.reversals.reversing import HST_REVERSAL, ReversalKind, Reversed, decide


@rule("K4", "G13")
def reverse(
    notice_nos: Sequence[str],
    kind: ReversalKind,
    officer: str,
    *,
    stores: ReversalStores,
    now: datetime,
    call: IdempotentCall[Decision[Reversed]] | None = None,
) -> Decision[Reversed]:
    """
    Take back what was last done to notices, under their locks, each notice for itself.

    Raises `Conflict` when overtaken three times running, `Unavailable` when the database cannot be reached,
    a `RepeatedCall` for a repeat of `call`. Rules K4 and K1.
    """
    decision = execute(
        stores.writing,
        load=lambda store, now: store.reversal_facts(
            possible_numbers(notice_nos), now, with_list=kind.changes_offender
        ),
        decide=lambda facts, now: decide(notice_nos, kind, facts, officer, now),
        dates=dates_of_groups,
        now=now,
        on_refused_row=IsolateRow(kind.refused_row),
        call=call,
    )
    return decision_by_item(decision)


@rule("K4", "G13")
def reverse_hst(
    id_no: str,
    officer: str,
    *,
    stores: ReversalStores,
    now: datetime,
    call: IdempotentCall[Decision[str]] | None = None,
) -> Decision[str] | Refusal:
    """
    Take back what was last done to an identity on the HST list, with its notices, all or nothing.

    The answers are the notices put back. Raises as `reverse` does. Rules K4 and K1.
    """
    return execute(
        stores.writing,
        load=lambda store, now: store.identity_reversal_facts(id_no, now),
        decide=lambda facts, now: identity_reversing.decide(id_no, facts, officer, now),
        dates=dates_of_identity,
        now=now,
        on_refused_row=RefuseCall(HST_REVERSAL.refused_row),
        call=call,
    )


def shown_notices(decision: Decision[Reversed]) -> frozenset[str]:
    """Return the notices that the Internet side shows otherwise from now on."""
    rows = map(outbox_rows, decision.changes)
    return frozenset(each.notice_no for each in rows if isinstance(each, OutboxRow))

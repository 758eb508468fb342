"""What reversals would be answered for a notice now."""

from datetime import date, datetime

from ocms_core.kernel.access import OPERATIONS, Operation
from ocms_core.kernel.audit import AuditRow
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.kernel.notice_numbers import INVALID, is_notice_no
from ocms_core.kernel.reference import Reference, facts_on
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object
from ocms_core.reversals.facts import ReversalFacts, last_day
from ocms_core.reversals.identity_reversing import verdict_on_identity
from ocms_core.reversals.ports import ReversalStores
from ocms_core.reversals.reversing import (
    HST_REVERSAL,
    OFFENDER_REVERSAL,
    STAGE_REVERSAL,
    ReversalKind,
    officer_of,
    verdict_on,
)

KINDS = (STAGE_REVERSAL, OFFENDER_REVERSAL, HST_REVERSAL)


@value_object
class ReversibleChange:
    """
    What was last done to a notice and can be taken back: by which call, and until the end of which day.

    `made_by` is the operation that made the change, `officer` who called it, and `at` when.
    """

    reversal: Operation
    made_by: str
    officer: str
    at: datetime
    last_day: date


@rule("K4")
def reversible_changes(
    notice_no: str, *, stores: ReversalStores, now: datetime
) -> tuple[ReversibleChange, ...]:
    """
    Return what of a notice can be taken back now: at most one change, the last that was made of it (K4).

    Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        facts = facts_on(now, reader.reversal_facts([notice_no], now, with_list=True))
    verdicts = ((kind, verdict_on(notice_no, kind, facts)) for kind in KINDS)
    return tuple(
        reversible_change(kind, verdict, facts.reference)
        for kind, verdict in verdicts
        if not isinstance(verdict, Code)
    )


@rule("K4")
def reversible_list_change(id_no: str, *, stores: ReversalStores, now: datetime) -> ReversibleChange | None:
    """
    Return the apply or revive of an identity that can be taken back now, None where there is none (K4).

    Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        facts = facts_on(now, reader.identity_reversal_facts(id_no, now))
    verdict = verdict_on_identity(facts)
    return None if isinstance(verdict, Refusal) else reversible_change(HST_REVERSAL, verdict, facts.reference)


def reversible_change(kind: ReversalKind, group: AuditRow, reference: Reference) -> ReversibleChange:
    """Return a change that a kind of reversal takes back, with until when that can be done."""
    return ReversibleChange(
        kind.operation,
        group.actor.operation,
        officer_of(group),
        group.changed_at,
        last_day(group.changed_at, reference),
    )


def explain(notice_no: str, *, stores: ReversalStores, now: datetime) -> tuple[Explanation, ...]:
    """
    Explain what of a notice can be taken back, until when and by whom, or what is in the way.

    Reads only. Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        facts = facts_on(now, reader.reversal_facts([notice_no], now, with_list=True))
    return tuple(explain_reversal(notice_no, kind, facts) for kind in KINDS)


def explain_reversal(notice_no: str, kind: ReversalKind, facts: ReversalFacts) -> Explanation:
    """Explain whether one kind of reversal takes back what was last done to a notice."""
    if kind is OFFENDER_REVERSAL and not is_notice_no(notice_no):
        return because(kind.operation.value, INVALID, is_notice_no)
    verdict = verdict_on(notice_no, kind, facts)
    if isinstance(verdict, Code):
        answer = f"{verdict.code} {verdict.text}"
    else:
        operation, at = verdict.actor.operation, local(verdict.changed_at)
        made = f"{operation} of {at:%Y-%m-%d %H:%M} by {officer_of(verdict)}"
        role = OPERATIONS[kind.operation].role.value
        until = f"{last_day(verdict.changed_at, facts.reference)} 23:59"
        answer = f"{made} can be taken back until {until} by anyone with the role {role}"
    return because(kind.operation.value, answer, verdict_on)

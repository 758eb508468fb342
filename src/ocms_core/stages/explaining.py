"""What the stage operations would answer for a notice now."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.kernel.reference import facts_on
from ocms_core.stages import amounts, eligibility, search, toppan
from ocms_core.stages.eligibility import Eligible, RequestedChange
from ocms_core.stages.facts import FoundNotice, StageFacts, day_of
from ocms_core.stages.ports import StageStores
from ocms_core.stages.request_checks import Criteria


def explain(notice_no: str, *, stores: StageStores, now: datetime) -> tuple[Explanation, ...]:
    """
    Explain what the portal and Toppan would be answered for one notice, and by which rules.

    Reads only. Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        found, _ = reader.search(Criteria(notice_no=notice_no), 1)
        facts = facts_on(now, reader.stage_facts([notice_no], day_of(now)))
    return (*map(explain_search, found), explain_change(notice_no, facts), *explain_toppan(notice_no, facts))


def explain_search(notice: FoundNotice) -> Explanation:
    """Explain whether the search lists the notice as eligible."""
    against = search.search_refusal(notice)
    answer = f"{against.code} {against.text}" if against else "eligible"
    return because(Operation.SEARCH_STAGES.value, answer, search.search_refusal)


def explain_change(notice_no: str, facts: StageFacts) -> Explanation:
    """Explain where a submit without a target would move the notice, or what refuses it."""
    verdict = eligibility.eligibility(
        RequestedChange(None, None, None),
        facts.notices.get(notice_no),
        facts.reference,
        changed_today=notice_no in facts.changed,
    )
    if isinstance(verdict, Eligible):
        return because(
            Operation.CHANGE_STAGES.value, f"moved to {verdict.target}", eligibility.default_target
        )
    answer = f"{verdict.code} {verdict.text}"
    return because(Operation.CHANGE_STAGES.value, answer, DECIDERS[verdict.rule])


def explain_toppan(notice_no: str, facts: StageFacts) -> tuple[Explanation, ...]:
    """Explain which letter moves the notice on, or what refuses it."""
    notice, operation = facts.notices.get(notice_no), Operation.UPDATE_TOPPAN_STAGES.value
    if notice is None:
        return ()
    if notice.next_stage is None:
        return (because(operation, "no letter is due", toppan.moves_on),)
    refusal = toppan.print_run_refusal(notice, notice.next_stage)
    if refusal:
        return (because(operation, refusal.text, toppan.print_run_refusal),)
    fee = amounts.missing_fee(notice.stage, notice.next_stage, facts.reference)
    if fee:
        return (because(operation, codes.CPS_FEE_MISSING.worded(fee=fee).text, amounts.missing_fee),)
    return (because(operation, f"moves on when {notice.next_stage} is printed", toppan.moves_on),)


# What a submit without a target can be refused for; a target that is derived suits the offender.
DECIDERS: Mapping[str, Callable[..., Any]] = {
    "S10": eligibility.unknown_notice,
    "S11": eligibility.court_stage,
    "S12": eligibility.permanent_suspension,
    "S30": eligibility.duplicate_change,
    "S15": eligibility.default_target,
    "S18": eligibility.unknown_transition,
    "S41": amounts.missing_fee,
}

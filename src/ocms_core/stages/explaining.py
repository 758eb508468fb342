"""What the stage operations would answer for a notice now."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ocms_core.kernel.access import Operation
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.stages import eligibility, search, toppan
from ocms_core.stages.eligibility import Eligible, Wanted
from ocms_core.stages.facts import FoundNotice, StageFacts, day_of
from ocms_core.stages.ports import StageStores
from ocms_core.stages.request_checks import Criteria


def explain(notice_no: str, *, stores: StageStores, now: datetime) -> tuple[Explanation, ...]:
    """
    Tell what the portal and Toppan would be answered for one notice, and by which rules.

    Reads only. Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        found, _ = reader.search(Criteria(notice_no=notice_no), 1)
        facts = reader.stage_facts([notice_no], day_of(now))
    return (*map(explain_search, found), explain_change(notice_no, facts), *explain_toppan(notice_no, facts))


def explain_search(notice: FoundNotice) -> Explanation:
    """Tell whether the search lists the notice as eligible."""
    against = search.against(notice)
    answer = f"{against.code} {against.text}" if against else "eligible"
    return because(Operation.SEARCH_STAGES.value, answer, search.against)


def explain_change(notice_no: str, facts: StageFacts) -> Explanation:
    """Tell where a submit without a target would move the notice, or what stands against it."""
    verdict = eligibility.eligibility(
        Wanted(None, None, None),
        facts.notices.get(notice_no),
        facts.reference,
        changed_today=notice_no in facts.changed,
    )
    if isinstance(verdict, Eligible):
        return because(Operation.CHANGE_STAGES.value, f"moved to {verdict.target}", eligibility.derived)
    decider = DECIDERS.get(verdict.rule, eligibility.derived)
    return because(Operation.CHANGE_STAGES.value, f"{verdict.code} {verdict.text}", decider)


def explain_toppan(notice_no: str, facts: StageFacts) -> tuple[Explanation, ...]:
    """Tell which letter moves the notice on."""
    notice = facts.notices.get(notice_no)
    if notice is None:
        return ()
    answer = f"moves on when {notice.next_stage} is printed" if notice.next_stage else "no letter is due"
    return (because(Operation.UPDATE_TOPPAN_STAGES.value, answer, toppan.moves_on),)


DECIDERS: Mapping[str, Callable[..., Any]] = {
    "S10": eligibility.not_found,
    "S11": eligibility.in_court,
    "S12": eligibility.suspended,
    "S30": eligibility.duplicate,
    "S17": eligibility.wrong_for_offender,
    "S18": eligibility.not_on_map,
}

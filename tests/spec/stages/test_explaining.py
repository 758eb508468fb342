"""What an administrator is told the portal and Toppan would be answered for a notice."""

from itertools import product

import pytest

from ocms_core.kernel.explanations import Explanation
from ocms_core.kernel.suspensions import ShownSuspension, Suspensions
from ocms_core.stages.eligibility import TYPES
from ocms_core.stages.explaining import explain, explain_change, explain_search, explain_toppan
from ocms_core.stages.facts import FoundNotice, StageFacts
from ocms_core.stages.request_checks import Criteria
from tests.support.builders import NOW, SINCE
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_stages import InMemoryStageStores
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES, WITHOUT_MOVES, stage_facts, stage_notice

SEARCH, CHANGE, TOPPAN = "searchChangeProcessingStage", "changeProcessingStage", "updateToppanStages"


def found(stage: str = "DN1", suspension_type: str | None = None) -> FoundNotice:
    shown = Suspensions(ShownSuspension(suspension_type, None, None, None))
    return FoundNotice("A", "O", SINCE, "SBA1234A", stage, SINCE, suspensions=shown)


SEARCHES: tuple[Case[FoundNotice, None, Explanation], ...] = (
    Case(
        rule="S2",
        name="a notice that may be moved",
        given=found(suspension_type="TS"),
        says=Explanation(SEARCH, "eligible", ("S2",)),
    ),
    Case(
        rule="S2",
        name="a notice in court",
        given=found("CSD", "PS"),
        says=Explanation(SEARCH, "OCMS.CPS.SEARCH.COURT_STAGE Notice is in court stage", ("S2",)),
    ),
)


@parametrize_cases(SEARCHES)
def test_what_a_search_would_list(case: Case[FoundNotice, None, Explanation]) -> None:
    assert explain_search(case.given) == case.says


CHANGES: tuple[Case[StageFacts, None, tuple[Explanation, ...]], ...] = (
    Case(
        rule=("S15", "S73"),
        name="a notice that moves on by hand or by its letter",
        given=stage_facts(stage_notice("A", next_stage="DN2")),
        says=(
            Explanation(CHANGE, "moved to DN2", ("S15",)),
            Explanation(TOPPAN, "moves on when DN2 is printed", ("S73",)),
        ),
    ),
    Case(
        rule="S10",
        name="no such notice",
        given=stage_facts(),
        says=(Explanation(CHANGE, "OCMS.CPS.NOT_FOUND VON not found", ("S10",)),),
    ),
    Case(
        rule=("S11", "S73"),
        name="a notice in court",
        given=stage_facts(stage_notice("A", stage="CSD")),
        says=(
            Explanation(CHANGE, "OCMS.CPS.COURT_STAGE Notice is in court stage", ("S11",)),
            Explanation(TOPPAN, "no letter is due", ("S73",)),
        ),
    ),
    Case(
        rule=("S12", "S73"),
        name="a notice under a permanent suspension",
        given=stage_facts(stage_notice("A", suspension_type="PS")),
        says=(
            Explanation(CHANGE, "OCMS.CPS.ELIG.PS_BLOCKED Notice has permanent suspension", ("S12",)),
            Explanation(TOPPAN, "no letter is due", ("S73",)),
        ),
    ),
    Case(
        rule=("S12", "S76"),
        name="a notice under a permanent suspension, whose letter is due",
        given=stage_facts(stage_notice("A", next_stage="DN2", suspension_type="PS")),
        says=(
            Explanation(CHANGE, "OCMS.CPS.ELIG.PS_BLOCKED Notice has permanent suspension", ("S12",)),
            Explanation(TOPPAN, "Notice has permanent suspension", ("S76",)),
        ),
    ),
    Case(
        rule=("S11", "S76"),
        name="a notice in court whose plan leads on",
        given=stage_facts(stage_notice("A", stage="CSD", next_stage="CSR")),
        says=(
            Explanation(CHANGE, "OCMS.CPS.COURT_STAGE Notice is in court stage", ("S11",)),
            Explanation(TOPPAN, "Stage mismatch (expected CSR, actual CSR)", ("S76",)),
        ),
    ),
    Case(
        rule=("S13", "S30", "S73"),
        name="a notice changed today",
        given=stage_facts(stage_notice("A"), changed=["A"]),
        says=(
            Explanation(
                CHANGE,
                "OCMS.CPS.DUPLICATE_RECORD Existing change record found for this notice today. "
                "Set isConfirmation=true to proceed.",
                ("S13", "S30"),
            ),
            Explanation(TOPPAN, "no letter is due", ("S73",)),
        ),
    ),
    Case(
        rule=("S15", "S73"),
        name="a notice at its last stage",
        given=stage_facts(stage_notice("A", stage="DR3", next_stage="CPC")),
        says=(
            Explanation(CHANGE, "OCMS.CPS.ELIG.NO_STAGE_RULE Cannot derive next stage", ("S15",)),
            Explanation(TOPPAN, "moves on when CPC is printed", ("S73",)),
        ),
    ),
    Case(
        rule="S41",
        name="a move whose fee nobody has set",
        given=stage_facts(stage_notice("A", stage="DN2", next_stage="DR3"), reference=WITHOUT_FEES),
        says=(
            Explanation(
                CHANGE,
                "OCMS.CPS.UNEXPECTED Unexpected error: fee parameter ADMIN_FEE is not set",
                ("S41",),
            ),
            Explanation(TOPPAN, "Unexpected error: fee parameter ADMIN_FEE is not set", ("S41",)),
        ),
    ),
)


@parametrize_cases(CHANGES)
def test_what_a_change_would_be_answered(case: Case[StageFacts, None, tuple[Explanation, ...]]) -> None:
    assert (explain_change("A", case.given), *explain_toppan("A", case.given)) == case.says


@pytest.mark.rule("S18")
def test_a_move_the_map_has_lost_is_explained_by_the_map() -> None:
    notice = stage_facts(stage_notice("A"), reference=WITHOUT_MOVES)
    assert explain_change("A", notice) == Explanation(
        CHANGE, "OCMS.CPS.INVALID_TRANSITION Stage transition not allowed: DN1 -> DN2", ("S18",)
    )


@pytest.mark.rule("S10", "S11", "S12", "S15", "S18", "S30", "S41")
def test_whatever_a_submit_would_answer_is_explained_by_a_rule() -> None:
    for stage, role, suspension, changed, reference in product(
        [*(last for last, _ in DEFAULTS.stage_map), "CRT"],
        [*TYPES, None],
        [None, "TS", "PS"],
        [[], ["A"]],
        [DEFAULTS, WITHOUT_FEES, WITHOUT_MOVES],
    ):
        notice = stage_notice("A", stage=stage, role=role, suspension_type=suspension)
        facts = stage_facts(notice, changed=changed, reference=reference)
        assert explain_change("A", facts).rules, facts


@pytest.mark.rule("S2", "S15", "S30", "S73")
def test_a_notice_is_explained_as_it_stands_today() -> None:
    stored = stage_notice("A", next_stage="DN2")
    stores = InMemoryStageStores({"A": stored}, found=[found()])
    said = explain("A", stores=stores, now=NOW)
    assert [each.answer for each in said] == ["eligible", "moved to DN2", "moves on when DN2 is printed"]
    assert (stores.asked, stores.opened) == ([Criteria(notice_no="A")], ["reading"])
    changed = InMemoryStageStores({"A": stored}, changed={"A": NOW}, found=[found("CSD")])
    said = explain("A", stores=changed, now=NOW)
    assert [each.answer.partition(" ")[0] for each in said] == [
        "OCMS.CPS.SEARCH.COURT_STAGE",
        "OCMS.CPS.DUPLICATE_RECORD",
        "moves",
    ]


@pytest.mark.rule("S10")
def test_a_notice_that_does_not_exist_is_explained_by_what_refuses_it() -> None:
    (said,) = explain("A", stores=InMemoryStageStores(), now=NOW)
    assert said == Explanation(CHANGE, "OCMS.CPS.NOT_FOUND VON not found", ("S10",))

"""What a notice's explanation says of taking something back (K4)."""

import pytest
from attrs import evolve

from ocms_core.kernel.access import Operation
from ocms_core.kernel.explanations import Explanation
from ocms_core.kernel.reference import EMPTY
from ocms_core.reversals.explaining import (
    explain,
    explain_reversal,
    reversible_changes,
    reversible_list_change,
)
from ocms_core.reversals.facts import IdentityReversalFacts, ReversalFacts, ReversibleNotice
from ocms_core.reversals.reversing import OFFENDER_REVERSAL, STAGE_REVERSAL, ReversalKind
from tests.spec.reversals.test_reversing import MOVED_NOTICE, TODAYS, N
from tests.spec.reversals.test_service import MemoryStore
from tests.support.builders import NOW
from tests.support.cases import Case, parametrize_cases

FACTS = ReversalFacts(EMPTY, {N: MOVED_NOTICE})

EXPLANATIONS: tuple[Case[ReversibleNotice | None, ReversalKind, Explanation], ...] = (
    Case(
        rule="K4",
        name="what can be taken back, until when and by whom",
        given=MOVED_NOTICE,
        ask=STAGE_REVERSAL,
        says=Explanation(
            "reverseChangeProcessingStage",
            "changeProcessingStage of 2025-01-14 09:30 by OIC001 can be taken back until 2025-01-14 23:59 "
            "by anyone with the role oic",
            ("K4",),
        ),
    ),
    Case(
        rule="K4",
        name="nothing to take back",
        given=evolve(MOVED_NOTICE, groups=()),
        ask=STAGE_REVERSAL,
        says=Explanation("reverseChangeProcessingStage", f"OCMS.CPS.REVERSE.NOTHING {TODAYS}", ("K4",)),
    ),
    Case(
        rule="K4",
        name="a notice that is not there",
        given=None,
        ask=OFFENDER_REVERSAL,
        says=Explanation("offender-reverse", "NOTICE_NOT_FOUND Notice not found", ("K4",)),
    ),
)


@pytest.mark.rule("F52", "K4")
def test_a_number_that_the_call_refuses_is_explained_as_it_answers_it() -> None:
    for notices in ({}, {"N-001": evolve(MOVED_NOTICE, notice_no="N-001")}):
        said = explain_reversal("N-001", OFFENDER_REVERSAL, ReversalFacts(EMPTY, notices))
        assert said.answer == "Invalid notice number"
        assert explain_reversal("N-001", STAGE_REVERSAL, ReversalFacts(EMPTY, notices)).answer != said.answer


@pytest.mark.rule("K4")
def test_a_notice_is_explained_for_each_kind_of_reversal() -> None:
    store = MemoryStore()
    stages, offender, hst = explain(N, stores=store, now=NOW)
    assert store.loaded_for == [((N,), NOW)]
    assert stages == EXPLANATIONS[0].says
    assert (offender.operation, hst.operation) == ("offender-reverse", "reverse-hst")


@pytest.mark.rule("K4")
def test_what_can_be_taken_back_is_the_last_change_with_its_officer_and_its_last_day() -> None:
    store = MemoryStore()
    (change,) = reversible_changes(N, stores=store, now=NOW)
    assert store.loaded_for == [((N,), NOW)]
    assert (change.reversal, change.made_by) == (Operation.REVERSE_STAGES, "changeProcessingStage")
    assert (change.officer, f"{change.at:%H:%M}", f"{change.last_day}") == ("OIC001", "09:30", "2025-01-14")


@pytest.mark.rule("K4")
def test_of_an_identity_its_last_change_of_the_list_can_be_taken_back_unless_overtaken() -> None:
    store = MemoryStore()
    change = reversible_list_change("S1234567A", stores=store, now=NOW)
    assert change
    assert (change.reversal, change.made_by) == (Operation.REVERSE_HST, "apply-hst")
    assert (change.officer, f"{change.last_day}") == ("OIC001", "2025-01-14")
    assert store.loaded_for[-1] == ("S1234567A", NOW)
    store.identity = evolve(store.identity, listed=None)
    assert reversible_list_change("S1234567A", stores=store, now=NOW) is None
    store.identity = IdentityReversalFacts(EMPTY)
    assert reversible_list_change("S1234567A", stores=store, now=NOW) is None


@parametrize_cases(EXPLANATIONS)
def test_explain_reversal(case: Case[ReversibleNotice | None, ReversalKind, Explanation]) -> None:
    notices = {N: case.given} if case.given else {}
    assert explain_reversal(N, case.ask, evolve(FACTS, notices=notices)) == case.says

"""PLUS moves all of its notices or none."""

from datetime import datetime
from decimal import Decimal

import pytest
from attrs import evolve

from ocms_core.kernel.changes import NoticesMoved, StageChangeRecorded
from ocms_core.kernel.codes import PLUS_STAGE_CHANGED
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.stage_moves import NextStage, StageChange
from ocms_core.stages.client_checks import PlusChange
from ocms_core.stages.facts import StageNotice
from ocms_core.stages.plus import decide
from ocms_core.stages.stage_transition import StageTransition
from tests.support.builders import NOW, SINCE, at
from tests.support.cases import Case, parametrize_cases
from tests.support.stage_builders import WITHOUT_FEES, WITHOUT_MOVES, stage_facts, stage_notice

CALL = PlusChange(("A", "B"), "DN1", "DN2", None, "D")

REFUSED: tuple[Case[tuple[StageNotice, ...], PlusChange, str], ...] = (
    *(
        Case(
            rule="S61",
            name=f"{last} to {following} is not for PLUS",
            given=(),
            ask=PlusChange(("A",), last, following, None, "U"),
            says=f"Stage transition not allowed: {last} -> {following}",
        )
        for last, following in (("DN1", "CFC"), ("RD1", "CFC"), ("ROV", "ENA"), ("NPA", "RD2"), ("XX", "YY"))
    ),
    Case(
        rule="S63",
        name="every notice that cannot be moved is named, and why",
        given=(
            stage_notice("B", stage="CSD"),
            stage_notice("C", suspension_type="PS"),
            stage_notice("D", stage="DN2"),
            stage_notice("E"),
            stage_notice("F", suspension_type="TS"),
        ),
        ask=evolve(CALL, notice_nos=("A", "B", "C", "D", "E", "E", "F")),
        says=(
            "Stage change not allowed for: A (VON not found), B (Notice is in court stage), "
            "C (Notice has permanent suspension), D (Notice is at stage DN2), "
            "E (Duplicate notice number in request)"
        ),
    ),
)


@pytest.mark.rule("S63", "S41")
def test_of_several_reasons_the_first_is_named() -> None:
    in_court = stage_notice("A", stage="CSD", suspension_type="PS")
    suspended = stage_notice("B", stage="DN1", suspension_type="PS")
    elsewhere, changed, unpriced = (
        stage_notice("C", stage="DN1"),
        *(stage_notice(number, stage="DN2") for number in "DE"),
    )
    call = PlusChange(("A", "B", "C", "C", "D", "E"), "DN2", "DR3", None, "D")
    facts = stage_facts(
        in_court,
        suspended,
        elsewhere,
        changed,
        unpriced,
        reference=WITHOUT_FEES,
        changed=["A", "B", "C", "D"],
    )
    verdict = decide(call, facts, NOW)
    assert isinstance(verdict, Refusal)
    assert verdict.code.text == (
        "Stage change not allowed for: A (Notice is in court stage), B (Notice has permanent suspension), "
        "C (Notice is at stage DN1), D (Notice was changed at that moment already), "
        "E (Unexpected error: fee parameter ADMIN_FEE is not set)"
    )


@parametrize_cases(REFUSED)
def test_refused(case: Case[tuple[StageNotice, ...], PlusChange, str]) -> None:
    verdict = decide(case.ask, stage_facts(*case.given), NOW)
    assert isinstance(verdict, Refusal)
    assert (verdict.code.code, verdict.code.text) == ("OCMS-4000", case.says)


@pytest.mark.rule("S63")
def test_the_same_change_at_the_same_moment_is_refused() -> None:
    call = evolve(CALL, notice_nos=("A",))
    verdict = decide(call, stage_facts(stage_notice("A"), changed=["A"]), NOW)
    assert isinstance(verdict, Refusal)
    assert verdict.code.text.endswith("A (Notice was changed at that moment already)")


@pytest.mark.rule("S41", "S63")
def test_a_move_of_plus_whose_fee_nobody_has_set_is_refused() -> None:
    call = PlusChange(("A",), "DN2", "DR3", None, "D")
    verdict = decide(call, stage_facts(stage_notice("A", stage="DN2"), reference=WITHOUT_FEES), NOW)
    assert isinstance(verdict, Refusal)
    assert "fee parameter ADMIN_FEE is not set" in verdict.code.text


@pytest.mark.rule("S62")
@pytest.mark.parametrize("last, following", [("NPA", "DN1"), ("DN1", "DN2"), ("DN1", "DR3"), ("DN1", "CPC")])
def test_a_u_offence_bound_for_a_driver_stage_is_agreed_to_and_left(last: str, following: str) -> None:
    call = PlusChange(("A",), last, following, None, "U")
    assert decide(call, stage_facts(stage_notice("A", stage=last)), NOW) == Decision((), ())
    moved = decide(evolve(call, offence_type="D"), stage_facts(stage_notice("A", stage=last)), NOW)
    assert isinstance(moved, Decision)
    assert len(moved.changes) == 2


@pytest.mark.rule("S63")
def test_each_notice_plus_moves_is_answered_with_its_move() -> None:
    verdict = decide(CALL, stage_facts(stage_notice("A"), stage_notice("B")), NOW)
    assert isinstance(verdict, Decision)
    assert verdict.answers == tuple(
        Answer(number, PLUS_STAGE_CHANGED, StageTransition("DN1", "DN2")) for number in "AB"
    )


@pytest.mark.rule("S40", "S64", "U4")
def test_plus_takes_a_notice_into_court_and_leaves_what_is_payable() -> None:
    call = PlusChange(("A",), "CPC", "CSD", None, "D")
    verdict = decide(call, stage_facts(stage_notice("A", stage="CPC")), NOW)
    assert isinstance(verdict, Decision)
    changed = verdict.changes[0]
    assert isinstance(changed, NoticesMoved)
    assert (changed.since, changed.stage, changed.amount_payable) == ((("A", SINCE),), "CSD", None)


@pytest.mark.rule("S61", "S62")
@pytest.mark.parametrize("following", ["DN1", "DN2", "DR3", "CPC"])
def test_a_u_offence_that_is_left_needs_no_allowed_move(following: str) -> None:
    call = PlusChange(("A", "unknown"), "CWT", following, None, "U")
    assert decide(call, stage_facts(reference=WITHOUT_MOVES), NOW) == Decision((), ())
    refused = decide(evolve(call, offence_type="D"), stage_facts(reference=WITHOUT_MOVES), NOW)
    assert isinstance(refused, Refusal)
    assert refused.code.text == f"Stage transition not allowed: CWT -> {following}"


@pytest.mark.rule("S64")
@pytest.mark.parametrize("said", [None, at("2025-09-30T06:58:42")])
def test_plus_moves_as_an_officer_does_at_the_time_it_says(said: datetime | None) -> None:
    then = said or NOW
    midnight = at("2025-10-14T00:00:00") if said else at("2025-01-28T00:00:00")
    call = evolve(CALL, notice_nos=("A",), at=said)
    verdict = decide(call, stage_facts(stage_notice("A")), NOW)
    assert isinstance(verdict, Decision)
    assert verdict.changes == (
        NoticesMoved(
            (("A", SINCE),),
            *("DN1", "DN2", then),
            next=NextStage("DR3", midnight),
            amount_payable=Decimal("70.00"),
            payment_acceptance_allowed="Y",
        ),
        StageChangeRecorded(StageChange("A", then, "DN2", "DN1", "PLS", "005", "PLUS"), NOW),
    )

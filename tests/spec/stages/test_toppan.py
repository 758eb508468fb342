"""Toppan has printed letters: what moves on, what stays, and what is to be looked at."""

from datetime import datetime
from decimal import Decimal

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.changes import NoticesMoved
from ocms_core.kernel.decisions import Answer
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.stages.client_checks import ToppanRun
from ocms_core.stages.facts import EntryChange, StageNotice, ToppanFacts
from ocms_core.stages.stage_transition import StageTransition
from ocms_core.stages.toppan import CHUNK, ToppanResult, chunks, decide, toppan_result
from tests.support.builders import NOW, SINCE, at
from tests.support.cases import Case, parametrize_cases
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES, stage_notice

RUN = ToppanRun(("A",), "DN2", at("2025-01-14T00:30:00"))
THE_DAY_AFTER = at("2025-01-15T00:00:00")
BY_HAND = EntryChange("OCMS", "DN2", at("2025-01-14T23:00:00"))
AUTOMATIC, MANUAL, DELIVERED = "automatic", "manual", "delivered"

Given = tuple[StageNotice | None, EntryChange | None, Reference]


def given(
    notice: StageNotice | None, latest: EntryChange | None = None, reference: Reference = DEFAULTS
) -> Given:
    return notice, latest, reference


def standing(stage: str = "DN2", following: str | None = "DR3", since: datetime = SINCE) -> StageNotice:
    return stage_notice("A", stage=stage, next_stage=following, stage_date=since)


CASES: tuple[Case[Given, None, str], ...] = (
    Case(rule="S71", name="a number no notice has", given=given(None), says="VON not found"),
    Case(
        rule="S73",
        name="the next stage is the printed one",
        given=given(standing("DN1", "DN2")),
        says=AUTOMATIC,
    ),
    Case(
        rule="S73",
        name="a furnished notice whose next stage is its own moves on",
        given=given(standing("DN2", "DN2")),
        says=AUTOMATIC,
    ),
    Case(
        rule="S72",
        name="an officer moved it the day it was printed",
        given=given(standing(since=BY_HAND.date), BY_HAND),
        says=MANUAL,
    ),
    Case(
        rule="S72",
        name="PLUS moved it long before",
        given=given(standing(), EntryChange("PLUS", "DN2", SINCE)),
        says=MANUAL,
    ),
    Case(
        rule=("S72", "S74"),
        name="an officer moved it the day after",
        given=given(standing(since=THE_DAY_AFTER), EntryChange("OCMS", "DN2", THE_DAY_AFTER)),
        says=DELIVERED,
    ),
    Case(
        rule=("S72", "S74"),
        name="the change it entered by was another system's",
        given=given(standing(), EntryChange("AVSS", "DN2", SINCE)),
        says=DELIVERED,
    ),
    Case(
        rule=("S72", "S74"),
        name="the change of that moment was to another stage",
        given=given(standing(), EntryChange("OCMS", "DN1", SINCE)),
        says=DELIVERED,
    ),
    Case(
        rule=("S72", "S73"),
        name="an officer moved it there, and a redirect has begun the stage anew since",
        given=given(standing("DN2", "DN2", since=BY_HAND.date), EntryChange("OCMS", "DN2", SINCE)),
        says=AUTOMATIC,
    ),
    Case(
        rule=("S72", "S74"),
        name="an officer moved it there, and it has entered the stage again since",
        given=given(standing(since=BY_HAND.date), EntryChange("OCMS", "DN2", SINCE)),
        says=DELIVERED,
    ),
    Case(
        rule=("S72", "S73"),
        name="an officer moved it there, and it stands in another stage since that moment",
        given=given(standing("DN1", "DN2", since=SINCE), EntryChange("OCMS", "DN2", SINCE)),
        says=AUTOMATIC,
    ),
    Case(
        rule="S76",
        name="a permanent suspension keeps back what is due",
        given=given(stage_notice("A", stage="DN1", next_stage="DN2", suspension_type="PS")),
        says="Notice has permanent suspension",
    ),
    Case(
        rule="S76",
        name="so does a payment",
        given=given(stage_notice("A", stage="DN1", next_stage="DN2", paid=True)),
        says="Notice has permanent suspension",
    ),
    Case(
        rule="S76",
        name="a payment comes before a change by hand and before a court stage",
        given=given(stage_notice("A", stage="CSD", next_stage="DN2", paid=True), BY_HAND),
        says="Notice has permanent suspension",
    ),
    Case(
        rule="S76",
        name="a temporary suspension does not: the letter has gone out",
        given=given(stage_notice("A", stage="DN1", next_stage="DN2", suspension_type="TS")),
        says=AUTOMATIC,
    ),
    Case(
        rule="S76",
        name="a notice in court is not moved by an old plan",
        given=given(standing("CSD", "DN2")),
        says="Stage mismatch (expected DN2, actual DN2)",
    ),
    Case(rule="S74", name="the call was delivered twice", given=given(standing()), says=DELIVERED),
    Case(
        rule="S74",
        name="another letter was due",
        given=given(standing("RD1", "RD2")),
        says="Stage mismatch (expected DN2, actual RD2)",
    ),
    Case(
        rule="S74",
        name="no letter was due",
        given=given(standing("CWT", None)),
        says="Stage mismatch (expected DN2, actual None)",
    ),
)


def facts(notice: StageNotice | None, latest: EntryChange | None, reference: Reference) -> ToppanFacts:
    return ToppanFacts(reference, {"A": notice} if notice else {}, {"A": latest} if latest else {})


@parametrize_cases(CASES)
def test_verdict(case: Case[Given, None, str]) -> None:
    (answer,) = decide(["A"], RUN, facts(*case.given), NOW).answers
    known = {
        codes.TOPPAN_AUTOMATIC: AUTOMATIC,
        codes.TOPPAN_MANUAL: MANUAL,
        codes.TOPPAN_DELIVERED: DELIVERED,
    }
    assert known.get(answer.code, answer.code.text) == case.says
    assert (answer.detail is not None) == (case.says == AUTOMATIC)


@pytest.mark.rule("S76")
@pytest.mark.parametrize("stage", ["CPC", "CSD", "CSR"])
@pytest.mark.parametrize("court", ["CSD", "CSR", "WAR", "CWT", "CRT"])
def test_no_print_run_moves_a_notice_to_a_court_stage(stage: str, court: str) -> None:
    run = ToppanRun(("A",), court, NOW)
    decision = decide(["A"], run, facts(standing(stage, court), None, DEFAULTS), NOW)
    assert decision.changes == ()
    assert toppan_result(1, decision.answers).errors == (
        f"A: Stage mismatch (expected {court}, actual {court})",
    )


@pytest.mark.rule("S73", "S76")
@pytest.mark.parametrize("stage", ["CPC", "CFC"])
def test_a_print_run_moves_a_notice_to_the_first_court_stages(stage: str) -> None:
    run = ToppanRun(("A",), stage, NOW)
    (changed,) = decide(["A"], run, facts(standing("DR3", stage), None, DEFAULTS), NOW).changes
    assert isinstance(changed, NoticesMoved)
    assert changed.amount_payable == Decimal("110.00")


@pytest.mark.rule("S73")
def test_a_notice_that_moves_on_gets_its_amount_and_nothing_else() -> None:
    decision = decide(["A"], ToppanRun(("A",), "DR3", NOW), facts(standing(), None, DEFAULTS), NOW)
    assert decision.answers == (Answer("A", codes.TOPPAN_AUTOMATIC, StageTransition("DN2", "DR3")),)
    assert decision.changes == (
        NoticesMoved(
            (("A", SINCE),),
            *("DN2", "DR3", NOW),
            next=NextStage("CPC", at("2025-01-28T00:00:00")),
            amount_payable=Decimal("80.00"),
        ),
    )


@pytest.mark.rule("S41")
def test_a_notice_whose_fee_nobody_has_set_stays_and_is_named() -> None:
    decision = decide(["A"], ToppanRun(("A",), "DR3", NOW), facts(standing(), None, WITHOUT_FEES), NOW)
    assert decision.changes == ()
    assert toppan_result(1, decision.answers).errors == (
        "A: Unexpected error: fee parameter ADMIN_FEE is not set",
    )


@pytest.mark.rule("S74", "G12")
def test_a_second_delivery_finds_nothing_to_do() -> None:
    first = decide(["A"], RUN, facts(standing("DN1", "DN2"), None, DEFAULTS), NOW)
    (change,) = first.changes
    assert isinstance(change, NoticesMoved)
    after = stage_notice("A", stage=change.stage, next_stage=change.next.stage)
    assert decide(["A"], RUN, facts(after, None, DEFAULTS), NOW).changes == ()


@pytest.mark.rule("S75")
def test_a_run_is_cut_into_sorted_chunks_each_number_once() -> None:
    numbers = [f"{number:06}" for number in range(2 * CHUNK + 1)]
    cut = list(chunks([*reversed(numbers), *numbers]))
    assert [len(chunk) for chunk in cut] == [CHUNK, CHUNK, 1]
    assert [number for chunk in cut for number in chunk] == numbers


@pytest.mark.rule("S71", "S72", "S73", "S74")
def test_what_became_of_a_run_is_counted() -> None:
    said = (codes.TOPPAN_AUTOMATIC, codes.TOPPAN_MANUAL, codes.TOPPAN_DELIVERED, codes.TOPPAN_NOT_FOUND)
    counted = toppan_result(5, (Answer(str(place), code) for place, code in enumerate(said)))
    assert counted == ToppanResult(5, 1, 1, ("3: VON not found",))
    assert counted.skipped == 3

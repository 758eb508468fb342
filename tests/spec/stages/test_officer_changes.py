"""Officers move notices by hand: what a submit answers and writes, and that validate agrees with it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel import codes
from ocms_core.kernel.changes import AddressCheckSet, Change, NoticesMoved, StageChangeRecorded, by_notice
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.stage_moves import NextStage, StageChange, next_stage
from ocms_core.stages.eligibility import Eligible, RequestedChange
from ocms_core.stages.facts import StageFacts
from ocms_core.stages.officer_changes import amounts, decide, status, validate
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.stage_transition import StageTransition
from tests.support.builders import NOW, SINCE, at
from tests.support.cases import Case, parametrize_cases
from tests.support.stage_builders import (
    DEFAULTS,
    WITHOUT_FEES,
    WITHOUT_MOVES,
    item,
    requested,
    stage_facts,
    stage_notice,
)

OFFICER = "USER01"


@pytest.mark.rule("S40")
def test_the_amounts_of_a_decision_are_those_of_the_notices_it_moves() -> None:
    found = stage_facts(stage_notice("A", stage="DN2"), stage_notice("B", stage="DN1"), stage_notice("C"))
    asked = [item("A", change=requested("DR3")), item("B", change=requested("DN2"))]
    decision = decide([*asked, item("C", change=requested("XXX"))], found, OFFICER, NOW)
    assert amounts(decision) == {"A": Decimal("80.00"), "B": Decimal("70.00")}


@pytest.mark.rule("S22")
@pytest.mark.parametrize("check, flag", [(False, "N"), (True, "Y")])
def test_a_change_by_hand_writes_all_of_its_notice(check: bool, flag: str) -> None:  # noqa: FBT001
    notice = stage_notice("A", stage="DN2")
    asked = item("A", check_addresses=check, change=requested("DR3", "OTH", "why"))
    decision = decide([asked], stage_facts(notice), OFFICER, NOW)
    assert decision.answers == (Answer("A", codes.CPS_SUCCESS, StageTransition("DN2", "DR3")),)
    assert decision.changes == (
        NoticesMoved(
            (("A", SINCE),),
            *("DN2", "DR3", NOW),
            next=NextStage("CPC", at("2025-01-28T00:00:00")),
            amount_payable=Decimal("80.00"),
            payment_acceptance_allowed="Y",
        ),
        StageChangeRecorded(
            StageChange("A", NOW, "DR3", "DN2", "OTH", OFFICER, "OCMS", "why"),
            NOW,
        ),
        AddressCheckSet("A", flag),
    )


Following = Case[dict[tuple[str, str], str], tuple[str, datetime], NextStage]
FOLLOWING: tuple[Following, ...] = (
    Case(
        rule="S22",
        name="the next stage is the parameter's, due at midnight after the stage's days",
        given={("NEXT_STAGE", "DN1"): "DN2", ("STAGEDAYS", "DN1"): "21"},
        ask=("DN1", at("2025-01-14T23:59:59")),
        says=NextStage("DN2", at("2025-02-04T00:00:00")),
    ),
    Case(
        rule="S22",
        name="a stage nothing follows has no next one",
        given={("STAGEDAYS", "CWT"): "7"},
        ask=("CWT", at("2025-01-14T00:00:00")),
        says=NextStage(None, at("2025-01-21T00:00:00")),
    ),
    *(
        Case(
            rule=("G14", "S22"),
            name=f"days of {text!r} are fourteen",
            given={("STAGEDAYS", "DN1"): text},
            ask=("DN1", at("2025-01-14T10:00:00")),
            says=NextStage(None, at("2025-01-28T00:00:00")),
        )
        for text in ("", "-1", "soon", "1.5", "99999", "\u0661")
    ),
    Case(
        rule="S22",
        name="no days at all are today",
        given={("STAGEDAYS", "DN1"): "0"},
        ask=("DN1", at("2025-01-14T10:00:00")),
        says=NextStage(None, at("2025-01-14T00:00:00")),
    ),
)


@parametrize_cases(FOLLOWING)
def test_following(case: Following) -> None:
    stage, entered = case.ask
    assert next_stage(stage, entered, Reference(frozenset(), case.given, {})) == case.says


@pytest.mark.rule("S13", "S30")
def test_a_confirmed_duplicate_adds_a_second_record() -> None:
    facts = stage_facts(stage_notice("A"), changed=["A"])
    assert decide([item("A")], facts, OFFICER, NOW).changes == ()
    confirmed = decide([item("A", change=requested(confirmed=True))], facts, OFFICER, NOW)
    assert sum(isinstance(change, StageChangeRecorded) for change in confirmed.changes) == 1


@pytest.mark.rule("G9")
def test_a_number_repeated_in_a_submit_is_moved_once_even_when_confirmed() -> None:
    again = item("A", change=requested(confirmed=True))
    facts = stage_facts(stage_notice("A"), stage_notice("B"))
    decision = decide([item("A"), again, item("B")], facts, OFFICER, NOW)
    assert [(answer.key, answer.code) for answer in decision.answers] == [
        ("A", codes.CPS_SUCCESS),
        ("A", codes.CPS_REPEATED),
        ("B", codes.CPS_SUCCESS),
    ]
    assert list(amounts(decision)) == ["A", "B"]


def answered(*said: Code | StageTransition) -> list[Answer[StageTransition]]:
    return [
        Answer("A", codes.CPS_SUCCESS, each_) if isinstance(each_, StageTransition) else Answer("A", each_)
        for each_ in said
    ]


GOOD, DUPLICATE, OTHER = StageTransition("DN1", "DN2"), codes.CPS_DUPLICATE_RECORD, codes.CPS_NOT_FOUND
STATUSES: tuple[Case[None, tuple[Code | StageTransition, ...], str], ...] = (
    Case(rule="S21", name="nothing failed", ask=(GOOD, GOOD), says="SUCCESS"),
    Case(rule="S21", name="something succeeded", ask=(GOOD, OTHER), says="PARTIAL"),
    Case(rule="S21", name="duplicates alone", ask=(DUPLICATE, DUPLICATE), says="PARTIAL"),
    Case(rule="S21", name="a duplicate and another failure", ask=(DUPLICATE, OTHER), says="FAILED"),
    Case(rule="S21", name="nothing succeeded", ask=(OTHER,), says="FAILED"),
)


@parametrize_cases(STATUSES)
def test_status(case: Case[None, tuple[Code | StageTransition, ...], str]) -> None:
    assert status(answered(*case.ask)) == case.says


STAGES = st.sampled_from(
    ["NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3", "CPC", "CFC", "CSD", "CSR", "WAR", "CRT"]
)
NOTICES = st.builds(
    stage_notice,
    st.just(""),
    stage=STAGES,
    suspension_type=st.sampled_from([None, "TS", "PS"]),
    role=st.sampled_from(["D", "O", "H", "R", "DIR", None]),
)
NUMBERS = st.sampled_from("ABCDEF")
CHANGES = st.builds(
    RequestedChange,
    st.none() | STAGES | st.text(min_size=1),
    st.sampled_from([None, "REC", "RSN", "SUP", "OTH", "WOD", "PLS", "ZZZ", "SPEED UP"]),
    st.sampled_from([None, " ", "why"]),
    st.booleans(),
)
FACTS = st.builds(
    lambda notices, changed, reference: stage_facts(
        *(evolve(found, notice_no=number) for number, found in notices.items()),
        changed=changed,
        reference=reference,
    ),
    st.dictionaries(NUMBERS, NOTICES),
    st.sets(NUMBERS),
    st.sampled_from([DEFAULTS, WITHOUT_FEES, WITHOUT_MOVES]),
)
ITEMS = st.lists(st.builds(ChangeItem, NUMBERS, CHANGES, st.booleans()), max_size=8)


def transition(validated: Answer[Eligible]) -> StageTransition | None:
    eligible = validated.detail
    return StageTransition(eligible.notice.stage, eligible.target) if eligible else None


@pytest.mark.rule("S24", "S14")
@pytest.mark.parametrize(
    "stage, role, target", [("DN1", "D", "DN2"), ("RD1", None, "RD2"), ("RD1", "H", "RD2")]
)
def test_a_validation_answers_the_notice_as_stored(stage: str, role: str | None, target: str) -> None:
    stored = stage_notice("A", stage=stage, role=role)
    assert validate(["A", "B"], requested(target), stage_facts(stored)) == (
        Answer("A", codes.CPS_ELIGIBLE, Eligible(stored, target)),
        Answer("B", codes.CPS_NOT_FOUND),
    )


@pytest.mark.rule("S30")
@given(st.lists(NUMBERS, unique=True), CHANGES, FACTS, st.sampled_from(["DN1", "RD1", "CPC"]))
def test_what_left_the_stage_it_was_seen_in_is_refused_and_all_else_is_decided_as_ever(
    numbers: list[str], change: RequestedChange, facts: StageFacts, seen: str
) -> None:
    plain = decide([ChangeItem(number, change) for number in numbers], facts, OFFICER, NOW)
    asked = [ChangeItem(number, change, seen_stage=seen) for number in numbers]
    decision = decide(asked, facts, OFFICER, NOW)
    for answer, usual in zip(decision.answers, plain.answers, strict=True):
        stored = facts.notices.get(answer.key)
        if stored is None or stored.stage == seen:
            assert answer == usual
        else:
            text = f"Notice has changed since you looked: it is in {stored.stage} now, not in {seen}"
            expected = Code("OCMS.CPS.LEFT_SEEN_STAGE", text, "S30")
            assert answer == Answer(answer.key, expected)
            assert answer.key not in amounts(decision)


@pytest.mark.rule("S24")
@given(st.lists(NUMBERS, unique=True), CHANGES, FACTS)
def test_validate_and_submit_agree_in_every_state(
    numbers: list[str], change: RequestedChange, facts: StageFacts
) -> None:
    without_duplicates = evolve(facts, changed=frozenset())
    validated = validate(numbers, change, without_duplicates)
    submitted = decide([ChangeItem(number, change) for number in numbers], without_duplicates, OFFICER, NOW)
    assert [(each_.key, transition(each_)) for each_ in validated] == [
        (each_.key, each_.detail) for each_ in submitted.answers
    ]
    for one, other in zip(validated, submitted.answers, strict=True):
        assert one.detail or one.code == other.code


@pytest.mark.rule("S30")
@given(st.lists(NUMBERS, unique=True), CHANGES, FACTS)
def test_only_the_warning_of_a_duplicate_sets_submit_apart(
    numbers: list[str], change: RequestedChange, facts: StageFacts
) -> None:
    validated = validate(numbers, change, facts)
    submitted = decide([ChangeItem(number, change) for number in numbers], facts, OFFICER, NOW).answers
    for one, other in zip(validated, submitted, strict=True):
        refused_before = one.code in (codes.CPS_NOT_FOUND, codes.CPS_COURT_STAGE, codes.CPS_PS_BLOCKED)
        if one.key in facts.changed and not change.confirmed and not refused_before:
            assert other == Answer(one.key, codes.CPS_DUPLICATE_RECORD)
        elif one.detail:
            assert other == Answer(one.key, codes.CPS_SUCCESS, transition(one))
        else:
            assert other == Answer(one.key, one.code)


def by_itself(changes: Iterable[Change]) -> list[Change]:
    """Return changes in an order of their own, those of notices that move alike divided."""
    return sorted(by_notice(changes), key=repr)


@pytest.mark.rule("G9")
@given(ITEMS, FACTS)
def test_a_batch_is_decided_as_its_items_would_be_one_by_one(
    items: list[ChangeItem], facts: StageFacts
) -> None:
    first = list({each_.notice_no: each_ for each_ in reversed(items)}.values())[::-1]
    whole = decide(first, facts, OFFICER, NOW)
    apart = [decide([each_], facts, OFFICER, NOW) for each_ in first]
    assert whole.answers == tuple(answer for one in apart for answer in one.answers)
    assert by_itself(whole.changes) == by_itself(change for one in apart for change in one.changes)
    assert by_itself(decide(items, facts, OFFICER, NOW).changes) == by_itself(whole.changes)

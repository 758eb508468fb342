"""A batch is decided by class of facts: same facts, same verdict and change, as each notice gets alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel import codes
from ocms_core.kernel.changes import NoticesMoved, by_notice
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision
from ocms_core.stages import officer_changes, toppan
from ocms_core.stages.client_checks import ToppanRun
from ocms_core.stages.facts import EntryChange, StageFacts, StageNotice, ToppanFacts
from ocms_core.stages.request_checks import ChangeItem
from tests.spec.state_space.exploring import explore
from tests.spec.state_space.operations import OF_OFFICERS, OF_TOPPAN
from tests.spec.state_space.spaces import OFFICER_TARGETS, STAGES_AND_MONEY
from tests.spec.state_space.states import State
from tests.support.builders import NOW, SINCE
from tests.support.decided_alone import Decide, assert_decided_as_alone, seen_by
from tests.support.offender_builders import NUMBER
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES, requested, stage_facts, stage_notice

OFFICER = "USER01"
RUNS = ("RD1", "DN2", "DR3", "CPC", "CSD")
BY_OFFICER = EntryChange("OCMS", "DN2", SINCE)
CHANGES = [requested(target, confirmed=confirmed) for target in (None, "DR3") for confirmed in (False, True)]


def of_print_run(facts: ToppanFacts, stage: str) -> Decide:
    run = ToppanRun((), stage, NOW)
    return lambda numbers: toppan.decide(numbers, run, facts, NOW)


def of_officer(facts: StageFacts, changes: Sequence[Any]) -> Decide:
    """Return a submit in which each notice is given one of some changes, always the same."""

    def decide(numbers: Sequence[str]) -> Decision[Any]:
        items = [
            ChangeItem(number, changes[sum(map(ord, number)) % len(changes)], number.endswith("1"))
            for number in numbers
        ]
        return officer_changes.decide(items, facts, OFFICER, NOW)

    return decide


def numbered(notices: Iterable[StageNotice]) -> Mapping[str, StageNotice]:
    """Return notices under numbers of their own."""
    return {f"{place:09}": evolve(each, notice_no=f"{place:09}") for place, each in enumerate(notices)}


DIFFERENT = numbered(
    stage_notice(
        "", stage=stage, stage_date=since, next_stage=following, suspension_type=kind, role=role, paid=paid,
        composition_amount=Decimal(composition),
    )
    for stage, since, following, kind, role, paid, composition in product(
        ("DN1", "DN2", "CSD"),
        (SINCE, SINCE - timedelta(days=1)),
        ("DN2", "DR3"),
        (None, "TS", "PS"),
        ("D", "O"),
        (False, True),
        ("70", "70.00", "30"),
    )
)  # fmt: skip
"""A notice of every combination of facts, so that any two facts differ somewhere alone."""


def check_print_runs() -> None:
    facts = ToppanFacts(DEFAULTS, DIFFERENT, dict.fromkeys(list(DIFFERENT)[::2], BY_OFFICER))
    assert_decided_as_alone(of_print_run(facts, "DN2"), [*DIFFERENT, "no notice"])


def check_submits() -> None:
    facts = stage_facts(*DIFFERENT.values(), changed=list(DIFFERENT)[::2])
    assert_decided_as_alone(of_officer(facts, CHANGES), [*DIFFERENT, "no notice"])


@pytest.mark.rule("S71", "S72", "S73", "S74", "S76", "S40")
def test_a_print_run_decides_every_combination_of_facts_as_alone() -> None:
    check_print_runs()


@pytest.mark.rule("S11", "S12", "S13", "S14", "S15", "S17", "S18", "S22", "S40")
def test_a_submit_decides_every_combination_of_facts_as_alone() -> None:
    check_submits()


def refused_if(condition: Callable[[StageNotice], bool]) -> Callable[..., Code | None]:
    return lambda notice, *_: codes.CPS_COURT_STAGE if condition(notice) else None


READING_MORE: tuple[tuple[str, str, Callable[..., Any], Callable[[], None]], ...] = (
    ("when", "toppan.moves_on", lambda notice, _run: notice.stage_date == SINCE, check_print_runs),
    ("whose", "toppan.moves_on", lambda notice, _run: notice.role == "D", check_print_runs),
    (
        "number",
        "toppan.print_run_refusal",
        refused_if(lambda it: it.notice_no > "000000100"),
        check_print_runs,
    ),
    ("plan", "eligibility.court_stage", refused_if(lambda it: it.next_stage == "DN2"), check_submits),
    ("payment", "eligibility.court_stage", refused_if(lambda it: it.paid), check_submits),
    ("words", "stage_transition.amount_payable", lambda of, *_: Decimal(len(str(of))), check_submits),
)
"""Rules that read what no key has: what they read, the last one how an amount is written."""


@pytest.mark.parametrize("what, place, instead, check", READING_MORE, ids=[each[0] for each in READING_MORE])
def test_a_rule_that_reads_a_fact_outside_the_key_is_found(
    what: str,
    place: str,
    instead: Callable[..., Any],
    check: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del what
    monkeypatch.setattr(f"ocms_core.stages.{place}", instead)
    with pytest.raises(AssertionError):
        check()


STAGE = st.sampled_from(["NPA", "ROV", "RD1", "DN1", "DN2", "CPC", "CFC", "CSD"])
SOON = st.sampled_from([SINCE, NOW, NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)])
NOTICE = st.builds(
    stage_notice,
    st.just(""),
    stage=STAGE,
    stage_date=SOON,
    next_stage=st.none() | STAGE,
    suspension_type=st.sampled_from([None, "TS", "PS"]),
    composition_amount=st.sampled_from([Decimal(70), Decimal("70.00"), Decimal("0.00"), Decimal("30.55")]),
    role=st.sampled_from([None, "D", "O", "H", "R", "DIR"]),
    paid=st.booleans(),
)
ENTRY = st.none() | st.builds(EntryChange, st.sampled_from(["OCMS", "PLUS", "AVSS", None]), STAGE, SOON)
REQUESTED = st.builds(
    requested,
    st.none() | STAGE,
    st.sampled_from([None, "SUP", "OTH", "???"]),
    st.sampled_from([None, "why"]),
    confirmed=st.booleans(),
)


@given(st.lists(st.tuples(NOTICE, ENTRY, st.booleans()), max_size=12), st.data(), STAGE, st.booleans())
def test_any_batch_is_decided_as_each_of_its_notices_alone(
    made: list[tuple[StageNotice, EntryChange | None, bool]],
    data: st.DataObject,
    stage: str,
    fees: bool,  # noqa: FBT001
) -> None:
    reference = DEFAULTS if fees else WITHOUT_FEES
    notices = numbered(notice for notice, _, _ in made)
    others = list(zip(notices, made, strict=True))
    numbers = data.draw(st.permutations([*notices, "no notice"]))
    entries = {number: entry for number, (_, entry, _) in others if entry}
    assert_decided_as_alone(of_print_run(ToppanFacts(reference, notices, entries), stage), numbers)
    changed = [number for number, (_, _, today) in others if today]
    facts = stage_facts(*notices.values(), changed=changed, reference=reference)
    changes = data.draw(st.lists(REQUESTED, min_size=1, max_size=3))
    assert_decided_as_alone(of_officer(facts, changes), numbers)


@pytest.fixture(scope="module")
def states() -> list[State]:
    return list(explore(STAGES_AND_MONEY, keep_steps=False).states)


@pytest.mark.rule("S71", "S72", "S73", "S74", "S76")
def test_a_print_run_over_all_states_decides_each_as_alone(states: list[State]) -> None:
    facts = seen_by(OF_TOPPAN, states)
    notices = numbered(each.notices[NUMBER] for each in facts)
    entries = {
        number: each.entries[NUMBER]
        for number, each in zip(notices, facts, strict=True)
        if NUMBER in each.entries
    }
    for stage in RUNS:
        decide = of_print_run(ToppanFacts(facts[0].reference, notices, entries), stage)
        assert_decided_as_alone(decide, list(notices))


@pytest.mark.rule("S11", "S12", "S13", "S14", "S15", "S17", "S18", "S22")
def test_a_submit_over_all_states_decides_each_as_alone(states: list[State]) -> None:
    facts = seen_by(OF_OFFICERS, states)
    notices = numbered(each.notices[NUMBER] for each in facts)
    changed = {number for number, each in zip(notices, facts, strict=True) if NUMBER in each.changed}
    every = StageFacts(facts[0].reference, notices, frozenset(changed))
    for target in OFFICER_TARGETS:
        assert_decided_as_alone(of_officer(every, [requested(target)]), list(notices))


@pytest.mark.rule("P25")
def test_notices_that_move_alike_are_divided_to_stand_or_fall_alone() -> None:
    decision = of_print_run(ToppanFacts(DEFAULTS, DIFFERENT, {}), "DN2")(list(DIFFERENT))
    moved = [answer.key for answer in decision.answers if answer.detail]
    assert len(decision.changes) < len(moved)
    alone = list(by_notice(decision.changes))
    assert sorted(change.notice_no for change in alone if isinstance(change, NoticesMoved)) == sorted(moved)

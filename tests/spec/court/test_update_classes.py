"""API 2 is decided by class of facts: same facts, same verdict and change, as each item gets alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.court import court_notices
from ocms_core.court.facts import CourtFacts, CourtNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.changes import NoticesChanged, SuspensionRecordsOpened
from ocms_core.kernel.codes import NOT_A_COURT_NOTICE, Code
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.stage_moves import StageMove
from ocms_core.kernel.suspensions import OpenSuspension
from tests.spec.court.test_court_notices import NOTICES
from tests.spec.state_space.exploring import explore
from tests.spec.state_space.operations import OF_CAS
from tests.spec.state_space.spaces import STAGES_AND_MONEY, SUSPENSIONS
from tests.support.builders import DUE, HST, NOW, OTH, SINCE, WWP, court_facts, notice, shown
from tests.support.decided_alone import Decide, assert_decided_as_alone, seen_by
from tests.support.offender_builders import NUMBER

ASKED = [
    CourtUpdate("", kind, reason, stage)
    for kind, reason in (
        (None, None),
        ("PS", None),
        ("TS", None),
        ("TS", "WWP"),
        ("PS", "WWP"),
        (None, "OTH"),
    )
    for stage in (None, "CSD")
]
EARLIER = SINCE - timedelta(days=1)
RECORDS: tuple[tuple[OpenSuspension, ...], ...] = (
    (),
    (OpenSuspension(WWP, SINCE, 1, None),),
    (OpenSuspension(OTH, EARLIER, 1, None), OpenSuspension(WWP, SINCE, 2, None)),
    (OpenSuspension(HST, SINCE, 1, DUE),),
)


def of_cas(facts: CourtFacts, asked: Mapping[str, CourtUpdate]) -> Decide:
    """Return an update in which each notice is asked the same whenever it is in the call."""

    def decide(numbers: Sequence[str]) -> Decision[Any]:
        updates = [evolve(asked[number], notice_no=number) for number in numbers]
        verdict = court_notices.decide(updates, facts, NOW)
        assert isinstance(verdict, Decision)
        return verdict

    return decide


def decided_as_alone(notices: Sequence[CourtNotice], asked: Sequence[CourtUpdate]) -> None:
    """Assert that each notice is decided as alone, each asked everything, and unknown numbers as well."""
    numbered = {f"{place:09}": each for place, each in enumerate(product(notices, asked))}
    facts = court_facts(*(evolve(found, notice_no=number) for number, (found, _) in numbered.items()))
    updates = {number: update for number, (_, update) in numbered.items()}
    unknown = {f"no notice {place}": update for place, update in enumerate(asked)}
    assert_decided_as_alone(of_cas(facts, updates | unknown), [*updates, *unknown])


DIFFERENT = [
    notice(
        "", stage=stage, stage_date=since, dayend=dayend, suspension=row, open_suspensions=records,
        last_sr_no=last, crs_reason=paid,
    )
    for stage, dayend in (("CPC", None), ("CSD", None), ("RD1", None), ("RD1", True), ("CPC", False))
    for since, row, records, last, paid in product(
        (SINCE, EARLIER),
        (shown(None, None, None), shown("PS", "WWP"), shown("PS", "WWP", EARLIER),
         shown("TS", "OUT", due=DUE), shown("TS", "OUT"), shown("TS", None, None), shown("PS", None, None),
         shown("TS", "HST", due=DUE)),
        RECORDS,
        (2, 5),
        (None, "FP"),
    )
]  # fmt: skip
"""Notices of which any two facts differ somewhere alone."""

FEWER = [
    evolve(each, payment_due_date=due)
    for each in DIFFERENT
    if not each.suspensions.open_records and each.stage != "RD1"
    for due in (DUE, None)
]


@pytest.mark.rule("P21", "P22", "P23", "P24", "U1", "U2", "H9")
def test_an_update_decides_every_combination_of_facts_as_alone() -> None:
    decided_as_alone(DIFFERENT, ASKED)


@pytest.mark.rule("P21", "P22", "P23", "P24")
def test_an_update_over_all_states_decides_each_as_alone() -> None:
    spaces = (STAGES_AND_MONEY, SUSPENSIONS)
    states = [state for space in spaces for state in explore(space, keep_steps=False).states]
    # What no state says of a notice is read by the comparison of the answers alone.
    unsaid: dict[str, Any] = {"stage_date": SINCE, "amount_payable": None, "payment_due_date": DUE}
    unsaid["payment_acceptance_allowed"] = "Y"
    found = [evolve(each.notices[NUMBER], **unsaid) for each in seen_by(OF_CAS, states)]
    assert {each.stage for each in found} >= {"NPA", "CPC", "CSD"}
    decided_as_alone(found, ASKED)


@given(st.lists(NOTICES, max_size=8), st.lists(st.sampled_from(ASKED), min_size=1, max_size=4))
def test_any_update_is_decided_as_each_of_its_items_alone(
    notices: list[CourtNotice], asked: list[CourtUpdate]
) -> None:
    decided_as_alone(notices, asked)


@pytest.mark.rule("P24")
def test_items_of_the_same_facts_are_one_change_of_each_kind() -> None:
    notices = [
        notice("A", stage_date=EARLIER, suspension=shown("TS", "OUT", due=DUE)),
        notice("B", suspension=shown("TS", "OUT", due=DUE), last_sr_no=4),
        notice("C"),
    ]
    updates = {number: CourtUpdate(number, "PS", "WWP", "CSD") for number in "ABC"}
    alike, opened, *other = of_cas(court_facts(*notices), updates)("ABC").changes
    assert isinstance(alike, NoticesChanged)
    assert alike.since == (("A", EARLIER), ("B", SINCE))
    assert alike.change.move == StageMove("CPC", EARLIER, "CSD", NOW)
    assert isinstance(opened, SuspensionRecordsOpened)
    assert opened.numbered == (("A", 1), ("B", 5))
    assert [type(each) for each in other] == [NoticesChanged, SuspensionRecordsOpened]


def refused_if(condition: Callable[[CourtNotice], bool]) -> Callable[..., Code | None]:
    return lambda _update, found, *_: NOT_A_COURT_NOTICE if found and condition(found) else None


READING_MORE: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("number", "first_refusal", refused_if(lambda it: it.notice_no > "000000100")),
    ("when", "first_refusal", refused_if(lambda it: it.stage_date == SINCE)),
    ("last record", "first_refusal", refused_if(lambda it: it.suspensions.last_sr_no > 3)),
    ("payment", "is_court_notice", lambda it: it.payment_due_date is None),
)
"""Rules that read what no key has."""


@pytest.mark.parametrize("what, name, instead", READING_MORE, ids=[each[0] for each in READING_MORE])
def test_a_rule_that_reads_a_fact_outside_the_key_is_found(
    what: str, name: str, instead: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    del what
    monkeypatch.setattr(court_notices, name, instead)
    with pytest.raises(AssertionError):
        decided_as_alone(FEWER, ASKED)


@pytest.mark.parametrize("part", range(11))
def test_a_key_without_one_of_its_parts_is_found(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Callable[..., Any] = court_notices.decisive_facts
    monkeypatch.setattr(
        court_notices, "decisive_facts", lambda *of: (*whole(*of)[:part], *whole(*of)[part + 1 :])
    )
    with pytest.raises(AssertionError):
        decided_as_alone(DIFFERENT[::3], ASKED)

"""Which notices a search lists, whose they are, and what stands against moving them."""

from datetime import datetime

import pytest
from attrs import evolve

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.suspensions import ShownSuspension, Suspensions
from ocms_core.stages.facts import FoundNotice, Offender
from ocms_core.stages.search import MOST_LISTED, decide, identities, offender_shown, search_refusal
from tests.support.builders import NOW, SINCE
from tests.support.cases import Case, parametrize_cases


def found(
    number: str, stage: str = "DN1", suspension: str | None = None, since: datetime = SINCE
) -> FoundNotice:
    shown = Suspensions(ShownSuspension(suspension, None, None, None))
    return FoundNotice(number, "SP", NOW, "SBA1234A", stage, since, suspensions=shown)


def person(indicator: str, *, current: bool = False) -> Offender:
    return Offender(indicator, current, f"S000000{indicator}", None, None)


AGAINST: tuple[Case[None, FoundNotice, Code | None], ...] = (
    Case(rule="S2", name="nothing", ask=found("A"), says=None),
    Case(
        rule="S2",
        name="a temporary suspension stands against nothing",
        ask=found("A", "DN1", "TS"),
        says=None,
    ),
    Case(rule="S2", name="CPC is no court stage here", ask=found("A", "CPC"), says=None),
    Case(rule="S2", name="a court stage", ask=found("A", "CRT"), says=codes.CPS_SEARCH_COURT_STAGE),
    Case(
        rule="S2", name="a permanent suspension", ask=found("A", "DN1", "PS"), says=codes.CPS_SEARCH_PS_ACTIVE
    ),
    Case(
        rule="S2",
        name="court is told before a suspension",
        ask=found("A", "CSD", "PS"),
        says=codes.CPS_SEARCH_COURT_STAGE,
    ),
)


@parametrize_cases(AGAINST)
def test_against(case: Case[None, FoundNotice, Code | None]) -> None:
    assert search_refusal(case.ask) == case.says


@pytest.mark.rule("S3")
@pytest.mark.parametrize(
    "people, shown",
    [
        ("", None),
        ("O", "O"),
        ("HOD", "D"),
        ("HO", "O"),
        ("RH", "H"),
        ("RX", "R"),
    ],
)
def test_without_a_current_offender_the_role_decides(people: str, shown: str | None) -> None:
    offender = offender_shown([person(indicator) for indicator in people])
    assert (offender and offender.indicator) == shown


@pytest.mark.rule("S3")
def test_the_current_offender_is_shown_before_any_other() -> None:
    everyone = [person("D"), person("O"), person("H", current=True), person("R")]
    assert offender_shown(everyone) == person("H", current=True)


@pytest.mark.rule("S4")
def test_the_first_thousand_are_listed_in_order_and_all_are_counted() -> None:
    many = [found(f"{number:05}") for number in range(MOST_LISTED + 5)]
    result = decide(reversed(many), len(many))
    assert [listed.notice.notice_no for listed in result.listed] == [f"{n:05}" for n in range(MOST_LISTED)]
    assert (result.total, result.truncated) == (MOST_LISTED + 5, True)
    assert not decide(many[:MOST_LISTED], MOST_LISTED).truncated


def test_a_search_names_whom_it_shows() -> None:
    people = [evolve(found("A"), offenders=(person("O"), person("D"))), found("B")]
    assert identities(decide(people, 2)) == ("S000000D",)

"""The tag that ties a function to its rules, and to the days it holds on."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.explanations import because
from ocms_core.kernel.rule_tags import in_force, rule

JANUARY_31, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)


@rule("X1", last_day=JANUARY_31)
def former() -> str:
    return "former"


@rule("X1", "X2", first_day=FEBRUARY)
def new() -> str:
    return "new"


@rule("X3")
def lasting() -> str:
    return "lasting"


def untagged() -> str:
    return "untagged"


def test_a_tagged_function_is_itself_and_carries_its_rules() -> None:
    def decided() -> str:
        return "decided"

    tagged = rule("P1", "G8")(decided)
    assert tagged is decided
    assert vars(tagged)["__rules__"] == ("P1", "G8")


@pytest.mark.rule("G18")
@pytest.mark.parametrize(
    "day, answer, rules", [(JANUARY_31, "former", ("X1",)), (FEBRUARY, "new", ("X1", "X2"))]
)
def test_the_reading_of_a_day_decides_and_is_the_one_explained(
    day: date, answer: str, rules: tuple[str, ...]
) -> None:
    reading = in_force(day, former, new)
    assert reading() == answer
    assert because("call", reading(), reading).rules == rules


@pytest.mark.rule("G18")
@given(day=st.dates())
def test_a_reading_without_days_holds_always(day: date) -> None:
    assert in_force(day, lasting) is lasting
    assert in_force(day, untagged) is untagged


@pytest.mark.rule("G18")
@pytest.mark.parametrize("readings", [(former,), (new, lasting), ()])
def test_a_day_with_no_reading_or_with_several_is_an_error(readings: tuple[object, ...]) -> None:
    with pytest.raises(LookupError, match=r"readings of a rule hold on 2026-02-01"):
        in_force(FEBRUARY, *readings)

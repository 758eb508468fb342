"""Sums of money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.money import money
from tests.support.cases import Case, parametrize_cases

CASES: tuple[Case[None, Decimal | int | str, Decimal], ...] = (
    Case(rule="G6", name="whole dollars have two decimals", ask=150, says=Decimal("150.00")),
    Case(rule="G6", name="a text is read as dollars", ask="10.5", says=Decimal("10.50")),
    Case(rule="G6", name="half a cent is rounded up", ask=Decimal("0.005"), says=Decimal("0.01")),
    Case(rule="G6", name="half a cent is rounded up beside an even cent", ask="0.125", says=Decimal("0.13")),
    Case(rule="G6", name="less than half a cent is dropped", ask="0.00499999", says=Decimal("0.00")),
    Case(rule="G6", name="half a cent owed is rounded away from zero", ask="-0.005", says=Decimal("-0.01")),
    Case(
        rule="G6",
        name="the largest sum a column holds is kept to the cent",
        ask="99999999999999999.99",
        says=Decimal("99999999999999999.99"),
    ),
)


@parametrize_cases(CASES)
def test_money(case: Case[None, Decimal | int | str, Decimal]) -> None:
    sum_of_money = money(case.ask)
    assert sum_of_money == case.says
    assert sum_of_money.as_tuple().exponent == -2


@pytest.mark.rule("G6")
@given(st.integers(min_value=0, max_value=10**19))
def test_rounding_is_half_up_for_every_tenth_of_a_cent(mills: int) -> None:
    cents = (mills + 5) // 10
    assert money(Decimal(mills).scaleb(-3)) == Decimal(cents).scaleb(-2)

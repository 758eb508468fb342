"""Sums of money: two decimals, rounded half up."""

from decimal import ROUND_HALF_UP, Decimal

from ocms_core.kernel.rule_tags import rule

CENT = Decimal("0.01")


@rule("G6")
def money(amount: Decimal | int | str) -> Decimal:
    """
    Round a sum half up to two decimals (G6).

    Dollars in, dollars out; `money("150")` is `Decimal("150.00")`. Raises `decimal.InvalidOperation`
    for text that is no number.
    """
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)

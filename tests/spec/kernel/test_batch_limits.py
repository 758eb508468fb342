"""How many items one call may carry."""

import pytest

from ocms_core.kernel.batch_limits import BatchCap, batch_cap
from ocms_core.kernel.reference import EMPTY
from tests.support.builders import reference
from tests.support.cases import Case, parametrize_cases

DEFAULTS: tuple[Case[None, BatchCap, int], ...] = (
    Case(
        rule=("G14", "P1"),
        name="the payment status is asked for 500 notices at most",
        ask=BatchCap.PAYMENT_STATUS,
        says=500,
    ),
    Case(
        rule=("G14", "P1"),
        name="a court update carries 500 notices at most",
        ask=BatchCap.COURT_NOTICES,
        says=500,
    ),
    Case(
        rule=("G14", "P30"),
        name="PLUS queries 100 notices at most",
        ask=BatchCap.PLUS_QUERY,
        says=100,
    ),
    Case(
        rule=("G14", "S20"),
        name="a stage change carries 500 notices at most",
        ask=BatchCap.STAGE_CHANGE,
        says=500,
    ),
    Case(
        rule=("G14", "S75"),
        name="Toppan prints 100,000 notices at most",
        ask=BatchCap.TOPPAN,
        says=100_000,
    ),
)


@parametrize_cases(DEFAULTS)
def test_an_empty_database_has_the_contracts_caps(case: Case[None, BatchCap, int]) -> None:
    assert batch_cap(case.ask, EMPTY) == case.says


@pytest.mark.rule("G14")
def test_an_administrator_may_change_one_cap_and_leave_the_others() -> None:
    changed = reference(parameters={("BATCH_CAP", "PAYMENT_STATUS"): "50"})
    caps = {cap: batch_cap(cap, changed) for cap in BatchCap}
    assert caps == {case.ask: case.says for case in DEFAULTS} | {BatchCap.PAYMENT_STATUS: 50}

"""Suspensions and when they end by themselves."""

from datetime import datetime

import pytest

from ocms_core.kernel.suspensions import SuspensionReason, due_of_revival
from tests.support.builders import HST, NOW, WWP, at
from tests.support.cases import Case, parametrize_cases

Due = Case[dict[SuspensionReason, int], SuspensionReason, datetime | None]

CASES: tuple[Due, ...] = (
    Case(
        rule=("P24", "G14"),
        name="a suspension is due after the days of its reason, to the minute",
        given={HST: 30},
        ask=HST,
        says=at("2025-02-13T11:00:00"),
    ),
    Case(rule=("P24", "G14"), name="a reason without days has no end", given={HST: 30}, ask=WWP, says=None),
    Case(
        rule=("P24", "G14"),
        name="days of the same code under the other type do not count",
        given={SuspensionReason("TS", "OTH"): 7},
        ask=SuspensionReason("PS", "OTH"),
        says=None,
    ),
    Case(rule=("P24", "G14"), name="no days at all is an end at once", given={HST: 0}, ask=HST, says=NOW),
)


@parametrize_cases(CASES)
def test_due_of_revival(case: Due) -> None:
    assert due_of_revival(case.ask, NOW, case.given) == case.says


@pytest.mark.rule("P12")
def test_type_and_reason_are_written_as_one_word() -> None:
    assert str(WWP) == "PS-WWP"

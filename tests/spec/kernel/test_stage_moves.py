"""What a move to another stage does to a notice."""

from datetime import datetime, timedelta

import pytest

from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.stage_moves import NextStage, StageMove, move, next_stage
from tests.support.builders import NOW, SINCE, at
from tests.support.cases import Case, parametrize_cases

Move = Case[tuple[str, datetime], str, StageMove | None]

CASES: tuple[Move, ...] = (
    Case(
        rule="P24",
        name="the stage and date left become the previous ones, the new stage is stamped now",
        given=("CPC", SINCE),
        ask="WAR",
        says=StageMove(prev_stage="CPC", prev_date=SINCE, stage="WAR", date=NOW),
    ),
    Case(
        rule="P24",
        name="a move to the stage a notice stands in moves nothing",
        given=("WAR", SINCE),
        ask="WAR",
        says=None,
    ),
)


@parametrize_cases(CASES)
def test_move(case: Move) -> None:
    assert move(*case.given, case.ask, NOW) == case.says


@pytest.mark.rule("S22", "G14")
def test_a_next_stage_is_due_at_midnight_to_the_instant() -> None:
    entered = NOW + timedelta(microseconds=1)
    assert next_stage("DN1", entered, EMPTY) == NextStage(None, at("2025-01-28T00:00:00"))

"""What a move to another stage does to a notice."""

from datetime import datetime

from ocms_core.kernel.stage_moves import StageMove, move
from tests.support.builders import NOW, SINCE
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

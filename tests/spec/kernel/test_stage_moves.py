"""What a move to another stage does to a notice."""

from datetime import datetime

from ocms_core.kernel.stage_moves import NextStage, StageMove, move
from tests.support.builders import LATER, NOW, SINCE
from tests.support.cases import Case, each

Move = Case[tuple[str, datetime], tuple[str, NextStage | None], StageMove | None]

CASES: tuple[Move, ...] = (
    Case(
        rule="P24",
        name="the stage and date left become the previous ones, the new stage is stamped now",
        given=("CPC", SINCE),
        ask=("WAR", None),
        says=StageMove(prev_stage="CPC", prev_date=SINCE, stage="WAR", date=NOW, next=None),
    ),
    Case(
        rule="P24",
        name="what comes after is taken along where it is given",
        given=("RD1", SINCE),
        ask=("RD2", NextStage("RR3", LATER)),
        says=StageMove("RD1", SINCE, "RD2", NOW, next=NextStage("RR3", LATER)),
    ),
    Case(
        rule="P24",
        name="a move to the stage a notice stands in moves nothing",
        given=("WAR", SINCE),
        ask=("WAR", None),
        says=None,
    ),
)


@each(CASES)
def test_move(case: Move) -> None:
    assert move(*case.given, case.ask[0], NOW, case.ask[1]) == case.says

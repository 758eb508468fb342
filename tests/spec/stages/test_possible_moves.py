"""Where a notice may go from its stage, and what each move costs."""

from decimal import Decimal

import pytest
from attrs import evolve

from ocms_core.kernel.stage_moves import stage_days
from ocms_core.stages.amounts import amount_payable
from ocms_core.stages.facts import StageNotice
from ocms_core.stages.possible_moves import PossibleMove, possible_moves
from tests.support.cases import Case, parametrize_cases
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES, WITHOUT_MOVES, stage_notice

DRIVER = stage_notice("A1", stage="DN1", next_stage="DN2")
OWNER = stage_notice("A1", stage="RD2", next_stage="RR3", role="O")

MOVES: tuple[Case[StageNotice, None, tuple[tuple[str, bool], ...]], ...] = (
    Case(
        rule=("S18", "S22"),
        name="a driver's notice: what is planned first, then as the contract orders the stages",
        given=DRIVER,
        says=(
            *(("DN2", True), ("ROV", False), ("RD1", False), ("RD2", False), ("DR3", True)),
            ("CPC", False),
        ),
    ),
    Case(
        rule=("S18", "S22"),
        name="an owner's notice",
        given=OWNER,
        says=(
            *(("RR3", True), ("ROV", True), ("RD1", True), ("DN1", False), ("DN2", False)),
            *(("CPC", False), ("CFC", False)),
        ),
    ),
    Case(
        rule=("S12", "S18"),
        name="a permanent suspension leaves officers no move",
        given=stage_notice("A1", stage="DR3", suspension_type="PS"),
        says=tuple((stage, False) for stage in ("ROV", "RD1", "RD2", "DN1", "DN2", "CPC", "CFC")),
    ),
    Case(
        rule=("S11", "S18"),
        name="a court stage is not left by officers",
        given=stage_notice("A1", stage="CSD", next_stage="CSR"),
        says=(("CSR", False),),
    ),
    Case(
        rule="S18",
        name="a stage the map does not know",
        given=stage_notice("A1", stage="XXX"),
        says=(),
    ),
    Case(
        rule="S22",
        name="what is planned, though the map does not have it",
        given=stage_notice("A1", stage="CWT", next_stage="END"),
        says=(("END", False),),
    ),
)


@parametrize_cases(MOVES)
def test_moves(case: Case[StageNotice, None, tuple[tuple[str, bool], ...]]) -> None:
    found = possible_moves(case.given, DEFAULTS)
    assert tuple((each.stage, each.by_officer) for each in found) == case.says
    assert [each.stage for each in found if each.planned] == [
        stage for stage, _ in case.says if stage == case.given.next_stage
    ]


@pytest.mark.rule("S18")
def test_stages_the_contract_does_not_order_come_last_by_name() -> None:
    new = {("CSD", stage) for stage in ("ZZZ", "CWX", "AAA")}
    reference = evolve(DEFAULTS, stage_map=DEFAULTS.stage_map | new)
    moves = possible_moves(stage_notice("A1", stage="CSD"), reference)
    assert [each.stage for each in moves] == ["CSR", "AAA", "CWX", "ZZZ"]


@pytest.mark.rule("S40", "G14", "U4")
def test_a_move_shows_what_is_payable_then_and_how_long_its_stage_lasts() -> None:
    reference = evolve(DEFAULTS, parameters={**DEFAULTS.parameters, ("STAGEDAYS", "RR3"): "21"})
    moves = {each.stage: each for each in possible_moves(OWNER, reference)}
    assert moves["RR3"] == PossibleMove("RR3", Decimal("80.00"), 21, by_officer=True, planned=True)
    assert moves["CPC"] == PossibleMove("CPC", Decimal("110.00"), 14, by_officer=False, planned=False)
    assert moves["ROV"] == PossibleMove("ROV", Decimal("70.00"), 14, by_officer=True, planned=False)
    (court,) = possible_moves(stage_notice("A1", stage="CSD"), DEFAULTS)
    assert court == PossibleMove("CSR", None, 14, by_officer=False, planned=False)


@pytest.mark.rule("S41")
def test_a_fee_nobody_has_set_stops_the_move_and_is_named() -> None:
    moves = {each.stage: each for each in possible_moves(OWNER, WITHOUT_FEES)}
    assert moves["RR3"] == PossibleMove(
        "RR3", None, 14, by_officer=False, planned=True, missing_fee="ADMIN_FEE"
    )
    assert moves["ROV"].missing_fee is None


@pytest.mark.rule("S18")
def test_every_stage_of_the_map_has_its_moves() -> None:
    for stage in DEFAULTS.known_stages:
        notice = stage_notice("A1", stage=stage)
        moves = possible_moves(notice, DEFAULTS)
        assert {each.stage for each in moves} == {to for left, to in DEFAULTS.stage_map if left == stage}
        for each in moves:
            assert each.amount == amount_payable(notice.composition_amount, stage, each.stage, DEFAULTS)
            assert each.days == stage_days(each.stage, DEFAULTS)
    assert possible_moves(DRIVER, WITHOUT_MOVES)[0].stage == "DN2"

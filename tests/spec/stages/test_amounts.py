"""What is payable after a move: the whole matrix, cell by cell."""

from decimal import Decimal
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_defaults import STAGE_MAP
from ocms_core.stages.amounts import amount_payable, missing_fee
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES

COMPOSITION = Decimal("70.00")
STAGES = [
    "NPA",
    "ROV",
    "ENA",
    "RD1",
    "RD2",
    "RR3",
    "DN1",
    "DN2",
    "DR3",
    "CPC",
    "CFC",
    "CSD",
    "CSR",
    "WAR",
    "CWT",
]

# A row for each stage left, a letter for each stage entered in the order above:
# a the admin fee on top, s the surcharge, . the composition alone, = what was payable stays.
MATRIX = """
NPA ...........====
ROV .....a...ss====
ENA .....a...ss====
RD1 .....a...ss====
RD2 .....a...ss====
RR3 .........ss====
DN1 ........ass====
DN2 ........ass====
DR3 .........ss====
CPC .....a..a..====
CFC .....a..a..====
CSD ...........====
CSR ...........====
WAR ...........====
CWT ...........====
"""
CELLS = [
    (row.split()[0], to, fee)
    for row in MATRIX.split("\n")
    if row
    for to, fee in zip(STAGES, row.split()[1], strict=True)
]
SUMS = {".": Decimal("70.00"), "a": Decimal("80.00"), "s": Decimal("110.00"), "=": None}
FEES = {".": None, "a": "ADMIN_FEE", "s": "SURCHARGE", "=": None}
# How far on a stage is; a move forward goes to a higher one.
FORWARD = {
    stage: place
    for place, stages in enumerate(
        ("NPA", "ROV", "ENA", "RD1 DN1", "RD2 DN2", "RR3 DR3", "CPC CFC", "CSD", "CSR", "WAR", "CWT")
    )
    for stage in stages.split()
}


@pytest.mark.rule("S40", "S41")
def test_every_cell_of_the_matrix() -> None:
    assert len(CELLS) == 15 * 15
    for from_stage, to_stage, fee in CELLS:
        assert amount_payable(COMPOSITION, from_stage, to_stage, DEFAULTS) == SUMS[fee], (
            from_stage,
            to_stage,
        )
        assert missing_fee(from_stage, to_stage, DEFAULTS) is None
        assert missing_fee(from_stage, to_stage, WITHOUT_FEES) == FEES[fee]


@pytest.mark.rule("U4", "S40")
@given(st.lists(st.sampled_from(STAGES), min_size=2, max_size=8))
def test_no_sequence_of_moves_forward_lowers_what_is_payable(stages: list[str]) -> None:
    way = sorted(stages, key=FORWARD.__getitem__)
    payable = COMPOSITION
    for from_stage, to_stage in pairwise(way):
        if FORWARD[from_stage] < FORWARD[to_stage]:
            after = amount_payable(COMPOSITION, from_stage, to_stage, DEFAULTS)
            assert after is None or after >= payable, way
            payable = after or payable


@pytest.mark.rule("S40")
def test_every_move_of_the_default_map_has_its_cell() -> None:
    assert {(last, to) for last, moves in STAGE_MAP.items() for to in moves} <= {cell[:2] for cell in CELLS}


@pytest.mark.rule("S41")
@pytest.mark.parametrize("text", ["", "ten", "-1", "NaN", "Infinity", "1,50", "9" * 40])
def test_a_fee_that_is_no_sum_is_missing(text: str) -> None:
    reference = Reference(frozenset(), {("ADMIN_FEE", "AMOUNT"): text}, {})
    assert missing_fee("DN2", "DR3", reference) == "ADMIN_FEE"


@pytest.mark.rule("S40", "G6")
def test_a_fee_is_rounded_to_the_cent_and_may_be_nothing() -> None:
    for text, total in (("10.005", "80.01"), ("0", "70.00"), ("0.50", "70.50"), (" 12 ", "82.00")):
        reference = Reference(frozenset(), {("ADMIN_FEE", "AMOUNT"): text}, {})
        assert amount_payable(COMPOSITION, "DN2", "DR3", reference) == Decimal(total)


@pytest.mark.rule("S40", "S41")
def test_a_fee_of_nothing_is_a_fee() -> None:
    free = evolve(DEFAULTS, parameters={("ADMIN_FEE", "AMOUNT"): "0.00"})
    assert missing_fee("DN2", "DR3", free) is None
    assert amount_payable(COMPOSITION, "DN2", "DR3", free) == COMPOSITION

"""What an administrator finds in an empty database."""

from decimal import Decimal

import pytest

from ocms_core.kernel import reference_defaults

STAGE_MAP = """
    NPA: ROV DN1
    ENA: RD1 RD2 RR3 DN1 CFC CPC
    ROV: ENA RD1 RD2 RR3 CFC CPC
    RD1: ROV RD2 RR3 DN1 DN2 CFC CPC
    RD2: ROV RD1 RR3 DN1 DN2 CFC CPC
    RR3: ROV RD1 RD2 DN1 DN2 CFC CPC
    DN1: DN2 DR3 ROV RD1 RD2 CPC
    DN2: DN1 DR3 ROV RD1 RD2 CFC CPC
    DR3: DN1 DN2 ROV RD1 RD2 CFC CPC
    CFC: RR3 DR3 ROV RD1 RD2 DN1 DN2
    CPC: RR3 DR3 ROV RD1 RD2 DN1 DN2 CSD
    CSD: CSR
    CSR: WAR
    WAR: CWT
"""
NEXT_STAGE = """
    NPA ROV, ENA RD1, ROV RD1, RD1 RD2, RD2 RR3, RR3 CPC, DN1 DN2, DN2 DR3, DR3 CPC, CPC CSD, CSD CSR
"""
TEMPORARY = """
    HST 30, APE 14, APP 21, CCE 1, CLV 21, FPL 14, INS 14, MS 21, NRO 21, OLD 21, OUT 21, PAM 21, PDP 21,
    PRI 180, RED 14, ROV 21, SYS 21, UNC 21, ACR 21
"""
PERMANENT = """
    ANS APP CAN CFA CFP DBB DIP FCT FOR FP FTC IST MID OTH PRA RIP RP2 SCT SLC SSV VCT VST WWC WWF WWP
"""


def pairs(text: str) -> dict[str, str]:
    """Read a list of pairs, each of two words."""
    return dict(pair.split() for pair in text.split(","))


@pytest.mark.rule("G14")
def test_the_stage_map() -> None:
    moves = (line.split(":") for line in STAGE_MAP.strip().splitlines())
    assert {stage: set(to) for stage, to in reference_defaults.STAGE_MAP.items()} == {
        stage.strip(): set(to.split()) for stage, to in moves
    }


@pytest.mark.rule("G14")
def test_the_stage_that_follows_by_itself() -> None:
    assert pairs(NEXT_STAGE) == reference_defaults.NEXT_STAGE


@pytest.mark.rule("G14")
def test_every_stage_has_fourteen_days() -> None:
    assert set(reference_defaults.STAGE_DAYS.values()) == {reference_defaults.DEFAULT_STAGE_DAYS} == {14}
    assert reference_defaults.STAGE_DAYS.keys() >= reference_defaults.NEXT_STAGE.keys()


@pytest.mark.rule("G14")
def test_temporary_suspensions_have_days_and_permanent_ones_have_none() -> None:
    days = {("TS", reason): int(count) for reason, count in pairs(TEMPORARY).items()}
    endless = {("PS", reason): None for reason in PERMANENT.split()}
    assert days | endless == reference_defaults.SUSPENSION_REASONS


@pytest.mark.rule("G14", "G6")
def test_the_fees_of_the_sample_data() -> None:
    fees = {"ADMIN_FEE": Decimal("10.00"), "SURCHARGE": Decimal("40.00")}
    assert fees == reference_defaults.SAMPLE_FEES

"""
What an administrator finds in an empty database: safe defaults, every one of them changeable (G14).

Production values for days and fees are not public, so these are defaults by ruling, not facts.
Stages and codes are plain text here; days are calendar days; money is Decimal.
"""

from decimal import Decimal

from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.suspensions import PERMANENT, TEMPORARY

STAGE_MAP: dict[str, tuple[str, ...]] = {
    "NPA": ("ROV", "DN1"),
    "ENA": ("RD1", "RD2", "RR3", "DN1", "CFC", "CPC"),
    "ROV": ("ENA", "RD1", "RD2", "RR3", "CFC", "CPC"),
    "RD1": ("ROV", "RD2", "RR3", "DN1", "DN2", "CFC", "CPC"),
    "RD2": ("ROV", "RD1", "RR3", "DN1", "DN2", "CFC", "CPC"),
    "RR3": ("ROV", "RD1", "RD2", "DN1", "DN2", "CFC", "CPC"),
    # DN1 to CFC is absent on purpose: the contract's PLUS example shows it refused.
    "DN1": ("DN2", "DR3", "ROV", "RD1", "RD2", "CPC"),
    "DN2": ("DN1", "DR3", "ROV", "RD1", "RD2", "CFC", "CPC"),
    "DR3": ("DN1", "DN2", "ROV", "RD1", "RD2", "CFC", "CPC"),
    "CFC": ("RR3", "DR3", "ROV", "RD1", "RD2", "DN1", "DN2"),
    "CPC": ("RR3", "DR3", "ROV", "RD1", "RD2", "DN1", "DN2", "CSD"),
    "CSD": ("CSR",),
    "CSR": ("WAR",),
    "WAR": ("CWT",),
}
"""The stages a notice may be moved to in one step, by the stage it is in."""

NEXT_STAGE: dict[str, str] = {
    "NPA": "ROV",
    "ENA": "RD1",
    "ROV": "RD1",
    "RD1": "RD2",
    "RD2": "RR3",
    "RR3": "CPC",
    "DN1": "DN2",
    "DN2": "DR3",
    "DR3": "CPC",
    "CPC": "CSD",
    "CSD": "CSR",
}
"""The stage that follows by itself, by stage (parameter `NEXT_STAGE`)."""

DEFAULT_STAGE_DAYS = 14
"""Days of a stage whose parameter is missing, negative or unreadable."""

STAGE_DAYS: dict[str, int] = dict.fromkeys(STAGES, DEFAULT_STAGE_DAYS)
"""Days a notice stays in a stage before the next is due, by stage (parameter `STAGEDAYS`)."""

TEMPORARY_DAYS: dict[str, int] = {
    "HST": 30,
    "APE": 14,
    "APP": 21,
    "CCE": 1,
    "CLV": 21,
    "FPL": 14,
    "INS": 14,
    "MS": 21,
    "NRO": 21,
    "OLD": 21,
    "OUT": 21,
    "PAM": 21,
    "PDP": 21,
    "PRI": 180,
    "RED": 14,
    "ROV": 21,
    "SYS": 21,
    "UNC": 21,
    "ACR": 21,
}

PERMANENT_REASONS: tuple[str, ...] = (
    *("ANS", "APP", "CAN", "CFA", "CFP", "DBB", "DIP", "FCT", "FOR", "FP", "FTC", "IST", "MID", "OTH", "PRA"),
    *("RIP", "RP2", "SCT", "SLC", "SSV", "VCT", "VST", "WWC", "WWF", "WWP"),
)

SUSPENSION_REASONS: dict[tuple[str, str], int | None] = {
    **{(TEMPORARY, reason): days for reason, days in TEMPORARY_DAYS.items()},
    **{(PERMANENT, reason): None for reason in PERMANENT_REASONS},
}
"""Days until revival by suspension type and reason; None for a permanent suspension, which has no end."""

SAMPLE_FEES: dict[str, Decimal] = {"ADMIN_FEE": Decimal("10.00"), "SURCHARGE": Decimal("40.00")}
"""Fees of the sample data by parameter id, code `AMOUNT`; an empty production database has none (S41)."""

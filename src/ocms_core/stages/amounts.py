"""What is to be paid after a move: the amount matrix."""

from decimal import Decimal, InvalidOperation

from ocms_core.kernel.money import money
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stages import OPEN_TO_CHANGE

ADMIN_FEE = "ADMIN_FEE"
SURCHARGE = "SURCHARGE"
AMOUNT = "AMOUNT"

# Contract and rule give rows of stages; a move in none of them, but into court, costs the composition alone.
MATRIX: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("ROV", "ENA", "RD1", "RD2"), ("RR3",), ADMIN_FEE),
    (("DN1", "DN2"), ("DR3",), ADMIN_FEE),
    (("ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"), ("CFC", "CPC"), SURCHARGE),
    (("CFC", "CPC"), ("RR3", "DR3"), ADMIN_FEE),
)
FEES: dict[tuple[str, str], str] = {
    (from_stage, to_stage): fee
    for from_stages, to_stages, fee in MATRIX
    for from_stage in from_stages
    for to_stage in to_stages
}
"""The fee of each move that has one, by the parameter that holds it."""


@rule("S40", "U4")
def amount_payable(
    composition: Decimal, from_stage: str, to_stage: str, reference: Reference
) -> Decimal | None:
    """
    Return what is payable after a move: the composition, with the fee the matrix names for the move (S40).

    Dollars; counted from the composition, never from what was payable before. None where what is payable
    stays: a move into a court stage but CFC and CPC lowers nothing (U4). Asked only when `missing_fee`
    misses nothing.
    """
    if to_stage not in OPEN_TO_CHANGE:
        return None
    fee = FEES.get((from_stage, to_stage))
    return money(composition + ((fee and amount_of(fee, reference)) or 0))


@rule("S41")
def missing_fee(from_stage: str, to_stage: str, reference: Reference) -> str | None:
    """Return the fee that a move needs and the parameters lack: it stops the move (S41)."""
    fee = FEES.get((from_stage, to_stage))
    return fee if fee and amount_of(fee, reference) is None else None


def amount_of(fee: str, reference: Reference) -> Decimal | None:
    """Read a fee; None when it is missing, negative or no sum."""
    try:
        amount = money(reference.parameters[(fee, AMOUNT)].strip())
    except (KeyError, InvalidOperation):
        return None
    return amount if amount.is_finite() and amount >= 0 else None

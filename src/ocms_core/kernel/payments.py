"""What a notice row says of its payment."""

FULLY_PAID = "FP"

PAYABLE = "Y"
"""The flag of a notice that accepts payment (`payment_acceptance_allowed`)."""


def is_fully_paid(payment_status: str | None) -> bool:
    """Return whether a payment status says that nothing is left to pay."""
    return payment_status == FULLY_PAID

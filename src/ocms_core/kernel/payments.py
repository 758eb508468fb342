"""What a notice row says of its payment."""

FULLY_PAID = "FP"


def is_fully_paid(payment_status: str | None) -> bool:
    """Return whether a payment status says that nothing is left to pay."""
    return payment_status == FULLY_PAID

"""What the offender decisions look at."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from attrs import field, frozen

from ocms_core.kernel.particulars import Holder

OWNER, HIRER, DRIVER = "O", "H", "D"

ROLES: Mapping[str, str] = {"OWNER": OWNER, "HIRER": HIRER, "DRIVER": DRIVER}
"""The stored letter of each role, by the contract's word."""

WORDS: Mapping[str, str] = {role: word for word, role in ROLES.items()}


@frozen
class Notice:
    """A notice with whoever stands in its roles, by role; locked where it leads to a write."""

    notice_no: str
    vehicle_no: str
    stage: str
    stage_date: datetime
    suspension_type: str | None
    composition_amount: Decimal
    holders: Mapping[str, Holder] = field(factory=dict)

    @property
    def current(self) -> Holder | None:
        """The current offender; of two, which no action of OCMS leaves, the first by role."""
        in_order = (self.holders[role] for role in sorted(self.holders))
        return next((holder for holder in in_order if holder.is_current), None)

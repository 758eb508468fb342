"""Everything that can be written, as a closed union: one kind of change, one SQL statement."""

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import ShownSuspension, SuspensionRecord


@frozen
class NoticeChanged:
    """
    A notice row changes; a part that is None stays as it is.

    With no part at all only the audit columns are stamped. A `next` without a stage ends the road.
    """

    notice_no: str
    move: StageMove | None = None
    next: NextStage | None = None
    amount_payable: Decimal | None = None
    payment_acceptance_allowed: str | None = None
    suspension: ShownSuspension | None = None

    @property
    def only_touched(self) -> bool:
        """Whether nothing but the audit columns changes."""
        return (
            self.move is None
            and self.suspension is None
            and self.next is None
            and self.amount_payable is None
            and self.payment_acceptance_allowed is None
        )


@frozen
class SuspensionOpened:
    """A suspension gets its record."""

    record: SuspensionRecord

    @property
    def notice_no(self) -> str:
        """The notice it belongs to."""
        return self.record.notice_no


@frozen
class CourtDueDateRecorded:
    """The court case of a notice takes over the notice's due date."""

    notice_no: str
    court_payment_due_date: datetime | None


# In the order they are written: a parent row before its children.
Change: TypeAlias = NoticeChanged | SuspensionOpened | CourtDueDateRecorded

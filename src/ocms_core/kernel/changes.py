"""Everything that can be written, as a closed union: one kind of change, one SQL statement."""

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from ocms_core.kernel.particulars import Address, FurnishDetail, Holder, Person
from ocms_core.kernel.stage_moves import NextStage, StageChange, StageMove
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


@frozen
class StageChangeRecorded:
    """A change of stage gets its record."""

    record: StageChange

    @property
    def notice_no(self) -> str:
        """The notice it belongs to."""
        return self.record.notice_no


@frozen
class AddressCheckSet:
    """Whether MHA and DataHive may be asked for the addresses of a notice's people; `allow` Y or N."""

    notice_no: str
    allow: str


@frozen
class OffenderCleared:
    """Who stands in a role is no longer the current offender; the row is kept (F20)."""

    notice_no: str
    role: str


@frozen
class OffenderSet:
    """A person takes a role and is the current offender; whoever stood in it is overwritten (F20)."""

    notice_no: str
    role: str
    person: Person


@frozen
class OffenderUpdated:
    """Name and contact of the holder of a role change; identity and indicator stay (F40)."""

    notice_no: str
    role: str
    person: Person


@frozen
class AddressFurnished:
    """The furnished mailing address of a role is written; other kinds of address stay (F20)."""

    notice_no: str
    role: str
    address: Address


@frozen
class DetailFurnished:
    """Relationship, rental period and remarks of a role are written (F22)."""

    notice_no: str
    role: str
    detail: FurnishDetail


@frozen
class OffenderHistoryKept:
    """
    An officer's action on the offenders of a notice is kept for good, with what it overwrote.

    `action` is FURNISH, REDIRECT or UPDATE; `former_current` the role that was current before; `former`
    who stood in the role before, None when nobody did. The stages are None where none changed.
    """

    notice_no: str
    role: str
    action: str
    officer: str
    at: datetime
    former_current: str | None = None
    prev_stage: str | None = None
    new_stage: str | None = None
    former: Holder | None = None


# In the order they are written: a parent row before its children.
Change: TypeAlias = (
    NoticeChanged
    | SuspensionOpened
    | CourtDueDateRecorded
    | StageChangeRecorded
    | AddressCheckSet
    | OffenderCleared
    | OffenderSet
    | OffenderUpdated
    | AddressFurnished
    | DetailFurnished
    | OffenderHistoryKept
)

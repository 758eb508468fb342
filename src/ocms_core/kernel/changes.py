"""Everything that can be written, as a closed union; each change is one SQL statement for all its notices."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from attrs import evolve

from ocms_core.kernel import addresses
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person, RoleHolder
from ocms_core.kernel.stage_moves import NextStage, StageChange, StageMove
from ocms_core.kernel.suspensions import ShownSuspension, SuspensionReason, SuspensionRecord
from ocms_core.kernel.value_objects import value_object


@value_object
class NoticeChanged:
    """
    A notice row changes; a part that is None stays as it is.

    With no part at all only the audit columns are stamped. A `next` without a stage: none follows.
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


@value_object
class NoticesChanged:
    """
    Notices change alike and differ in nothing that is written but since when each stood where it did.

    `since` is each notice with the moment it entered the stage it stands in or leaves; `change` is that of
    the first.
    """

    since: tuple[tuple[str, datetime], ...]
    change: NoticeChanged

    def alone(self) -> Iterator[NoticeChanged]:
        """Yield the change of each notice."""
        for notice_no, since in self.since:
            move = self.change.move
            yield evolve(self.change, notice_no=notice_no, move=move and evolve(move, prev_date=since))


@value_object
class NoticesMoved:
    """
    Notices leave one stage for another and differ in nothing that is written but since when they stood there.

    `since` is each notice with the moment it entered `prev_stage`. An `amount_payable` or
    `payment_acceptance_allowed` that is None stays as it is. A `next` without a stage: none follows.
    """

    since: tuple[tuple[str, datetime], ...]
    prev_stage: str
    stage: str
    date: datetime
    next: NextStage
    amount_payable: Decimal | None = None
    payment_acceptance_allowed: str | None = None

    @property
    def notice_no(self) -> str:
        """The notice it belongs to; nothing where it stands for several."""
        return self.since[0][0] if len(self.since) == 1 else ""


@value_object
class SuspensionOpened:
    """A suspension gets its record."""

    record: SuspensionRecord

    @property
    def notice_no(self) -> str:
        """The notice it belongs to."""
        return self.record.notice_no


@value_object
class SuspensionRecordsOpened:
    """
    Notices get suspension records that differ in nothing but notice and number.

    `numbered` is each notice with the number of its record; `record` is that of the first.
    """

    numbered: tuple[tuple[str, int], ...]
    record: SuspensionRecord

    def alone(self) -> Iterator[SuspensionOpened]:
        """Yield the record of each notice."""
        for notice_no, sr_no in self.numbered:
            yield SuspensionOpened(evolve(self.record, notice_no=notice_no, sr_no=sr_no))


@value_object
class SuspensionClosed:
    """The record of one notice's suspension, by its key, is closed; it stands or falls with its notice."""

    notice_no: str
    since: datetime
    sr_no: int
    at: datetime
    reason: str
    officer: str
    remarks: str | None = None


@value_object
class CourtDueDateRecorded:
    """The court case of a notice takes over the notice's due date."""

    notice_no: str
    court_payment_due_date: datetime | None


@value_object
class StageChangeRecorded:
    """A change of stage gets its record; it was called for at `submitted`, and may be dated later (G20)."""

    record: StageChange
    submitted: datetime

    @property
    def notice_no(self) -> str:
        """The notice it belongs to."""
        return self.record.notice_no


@value_object
class AddressCheckSet:
    """Whether MHA and DataHive may be asked for the addresses of a notice's people; `allow` Y or N."""

    notice_no: str
    allow: str


@value_object
class OffenderCleared:
    """Who stands in a role is no longer the current offender; the row is kept (F20)."""

    notice_no: str
    role: str


@value_object
class CurrentOffenderSet:
    """A person takes a role and is the current offender; whoever stood in it is overwritten (F20)."""

    notice_no: str
    role: str
    person: Person


@value_object
class OffenderUpdated:
    """Name and contact of the holder of a role change; identity and indicator stay (F40)."""

    notice_no: str
    role: str
    person: Person


@value_object
class AddressFurnished:
    """The furnished mailing address of a role is written; other kinds of address stay (F20)."""

    notice_no: str
    role: str
    address: MailingAddress


@value_object
class DetailFurnished:
    """Relationship, rental period and remarks of a role are written (F22)."""

    notice_no: str
    role: str
    detail: FurnishDetail


@value_object
class OffenderHistoryKept:
    """
    An officer's action on the offenders of a notice is kept for good, with what it overwrote.

    `action` is FURNISH, REDIRECT, UPDATE or REVERSE; `former_current` the role that was current before;
    `former` who stood in the role before, None when nobody did. The stages are None where none changed.
    """

    notice_no: str
    role: str
    action: str
    officer: str
    at: datetime
    former_current: str | None = None
    prev_stage: str | None = None
    new_stage: str | None = None
    former: RoleHolder | None = None


FormerRow: TypeAlias = Mapping[str, Any]
"""The columns that a row had, by name; moments are those of the tables, in Singapore time without a zone."""


@value_object
class NoticePutBack:
    """A notice row gets back what it had before a change that is taken back (K4)."""

    notice_no: str
    row: FormerRow


@value_object
class OffenderPutBack:
    """The row of a role gets back what it had before a change that is taken back (K4)."""

    notice_no: str
    role: str
    row: FormerRow


@value_object
class OffenderRemoved:
    """The row of a role goes, which was not there before a change that is taken back (K4)."""

    notice_no: str
    role: str


@value_object
class AddressPutBack:
    """The address of a role gets back what it had before a change that is taken back (K4)."""

    notice_no: str
    role: str
    type_of_address: str
    row: FormerRow


@value_object
class AddressRemoved:
    """The address of a role goes, which was not there before a change that is taken back (K4)."""

    notice_no: str
    role: str
    type_of_address: str


@value_object
class DetailRemoved:
    """The furnished details of a role go, which were not there before a change that is taken back (K4)."""

    notice_no: str
    role: str


@value_object
class IdentityPutBack:
    """An identity is on the HST list again, with what it had before it was taken off (K4)."""

    id_no: str
    row: FormerRow


@value_object
class IdentityListed:
    """An identity is put on the HST list."""

    id_no: str
    id_type: str
    name: str
    address: addresses.RegisteredAddress


@value_object
class ListedIdentityChanged:
    """
    An identity on the HST list gets another name and address.

    `date_of_addr_change` is when the address last became another, None when it never has.
    """

    id_no: str
    name: str
    address: addresses.RegisteredAddress
    date_of_addr_change: datetime | None


@value_object
class IdentityRemoved:
    """An identity leaves the HST list."""

    id_no: str


@value_object
class EnquiryWithdrawn:
    """Nobody is to be asked for the address of an identity on account of the HST list any more."""

    id_no: str


@value_object
class SuspensionShownOnNotices:
    """
    Many notice rows show the same suspension from now on, or none; one statement for all of them.

    `next_date` is the new date of the next stage; None leaves it.
    """

    notice_nos: tuple[str, ...]
    suspension: ShownSuspension
    next_date: datetime | None = None


@value_object
class SuspensionsOpened:
    """
    Many notices are suspended for the same reason at the same moment; one statement for all of them.

    `numbered` is each notice with the number of its new record.
    """

    numbered: tuple[tuple[str, int], ...]
    since: datetime
    source: str
    reason: SuspensionReason
    officer: str
    due: datetime
    remarks: str


@value_object
class SuspensionsClosed:
    """Suspension records, each by its key, are closed for the same reason at the same moment."""

    keys: tuple[tuple[str, datetime, int], ...]
    at: datetime
    reason: str
    officer: str
    remarks: str | None = None


@value_object
class OffendersRenamed:
    """An identity gets another name on its offender rows, each by notice and indicator."""

    offenders: tuple[tuple[str, str], ...]
    name: str


@value_object
class FurnishedAddressesWritten:
    """The same furnished address is written for offender rows, each by notice and indicator."""

    offenders: tuple[tuple[str, str], ...]
    address: addresses.RegisteredAddress


@value_object
class AddressAnswered:
    """An address enquiry about an identity on the HST list was answered."""

    answer: addresses.AddressAnswer


@value_object
class EnquirySent:
    """An address enquiry about an identity went out; `system` is MHA or DATAHIVE."""

    id_no: str
    system: str
    at: datetime


@value_object
class FileExchanged:
    """
    A file was exchanged with MHA, known from now on by the SHA-256 of its content.

    One that waits for the files it belongs with, or has no record, is known by that of its name.
    """

    sha256: str
    direction: str
    name: str
    records: int
    at: datetime


# In the order they are written: a parent row before its children.
Change: TypeAlias = (
    NoticeChanged
    | NoticesChanged
    | NoticesMoved
    | SuspensionClosed
    | SuspensionOpened
    | SuspensionRecordsOpened
    | CourtDueDateRecorded
    | StageChangeRecorded
    | AddressCheckSet
    | OffenderCleared
    | CurrentOffenderSet
    | OffenderUpdated
    | AddressFurnished
    | DetailFurnished
    | NoticePutBack
    | OffenderPutBack
    | OffenderRemoved
    | AddressPutBack
    | AddressRemoved
    | DetailRemoved
    | IdentityPutBack
    | OffenderHistoryKept
    | IdentityListed
    | ListedIdentityChanged
    | IdentityRemoved
    | EnquiryWithdrawn
    | SuspensionShownOnNotices
    | SuspensionsClosed
    | SuspensionsOpened
    | OffendersRenamed
    | FurnishedAddressesWritten
    | AddressAnswered
    | EnquirySent
    | FileExchanged
)


def notice_of(change: Change) -> str:
    """Return the notice a change belongs to; nothing for one that stands or falls with its whole call."""
    return getattr(change, "notice_no", "")


def by_notice(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield changes, those of notices that change alike divided: each notice stands or falls for itself."""
    for change in changes:
        if isinstance(change, NoticesMoved):
            for since in change.since:
                yield evolve(change, since=(since,))
        elif isinstance(change, NoticesChanged | SuspensionRecordsOpened):
            yield from change.alone()
        else:
            yield change

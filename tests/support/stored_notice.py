"""One notice in memory: the facts each capability reads of it, and how a decision is written to it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, mutable

from ocms_core.court.facts import CourtFacts, CourtNotice
from ocms_core.hst import renewing
from ocms_core.hst.facts import HstNotice, IdentityFacts, ListedIdentity
from ocms_core.kernel import changes
from ocms_core.kernel.addresses import AddressAnswer, RegisteredAddress
from ocms_core.kernel.offender_details import MailingAddress, RoleHolder, role_order
from ocms_core.kernel.payments import is_fully_paid
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_defaults import SUSPENSION_REASONS
from ocms_core.kernel.stage_moves import StageMove
from ocms_core.kernel.suspensions import (
    HST,
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    Suspensions,
)
from ocms_core.offenders.facts import AssigneeOnHstList, OffenderNotice, PastAssignment
from ocms_core.stages.facts import EntryChange, Period, StageFacts, StageNotice, ToppanFacts
from tests.support.builders import NOW, SINCE
from tests.support.hst_facts import ADDRESS
from tests.support.offender_builders import COMPOSITION, NUMBER, stands
from tests.support.stage_builders import DEFAULTS

REASONS = {SuspensionReason(*pair): days for pair, days in SUSPENSION_REASONS.items()}
REFERENCE = Reference(
    stage_map=DEFAULTS.stage_map,
    parameters=DEFAULTS.parameters,
    days_of_suspension={reason: days for reason, days in REASONS.items() if days is not None},
    suspension_reasons=frozenset(REASONS),
)
NOTHING: frozenset[str] = frozenset()


def listed_identity(
    id_no: str, since: datetime = SINCE, address: RegisteredAddress = ADDRESS
) -> ListedIdentity:
    """Return an identity on the HST list since a moment."""
    return ListedIdentity(id_no, "N", "X", address, since)


@mutable
class StoredNotice:
    """
    A notice as the database has it, and the HST list.

    `row` is what it shows, `records` its open suspension records, `stage_changes` its rows of changed stages,
    `listed` the HST list and `answers` the latest address answers, both by identity.
    """

    stage: str = "CPC"
    row: ShownSuspension = NOT_SUSPENDED
    records: tuple[OpenSuspension, ...] = ()
    crs_reason: str | None = None
    payment_status: str | None = None
    holders: dict[str, RoleHolder] = field(factory=lambda: {"O": stands("O", current=True)})
    listed: dict[str, ListedIdentity] = field(factory=dict)
    now: datetime = NOW
    next_stage: str | None = None
    amount_payable: Any = COMPOSITION
    last_sr_no: int = 0
    hst_expired: bool = False
    stage_date: datetime = SINCE
    accepts_payment: Any = "Y"
    stage_changes: tuple[EntryChange, ...] = ()
    assigned: dict[str, PastAssignment] = field(factory=dict)
    answers: dict[str, AddressAnswer] = field(factory=dict)

    @property
    def suspensions(self) -> Suspensions:
        """All that suspends it."""
        return Suspensions(self.row, self.records, self.last_sr_no, self.crs_reason)

    @property
    def current(self) -> RoleHolder | None:
        """Its current offender, the first by role of two (U7)."""
        return min(
            (holder for holder in self.holders.values() if holder.is_current),
            key=lambda holder: role_order(holder.role),
            default=None,
        )

    @property
    def offender(self) -> str:
        """The identity of its current offender, empty where it has none."""
        current = self.current
        return current.person.id_no if current else ""

    def court_facts(self) -> CourtFacts:
        """Return what the court update reads."""
        found = CourtNotice(
            NUMBER,
            self.stage,
            self.stage_date,
            self.amount_payable,
            self.accepts_payment,
            None,
            suspensions=self.suspensions,
        )
        return CourtFacts(REFERENCE, {NUMBER: found})

    def stage_notice(self, role: str | None) -> StageNotice:
        """Return what every change of stage reads."""
        return StageNotice(
            NUMBER,
            self.stage,
            self.stage_date,
            self.next_stage,
            COMPOSITION,
            role,
            self.suspensions,
            paid=is_fully_paid(self.payment_status),
        )

    def stage_facts(self, changed_in: Period) -> StageFacts:
        """Return what a change of stage reads: whether it has a row of one in a period."""
        since, until = changed_in
        changed = any(since <= each.date < until for each in self.stage_changes)
        current = self.current
        notices = {NUMBER: self.stage_notice(current.role if current else None)}
        return StageFacts(REFERENCE, notices, frozenset({NUMBER}) if changed else NOTHING)

    def toppan_facts(self) -> ToppanFacts:
        """Return what a print run reads: the change row of its entry besides, and nobody's role."""
        present = (self.stage, self.stage_date)
        entry = next((each for each in self.stage_changes if (each.stage, each.date) == present), None)
        notices = {NUMBER: self.stage_notice(None)}
        return ToppanFacts(REFERENCE, notices, {NUMBER: entry} if entry else {})

    def offender_notice(self, id_no: str) -> OffenderNotice:
        """Return what furnish and redirect read, for somebody who is to become the offender."""
        return OffenderNotice(
            NUMBER,
            "SNC7392R",
            self.stage,
            self.stage_date,
            COMPOSITION,
            self.holders,
            self.suspensions,
            AssigneeOnHstList(REFERENCE.days_of_suspension) if id_no in self.listed else None,
            self.assigned,
        )

    def identity_facts(self, id_no: str) -> IdentityFacts:
        """Return what the HST calls and jobs read of an identity."""
        current = self.current
        found = HstNotice(
            NUMBER,
            current.person.id_no if current else "",
            current.role if current else "",
            self.stage,
            self.payment_status,
            self.suspensions,
            hst_expired=self.hst_expired,
        )
        return IdentityFacts(REFERENCE, self.listed, (found,) if found.id_no == id_no else (), self.answers)

    def write(self, decided: Iterable[changes.Change]) -> None:
        """Write the changes of a decision, in their order."""
        for change in changes.by_notice(decided):
            WRITTEN[type(change)](self, change)

    def change_notice(self, change: changes.NoticeChanged) -> None:
        """Write the row of the notice."""
        if change.move:
            self.stage, self.stage_date = change.move.stage, change.move.date
        if change.next:
            self.next_stage = change.next.stage
        if change.suspension:
            self.row = change.suspension
        if change.amount_payable is not None:
            self.amount_payable = change.amount_payable
        if change.payment_acceptance_allowed:
            self.accepts_payment = change.payment_acceptance_allowed

    def move(self, change: changes.NoticesMoved) -> None:
        """Write the row of the notice that moves."""
        move = StageMove(change.prev_stage, change.since[0][1], change.stage, change.date)
        parts = (move, change.next, change.amount_payable, change.payment_acceptance_allowed)
        self.change_notice(changes.NoticeChanged(NUMBER, *parts))

    def open_record(
        self, reason: SuspensionReason, since: datetime, sr_no: int, due: datetime | None
    ) -> None:
        """Open a suspension record."""
        self.records += (OpenSuspension(reason, since, sr_no, due),)
        self.last_sr_no = max(self.last_sr_no, sr_no)
        if reason == HST:
            self.hst_expired = False

    def close_records(self, keys: Iterable[tuple[datetime, int]], reason: str) -> None:
        """Close suspension records by their keys, with the reason of their end."""
        closed = set(keys)
        if any(each.reason == HST and (each.since, each.sr_no) in closed for each in self.records):
            self.hst_expired = reason == renewing.PERIOD_EXPIRED
        self.records = tuple(each for each in self.records if (each.since, each.sr_no) not in closed)

    def show(self, suspension: ShownSuspension) -> None:
        """Write what the row shows."""
        self.row = suspension

    def hold(self, role: str, **parts: Any) -> None:
        """Write parts of who stands in a role."""
        self.holders = self.holders | {role: evolve(self.holders[role], **parts)}

    def rename(self, change: changes.OffendersRenamed) -> None:
        """Write another name of whoever stands in the roles."""
        for _, role in change.offenders:
            self.hold(role, person=evolve(self.holders[role].person, name=change.name))

    def write_address(self, change: changes.FurnishedAddressesWritten) -> None:
        """Write the furnished address of whoever stands in the roles."""
        address = MailingAddress(
            change.address.blk_hse_no,
            change.address.street_name,
            change.address.bldg_name,
            change.address.floor_no,
            change.address.unit_no,
            change.address.postal_code,
        )
        for _, role in change.offenders:
            self.hold(role, address=address)

    def take(self, change: changes.CurrentOffenderSet) -> None:
        """Write a role whole."""
        self.holders = self.holders | {change.role: RoleHolder(change.role, True, change.person)}

    def assign(self, change: changes.OffenderHistoryKept) -> None:
        """Keep what an assignment came to; an update of particulars is none."""
        if change.new_stage:
            assignment = PastAssignment(change.former is None, change.new_stage)
            self.assigned = self.assigned | {change.role: assignment}

    def record_stage_change(self, change: changes.StageChangeRecorded) -> None:
        """Write a row of changed stages."""
        record = change.record
        self.stage_changes += (EntryChange(record.source, record.new_stage, record.date_of_change),)

    def put_on_list(self, id_no: str, address: RegisteredAddress = ADDRESS) -> None:
        """Put an identity on the HST list."""
        self.listed = self.listed | {id_no: listed_identity(id_no, self.now, address)}

    def change_listed(self, change: changes.ListedIdentityChanged) -> None:
        """Write another name and address of a listed identity."""
        changed = evolve(
            self.listed[change.id_no],
            name=change.name,
            address=change.address,
            address_changed_at=change.date_of_addr_change,
        )
        self.listed = self.listed | {change.id_no: changed}

    def take_off_list(self, id_no: str) -> None:
        """Take an identity off the HST list."""
        self.listed = {each: found for each, found in self.listed.items() if each != id_no}

    def ignore(self, _change: Any) -> None:
        """Write nothing: no capability reads it of a notice to decide."""


Writer = Callable[[StoredNotice, Any], None]
WRITTEN: Mapping[type, Writer] = {
    changes.NoticeChanged: StoredNotice.change_notice,
    changes.NoticesMoved: StoredNotice.move,
    changes.SuspensionShownOnNotices: lambda notice, change: notice.show(change.suspension),
    changes.SuspensionOpened: lambda notice, change: notice.open_record(
        change.record.reason, change.record.date_of_suspension, change.record.sr_no, change.record.due
    ),
    changes.SuspensionsOpened: lambda notice, change: notice.open_record(
        change.reason, change.since, change.numbered[0][1], change.due
    ),
    changes.SuspensionClosed: lambda notice, change: notice.close_records(
        [(change.since, change.sr_no)], change.reason
    ),
    changes.SuspensionsClosed: lambda notice, change: notice.close_records(
        [(since, sr_no) for _, since, sr_no in change.keys], change.reason
    ),
    changes.StageChangeRecorded: StoredNotice.record_stage_change,
    changes.OffenderCleared: lambda notice, change: notice.hold(change.role, is_current=False),
    changes.CurrentOffenderSet: StoredNotice.take,
    changes.OffenderUpdated: lambda notice, change: notice.hold(change.role, person=change.person),
    changes.AddressFurnished: lambda notice, change: notice.hold(change.role, address=change.address),
    changes.DetailFurnished: lambda notice, change: notice.hold(change.role, detail=change.detail),
    changes.OffenderHistoryKept: StoredNotice.assign,
    changes.IdentityListed: lambda notice, change: notice.put_on_list(change.id_no, change.address),
    changes.ListedIdentityChanged: StoredNotice.change_listed,
    changes.IdentityRemoved: lambda notice, change: notice.take_off_list(change.id_no),
    changes.AddressCheckSet: StoredNotice.ignore,
    changes.EnquiryWithdrawn: StoredNotice.ignore,
    changes.OffendersRenamed: StoredNotice.rename,
    changes.FurnishedAddressesWritten: StoredNotice.write_address,
}
"""How each kind of change is written; a kind that is not here cannot be written to a notice in memory."""

"""What the HST decisions look at."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from ocms_core.kernel.addresses import Address, AddressAnswer
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import (
    HST,
    PERMANENT,
    TEMPORARY,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
)

CAPABILITY = "hst"
FULLY_PAID = "FP"


@frozen
class ListedIdentity:
    """An identity on the HST list with the name and address the list has of it."""

    id_no: str
    id_type: str
    name: str
    address: Address


@frozen
class HstNotice:
    """
    A notice with its current offender, locked.

    `shown` is the suspension the row shows, `open_records` the records nobody has closed, `last_sr_no` the
    highest number of all its records, 0 when there is none, `crs_reason` the payment that suspends it.
    """

    notice_no: str
    id_no: str
    owner_driver_indicator: str
    stage: str
    payment_status: str | None
    shown: ShownSuspension
    open_records: tuple[OpenSuspension, ...] = ()
    last_sr_no: int = 0
    crs_reason: str | None = None

    @property
    def under_permanent_suspension(self) -> bool:
        """Whether a permanent suspension holds; a paid notice has one."""
        return self.shown.type == PERMANENT or any(
            each.reason.type == PERMANENT for each in self.open_records
        )

    @property
    def under_hst(self) -> bool:
        """Whether TS-HST holds."""
        return (self.shown.type, self.shown.reason) == (HST.type, HST.code) or bool(self.hst_records)

    @property
    def paid(self) -> bool:
        """Whether nothing is left to pay."""
        return self.payment_status == FULLY_PAID

    @property
    def hst_records(self) -> tuple[OpenSuspension, ...]:
        """The open records of TS-HST."""
        return tuple(each for each in self.open_records if each.reason == HST)

    @property
    def other_suspensions(self) -> tuple[OpenSuspension, ...]:
        """
        What keeps the notice suspended beside TS-HST.

        A suspension the row shows without an open record counts too: other systems write rows.
        """
        others = tuple(each for each in self.open_records if each.reason != HST)
        shown = self.shown
        if shown.type != TEMPORARY or not shown.reason or not shown.since:
            return others
        reason = SuspensionReason(shown.type, shown.reason)
        if reason == HST or any(each.reason == reason for each in others):
            return others
        return (*others, OpenSuspension(reason, shown.since, 0, shown.due))


@frozen
class IdentityFacts:
    """Identities under their locks: the listed ones, all their notices in order, the latest answers."""

    reference: Reference
    listed: Mapping[str, ListedIdentity]
    notices: tuple[HstNotice, ...]
    answers: Mapping[str, AddressAnswer]


@frozen
class KnownOffender:
    """What is known of an identity, listed or not; no name and no address when it is unknown."""

    listed: bool
    name: str | None = None
    address: Address | None = None
    notices: int = 0


@frozen
class ListedRow:
    """One row of the HST list as officers see it."""

    identity: ListedIdentity
    created: datetime
    notices: int
    last_check: datetime | None


@frozen
class CheckedIdentity:
    """An identity with its latest answer; `listed` is None once it has been revived."""

    answer: AddressAnswer
    listed: ListedIdentity | None


@frozen
class Standing:
    """How the list stands now, and what the month brought."""

    listed: int
    active_suspensions: int
    new_suspensions: int
    reapplied: int
    notices: int
    identities_suspended: int


@frozen
class Tally:
    """What a job did: how many things went well and how many are left for the next run."""

    done: int = 0
    failed: int = 0

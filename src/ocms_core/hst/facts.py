"""What the HST decisions look at."""

from collections.abc import Mapping
from datetime import datetime

from ocms_core.kernel.addresses import AddressAnswer, RegisteredAddress
from ocms_core.kernel.payments import is_fully_paid
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import NO_SUSPENSIONS, Suspensions
from ocms_core.kernel.value_objects import value_object

CAPABILITY = "hst"


@value_object
class ListedIdentity:
    """
    An identity on the HST list with the name and address the list has of it.

    `address_changed_at` is when an officer last corrected the address, None when nobody has.
    """

    id_no: str
    id_type: str
    name: str
    address: RegisteredAddress
    listed_at: datetime
    address_changed_at: datetime | None = None


@value_object
class HstNotice:
    """
    A notice with its current offender; one that has none, where TS-HST falls due, has an empty identity.

    `hst_expired` is whether the newest of its TS-HST records was closed because its period was over.
    `further_roles` are those the same identity is current in besides, which another system may leave.
    """

    notice_no: str
    id_no: str
    owner_driver_indicator: str
    stage: str
    payment_status: str | None
    suspensions: Suspensions = NO_SUSPENSIONS
    hst_expired: bool = False
    further_roles: tuple[str, ...] = ()
    stage_date: datetime | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role the identity is the current offender in."""
        return (self.owner_driver_indicator, *self.further_roles)

    @property
    def paid(self) -> bool:
        """Whether nothing is left to pay."""
        return is_fully_paid(self.payment_status)


@value_object
class IdentityFacts:
    """
    Identities: the listed ones, all their notices in order, the latest answers.

    They are locked when they are to be decided on.
    """

    reference: Reference
    listed: Mapping[str, ListedIdentity]
    notices: tuple[HstNotice, ...]
    answers: Mapping[str, AddressAnswer]


@value_object
class KnownOffender:
    """What is known of an identity, listed or not; no name and no address when it is unknown."""

    listed: bool
    name: str | None = None
    address: RegisteredAddress | None = None
    notices: int = 0


@value_object
class ListedRow:
    """One row of the HST list as officers see it."""

    identity: ListedIdentity
    notices: int
    last_check: datetime | None


@value_object
class DataHiveAnswers:
    """What DataHive said of a batch and when it came: its answers, and of whom it said the unreadable."""

    answers: tuple[AddressAnswer, ...]
    received_at: datetime
    unreadable: frozenset[str] = frozenset()


@value_object
class UnreportedAnswer:
    """An answer no report has shown yet: about whom, when it was given and when it came in."""

    id_no: str
    answered_at: datetime
    received_at: datetime


@value_object
class CheckedIdentity:
    """An identity with its latest answer; `listed` is None once it has been revived."""

    answer: AddressAnswer
    listed: ListedIdentity | None


@value_object
class Statistics:
    """How the list stands now, and what the month brought."""

    listed: int
    active_suspensions: int
    new_suspensions: int
    reapplied: int
    notices: int
    identities_suspended: int


@value_object
class JobResult:
    """What a job did: how many things went well and how many are left for the next run."""

    done: int = 0
    failed: int = 0

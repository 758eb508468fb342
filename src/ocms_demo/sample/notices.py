"""A sample notice with its people and suspensions, before it becomes rows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import frozen

from ocms_core.kernel.money import money
from ocms_core.kernel.reference_defaults import (
    DEFAULT_STAGE_DAYS,
    SAMPLE_FEES,
    STAGE_DAYS,
    TEMPORARY_DAYS,
)
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_core.kernel.suspensions import PERMANENT, TEMPORARY
from ocms_demo.sample.people import SampleAddress, SamplePerson

OFFICERS = ("USER01", "USER02", "USER03")
FULLY_PAID = "FP"
ADMIN_FEE = SAMPLE_FEES["ADMIN_FEE"]
SURCHARGE = SAMPLE_FEES["SURCHARGE"]
FINAL_REMINDERS = ("RR3", "DR3")


@frozen
class SampleSuspension:
    """One suspension of a notice; it is open until it has a `revived_at`."""

    type: str
    reason: str
    since: datetime
    source: str = "OCMS"
    officer: str = "USER01"
    remarks: str | None = None
    revived_at: datetime | None = None
    revival_reason: str | None = None
    revival_remarks: str | None = None

    @property
    def due(self) -> datetime | None:
        """The moment it is to be revived: after the days of its reason; None when permanent."""
        return self.since + timedelta(TEMPORARY_DAYS[self.reason]) if self.type == TEMPORARY else None


@frozen
class SampleFurnishing:
    """The relationship and rental period of somebody furnished."""

    relationship: str
    rental_from: date
    rental_to: date


@frozen
class SampleOffender:
    """
    Somebody a notice knows: `role` O, H, D or R.

    `addresses` holds each type of address with its place and since when it is in force.
    """

    role: str
    person: SamplePerson
    current: bool
    addresses: tuple[tuple[str, SampleAddress, datetime], ...] = ()
    furnishing: SampleFurnishing | None = None


@frozen
class SampleStageChange:
    """The officer's or PLUS's change that brought a notice into its present stage."""

    reason: str
    officer: str
    source: str = "OCMS"
    remarks: str | None = None


@frozen
class SampleNotice:
    """
    A notice as it stands: `stages` are the one before the present (if any) and the present.

    Each stage comes with the moment it was entered. `composition` is in dollars, `paid_share` the part
    of the amount payable that has been paid and kept.
    """

    notice_no: str
    vehicle_no: str
    offence_at: datetime
    stages: tuple[tuple[str, datetime], ...]
    next_stage: str | None
    composition: Decimal
    payment: str
    paid_share: Decimal
    due: datetime | None
    offence_notice_type: str = "O"
    offence_type: str = "SP"
    rule_code: int = 10300
    vehicle_category: str = "C"
    vehicle_registration_type: str = "S"
    car_park: tuple[str, str] = ("X0001", "EXAMPLE STREET CAR PARK")
    payment_allowed: bool = True
    issuer: str = "004"
    vip: bool = False
    offenders: tuple[SampleOffender, ...] = ()
    suspensions: tuple[SampleSuspension, ...] = ()
    change: SampleStageChange | None = None
    has_court_case: bool = False
    delivered: bool = True

    @property
    def stage(self) -> str:
        """The current stage."""
        return self.stages[-1][0]

    @property
    def stage_date(self) -> datetime:
        """The moment it entered that stage."""
        return self.stages[-1][1]

    @property
    def next_date(self) -> datetime | None:
        """The moment the next stage is due: the days of this one later, at midnight (S22)."""
        if self.next_stage is None:
            return None
        return midnight(self.stage_date) + timedelta(STAGE_DAYS.get(self.stage, DEFAULT_STAGE_DAYS))

    @property
    def admin_fee(self) -> Decimal | None:
        """The administration fee, which the final reminders cost (S40)."""
        return ADMIN_FEE if self.stage in FINAL_REMINDERS else None

    @property
    def surcharge(self) -> Decimal | None:
        """The surcharge of going to court, kept through the court's own stages (S40, P24)."""
        return None if self.stage in BEFORE_COURT else SURCHARGE

    @property
    def payable(self) -> Decimal:
        """The whole amount to be paid."""
        return self.composition + (self.admin_fee or 0) + (self.surcharge or 0)

    @property
    def amount_paid(self) -> Decimal:
        """The amount paid and kept, in whole cents."""
        return money(self.payable * self.paid_share)


@frozen
class SampleState:
    """The suspensions the notice row shows: the payment's own, and any other."""

    type: str | None
    crs: SampleSuspension | None
    epr: SampleSuspension | None


def shown(suspensions: Iterable[SampleSuspension]) -> SampleState:
    """
    Return what a notice row shows: permanent before temporary suspensions, of those the latest due (H5, H9).

    A payment shows in the `crs_*` columns, everything else in the `epr_*` ones.
    """
    still_open = [each for each in suspensions if each.revived_at is None]
    permanent = [each for each in still_open if each.type == PERMANENT]
    crs = next((each for each in permanent if each.reason == FULLY_PAID), None)
    epr = next((each for each in permanent if each.reason != FULLY_PAID), None)
    if permanent:
        return SampleState(PERMANENT, crs, epr)
    latest = max(still_open, key=lambda each: each.due or each.since, default=None)
    return SampleState(latest.type if latest else None, None, latest)


def midnight(moment: datetime) -> datetime:
    """Return the beginning of a moment's day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)

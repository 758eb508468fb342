"""Suspensions: what the notice row shows and the record behind it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen

from ocms_core.kernel.dates import LONGEST_DAYS
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

PERMANENT = "PS"
TEMPORARY = "TS"
SUSPENSION_TYPES: frozenset[str] = frozenset({PERMANENT, TEMPORARY})


@value_object
class SuspensionReason:
    """Why a notice is suspended: `type` PS or TS, `code` the three-letter reason."""

    type: str
    code: str

    def __str__(self) -> str:
        """Write type and reason as one word, such as `PS-WWP`."""
        return f"{self.type}-{self.code}"


HST = SuspensionReason(TEMPORARY, "HST")

CHANGE_OF_REASON = "CSR"
"""The code of revival of a record that another type or reason takes the place of (P24)."""

# A suspension named here is lifted by one capability alone; no payment, stage move or other lifts it.
LIFTED_ONLY_BY: Mapping[SuspensionReason, str] = {HST: "hst"}


@value_object
class ShownSuspension:
    """The suspension as the notice row shows it; `due` is when a temporary one is to be revived."""

    type: str | None
    reason: str | None
    since: datetime | None
    due: datetime | None


NOT_SUSPENDED = ShownSuspension(type=None, reason=None, since=None, due=None)


@value_object
class OpenSuspension:
    """A suspension nobody has lifted yet; with the notice, `since` and `sr_no` are the key of its record."""

    reason: SuspensionReason
    since: datetime
    sr_no: int
    due: datetime | None


@value_object
class SuspensionRecord:
    """One row of `ocms_suspended_notice`: who suspended a notice, when, why and until when."""

    notice_no: str
    date_of_suspension: datetime
    sr_no: int
    source: str
    reason: SuspensionReason
    officer: str
    due: datetime | None = None
    remarks: str | None = None


# Hashed once: what is decided for all notices that are suspended alike is looked up by it.
@frozen(cache_hash=True)
class Suspensions:
    """
    All that suspends one notice.

    `shown` is what its row shows, `open_records` the records nobody has closed, `last_sr_no` the highest
    number of all its records, 0 when there is none, `crs_reason` the payment that has closed the notice.
    """

    shown: ShownSuspension = NOT_SUSPENDED
    open_records: tuple[OpenSuspension, ...] = ()
    last_sr_no: int = 0
    crs_reason: str | None = None

    @property
    def permanent(self) -> bool:
        """Whether a permanent suspension holds: of the row, of a record or by a payment (U3)."""
        return shown_suspension(self).type == PERMANENT

    @property
    def hst_records(self) -> tuple[OpenSuspension, ...]:
        """The open records of TS-HST."""
        return self.records_of(HST)

    @property
    def under_hst(self) -> bool:
        """Whether TS-HST holds, by a record or on the row alone."""
        return shows(self.shown, HST) or bool(self.hst_records)

    def records_of(self, reason: SuspensionReason) -> tuple[OpenSuspension, ...]:
        """Return the open records of a type and reason."""
        return tuple(each for each in self.open_records if each.reason == reason)

    def without(self, reason: SuspensionReason) -> "Suspensions":
        """Return what suspends the notice once a type and reason is lifted, record and row alike."""
        left = tuple(each for each in self.open_records if each.reason != reason)
        row = NOT_SUSPENDED if shows(self.shown, reason) else self.shown
        return Suspensions(row, left, self.last_sr_no, self.crs_reason)

    def beside(self, record: OpenSuspension) -> "Suspensions":
        """Return what suspends the notice once a record is opened."""
        return Suspensions(
            self.shown,
            (*self.open_records, record),
            max(self.last_sr_no, record.sr_no),
            self.crs_reason,
        )


NO_SUSPENSIONS = Suspensions()
PAID = ShownSuspension(type=PERMANENT, reason=None, since=None, due=None)


def shows(shown: ShownSuspension, reason: SuspensionReason) -> bool:
    """Return whether a row shows a type and reason."""
    return shown.type == reason.type and shown.reason == reason.code


def due_of_revival(
    reason: SuspensionReason, now: datetime, days: Mapping[SuspensionReason, int]
) -> datetime | None:
    """Return when a suspension ends by itself: after the days of its reason; None where it has none."""
    known = days.get(reason)
    return None if known is None else now + timedelta(days=min(known, LONGEST_DAYS))


@rule("U1", "U3", "H5")
def shown_suspension(suspensions: Suspensions) -> ShownSuspension:
    """
    Return the one suspension a notice row shows: permanent before temporary, newest PS, last due TS (U1).

    Whoever writes a row writes this, and whoever is kept off by a permanent suspension looks at this. A
    suspension that stands on the row alone counts as one of its type: another system, CAS without a reason
    or a payment leaves no record. A payment is permanent whatever the records say.
    """
    row, records = suspensions.shown, suspensions.open_records
    if not records:
        return PAID if suspensions.crs_reason and row.type != PERMANENT else row
    alone = on_row_alone(suspensions)
    permanent = [each for each in (*records, *alone) if each.reason.type == PERMANENT]
    if any(each.reason.type == PERMANENT for each in records):
        return shown_as(max(permanent, key=lambda each: (each.since, each.sr_no)))
    if row.type == PERMANENT:
        return row
    return PAID if suspensions.crs_reason else shown_as(max((*records, *alone), key=end_of))


def on_row_alone(suspensions: Suspensions) -> tuple[OpenSuspension, ...]:
    """Return the suspension that the row shows with its reason and that no open record is of, if any."""
    row = suspensions.shown
    if not row.type or not row.reason or not row.since:
        return ()
    reason = SuspensionReason(row.type, row.reason)
    return () if suspensions.records_of(reason) else (OpenSuspension(reason, row.since, 0, row.due),)


def shown_as(record: OpenSuspension) -> ShownSuspension:
    """Return a record as a notice row shows it."""
    return ShownSuspension(record.reason.type, record.reason.code, record.since, record.due)


def end_of(record: OpenSuspension) -> tuple[bool, datetime, datetime, int]:
    """Order records by the day they end; one without an end is last, then the newer one."""
    return (record.due is None, record.due or record.since, record.since, record.sr_no)


@rule("H9")
def may_lift(capability: str, reason: SuspensionReason) -> bool:
    """Return whether a capability may lift a suspension: TS-HST only HST may, a payment leaves it open."""
    return LIFTED_ONLY_BY.get(reason, capability) == capability

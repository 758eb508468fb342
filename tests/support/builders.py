"""Test data: each builder returns a valid value, and takes by keyword what a test wants different."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import evolve

from ocms_core.court.facts import CourtFacts, CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.kernel import reference_defaults
from ocms_core.kernel.dated_values import DatedValues
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import OpenSuspension, ShownSuspension, SuspensionReason, Suspensions

REQUEST_ID = "550e8400-e29b-41d4-a716-446655440000"

# NPA stands only on the left of a move, CWT only on the right.
STAGE_MAP = frozenset(
    {
        ("NPA", "ROV"),
        ("ROV", "RD1"),
        ("RR3", "CPC"),
        ("RR3", "CFC"),
        ("CPC", "CSD"),
        ("CPC", "RR3"),
        ("CSD", "CSR"),
        ("CSR", "WAR"),
        ("WAR", "CWT"),
    }
)


def at(text: str) -> datetime:
    """Read a moment of Singapore time."""
    return datetime.fromisoformat(text).replace(tzinfo=SINGAPORE)


NOW = at("2025-01-14T11:00:00")
LATER = at("2025-01-15T11:00:00")
SINCE = at("2024-12-01T09:00:00")
DUE = at("2025-02-14T00:00:00")
DOLLARS = Decimal("150.00")
UNSUSPENDED = ShownSuspension(type=None, reason=None, since=None, due=None)
WWP = SuspensionReason("PS", "WWP")
OTH = SuspensionReason("PS", "OTH")
HST = SuspensionReason("TS", "HST")
SUSPENSION_REASONS = frozenset(SuspensionReason(*pair) for pair in reference_defaults.SUSPENSION_REASONS)


def body(notices: Any = ({"noticeNo": "1234567890"},), **fields: Any) -> dict[str, Any]:
    """Build the body of a call of contract 1; a sequence of notices becomes its array."""
    array = list(notices) if isinstance(notices, tuple) else notices
    return {
        "requestId": REQUEST_ID,
        "requestTimestamp": "2025-01-14T10:30:00+08:00",
        "notices": array,
    } | fields


def numbers(count: int) -> tuple[dict[str, Any], ...]:
    """Build so many notices of a body, each with a number of its own."""
    return tuple({"noticeNo": f"{number:010}"} for number in range(count))


def reference(
    *,
    stage_map: Iterable[tuple[str, str]] = STAGE_MAP,
    parameters: Mapping[tuple[str, str], str] | None = None,
    days_of_suspension: Mapping[SuspensionReason, int] | None = None,
    suspension_reasons: Iterable[SuspensionReason] = SUSPENSION_REASONS,
) -> Reference:
    """Build reference data; only TS-HST has days until revival, thirty of them."""
    return Reference(
        stage_map=frozenset(stage_map),
        parameters=parameters or {},
        days_of_suspension={HST: 30} if days_of_suspension is None else days_of_suspension,
        suspension_reasons=frozenset(suspension_reasons),
    )


def with_dated(always: Reference, **dated: Any) -> Reference:
    """Build reference data with values that hold from a day on beside those that always hold."""
    return evolve(always, dated=DatedValues(**dated))


def shown(
    kind: str | None, reason: str | None, since: datetime | None = SINCE, due: datetime | None = None
) -> ShownSuspension:
    """Build a suspension as the notice row shows it."""
    return ShownSuspension(type=kind, reason=reason, since=since, due=due)


def notice(
    notice_no: str,
    *,
    stage: str = "CPC",
    stage_date: datetime = SINCE,
    suspension: ShownSuspension = UNSUSPENDED,
    amount_payable: Decimal | None = DOLLARS,
    payment_acceptance_allowed: str = "Y",
    payment_due_date: datetime | None = DUE,
    open_suspensions: Iterable[SuspensionReason | OpenSuspension] = (),
    last_sr_no: int = 0,
    crs_reason: str | None = None,
    dayend: bool | None = None,
) -> CourtNotice:
    """Build a notice as the court update finds it: in court, not suspended, due in a month."""
    return CourtNotice(
        notice_no=notice_no,
        stage=stage,
        stage_date=stage_date,
        amount_payable=amount_payable,
        payment_acceptance_allowed=payment_acceptance_allowed,
        payment_due_date=payment_due_date,
        suspensions=Suspensions(suspension, open_records(open_suspensions), last_sr_no, crs_reason),
        dayend=dayend,
    )


def open_records(found: Iterable[SuspensionReason | OpenSuspension]) -> tuple[OpenSuspension, ...]:
    """Build open suspension records; of a reason alone, one of `SINCE` that has the next number."""
    return tuple(
        each if isinstance(each, OpenSuspension) else OpenSuspension(each, SINCE, place, None)
        for place, each in enumerate(found, 1)
    )


def court_facts(*notices: CourtNotice, reference_data: Reference | None = None) -> CourtFacts:
    """Build the facts of a court update from its notices."""
    return CourtFacts(
        reference=reference_data or reference(),
        notices={found.notice_no: found for found in notices},
    )


def payment(
    notice_no: str,
    *,
    payment_status: str | None = "PP",
    amount_payable: Decimal | None = DOLLARS,
    amount_paid: Decimal | None = Decimal("0.00"),
    payment_acceptance_allowed: str = "Y",
    suspension_type: str | None = None,
    crs_reason: str | None = None,
    epr_reason: str | None = None,
) -> NoticePaymentStatus:
    """Build what a notice row says about its payment."""
    return NoticePaymentStatus(
        notice_no=notice_no,
        payment_status=payment_status,
        amount_payable=amount_payable,
        amount_paid=amount_paid,
        payment_acceptance_allowed=payment_acceptance_allowed,
        suspension_type=suspension_type,
        crs_reason=crs_reason,
        epr_reason=epr_reason,
    )


def plus_notice(
    notice_no: str,
    *,
    payment_due_date: datetime | None = DUE,
    payment_acceptance_allowed: str = "Y",
    amount_payable: Decimal | None = DOLLARS,
    has_court_case: bool = False,
    court_payment_due_date: datetime | None = None,
) -> PlusNotice:
    """Build a notice as PLUS sees it, of which no court case has recorded anything yet."""
    return PlusNotice(
        notice_no=notice_no,
        payment_due_date=payment_due_date,
        payment_acceptance_allowed=payment_acceptance_allowed,
        amount_payable=amount_payable,
        has_court_case=has_court_case,
        court_payment_due_date=court_payment_due_date,
    )


def plus_notices(notices: Sequence[PlusNotice]) -> dict[str, PlusNotice]:
    """Order notices by number, as a reader gives them."""
    return {found.notice_no: found for found in notices}

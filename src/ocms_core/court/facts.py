"""What the court and payment decisions look at."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ocms_core.kernel.reference import Reference
from ocms_core.kernel.suspensions import NO_SUSPENSIONS, Suspensions
from ocms_core.kernel.value_objects import value_object

# APIs 1 and 4 read rows by the hundred: a named tuple is made in a fifth of the time of an attrs object.


class NoticePaymentStatus(NamedTuple):
    """What a notice row says about its payment and suspension (API 1)."""

    notice_no: str
    payment_status: str | None
    amount_payable: Decimal | None
    amount_paid: Decimal | None
    payment_acceptance_allowed: str
    suspension_type: str | None
    crs_reason: str | None
    epr_reason: str | None


@value_object
class CourtNotice:
    """
    A notice as the court update finds it, locked (API 2).

    `dayend` is whether its day-end flag says that it is in court; None where the deployment goes by stages.
    """

    notice_no: str
    stage: str
    stage_date: datetime
    amount_payable: Decimal | None
    payment_acceptance_allowed: str
    payment_due_date: datetime | None
    suspensions: Suspensions = NO_SUSPENSIONS
    dayend: bool | None = None


@value_object
class CourtFacts:
    """The notices of one court update by number, and the reference data they are judged by."""

    reference: Reference
    notices: Mapping[str, CourtNotice]


class PlusNotice(NamedTuple):
    """A notice as PLUS sees it, and what its court case has recorded of it (API 4)."""

    notice_no: str
    payment_due_date: datetime | None
    payment_acceptance_allowed: str
    amount_payable: Decimal | None
    has_court_case: bool
    court_payment_due_date: datetime | None

"""Suspensions: what the notice row shows and the record behind it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

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


def due_of_revival(
    reason: SuspensionReason, now: datetime, days: Mapping[SuspensionReason, int]
) -> datetime | None:
    """Return when a suspension ends by itself: after the days of its reason; None where it has none."""
    known = days.get(reason)
    return None if known is None else now + timedelta(days=known)


@rule("H5")
def shown_of(suspensions: Iterable[OpenSuspension]) -> ShownSuspension:
    """Return the open temporary suspension due last, which a notice shows; without an end is last."""
    temporary = [each for each in suspensions if each.reason.type == TEMPORARY]
    if not temporary:
        return NOT_SUSPENDED
    last = max(temporary, key=lambda each: (each.due is None, each.due or each.since, each.since, each.sr_no))
    return ShownSuspension(last.reason.type, last.reason.code, last.since, last.due)


@rule("H9")
def may_lift(capability: str, reason: SuspensionReason) -> bool:
    """Return whether a capability may lift a suspension: TS-HST only HST may, a payment leaves it open."""
    return LIFTED_ONLY_BY.get(reason, capability) == capability

"""Suspensions: what the notice row shows and the record behind it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen

PERMANENT = "PS"
TEMPORARY = "TS"
SUSPENSION_TYPES: frozenset[str] = frozenset({PERMANENT, TEMPORARY})


@frozen
class SuspensionReason:
    """Why a notice is suspended: `type` PS or TS, `code` the three-letter reason."""

    type: str
    code: str

    def __str__(self) -> str:
        """Write type and reason as one word, such as `PS-WWP`."""
        return f"{self.type}-{self.code}"


@frozen
class ShownSuspension:
    """The suspension as the notice row shows it; `due` is when a temporary one is to be revived."""

    type: str | None
    reason: str | None
    since: datetime | None
    due: datetime | None


@frozen
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
    """Tell when a suspension ends by itself: after the days of its reason, never when it has none."""
    known = days.get(reason)
    return None if known is None else now + timedelta(days=known)

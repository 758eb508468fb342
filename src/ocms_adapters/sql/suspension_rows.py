"""Suspensions as the rows of several tables hold them."""

from datetime import datetime

from ocms_adapters.sql.moments import singapore_or_none
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.suspensions import NOT_SUSPENDED, OpenSuspension, ShownSuspension, SuspensionReason


def shown_suspension(
    kind: str | None, reason: str | None, since: datetime | None, due: datetime | None
) -> ShownSuspension:
    """Return the suspension a notice row shows."""
    if kind is None:
        return NOT_SUSPENDED
    return ShownSuspension(kind, reason, singapore_or_none(since), singapore_or_none(due))


def open_suspension(
    kind: str, reason: str, since: datetime, sr_no: int, due: datetime | None
) -> OpenSuspension:
    """Return a suspension record that nobody has closed."""
    return OpenSuspension(SuspensionReason(kind, reason), singapore(since), sr_no, singapore_or_none(due))

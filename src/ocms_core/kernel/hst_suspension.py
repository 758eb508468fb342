"""TS-HST as it is put on a notice, by whatever makes the notice one of a listed identity (H20)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import (
    HST,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    Suspensions,
    due_of_revival,
    shown_suspension,
)

SOURCE = "OCMS"
REMARK = "HST Suspension - Address invalid"
DEFAULT_DAYS = timedelta(days=30)
REDIRECTED = "RDN"
"""The code of revival where a notice leaves the identity on the HST list (H10)."""


@rule("H20")
def hst_due(now: datetime, days: Mapping[SuspensionReason, int]) -> datetime:
    """Return when TS-HST falls due: after the days of the reason table, thirty where it has none (H20)."""
    return due_of_revival(HST, now, days) or now + DEFAULT_DAYS


@rule("H5", "U1")
def shown_with_hst(suspensions: Suspensions, hst: OpenSuspension) -> ShownSuspension:
    """Return what a row shows with TS-HST opened, in place of an earlier TS-HST if there is one (H5, U1)."""
    return shown_suspension(suspensions.without(HST).beside(hst))


@rule("H20")
def put_under_hst(
    notice_no: str,
    suspensions: Suspensions,
    officer: str,
    now: datetime,
    days: Mapping[SuspensionReason, int],
) -> tuple[SuspensionRecord, ShownSuspension]:
    """Return the next record of a notice for TS-HST, and what its row then shows (H20)."""
    due, sr_no = hst_due(now, days), suspensions.last_sr_no + 1
    record = SuspensionRecord(notice_no, now, sr_no, SOURCE, HST, officer, due, REMARK)
    return record, shown_with_hst(suspensions, OpenSuspension(HST, now, sr_no, due))

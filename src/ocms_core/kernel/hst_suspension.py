"""TS-HST as it is put on a notice, by whatever makes the notice one of a listed identity (H20)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import (
    HST,
    NOT_SUSPENDED,
    PERMANENT,
    TEMPORARY,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    SuspensionRecord,
    due_of_revival,
    shown_of,
)
from ocms_core.kernel.value_objects import value_object

SOURCE = "OCMS"
REMARK = "HST Suspension - Address invalid"
DEFAULT_DAYS = timedelta(days=30)


@value_object
class Suspensions:
    """
    All that suspends one notice.

    `shown` is what its row shows, `open_records` the records nobody has closed, `last_sr_no` the highest
    number of all its records, 0 when there is none.
    """

    shown: ShownSuspension = NOT_SUSPENDED
    open_records: tuple[OpenSuspension, ...] = ()
    last_sr_no: int = 0

    @property
    def shows_permanent(self) -> bool:
        """Whether the row shows a permanent suspension; that of a paid notice does."""
        return self.shown.type == PERMANENT

    @property
    def permanent(self) -> bool:
        """Whether a permanent suspension holds, on the row or in a record the row does not show."""
        return self.shows_permanent or any(each.reason.type == PERMANENT for each in self.open_records)

    @property
    def hst_records(self) -> tuple[OpenSuspension, ...]:
        """The open records of TS-HST."""
        return tuple(each for each in self.open_records if each.reason == HST)

    @property
    def under_hst(self) -> bool:
        """Whether TS-HST holds."""
        return (self.shown.type, self.shown.reason) == (HST.type, HST.code) or bool(self.hst_records)

    @property
    def beside_hst(self) -> tuple[OpenSuspension, ...]:
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


NO_SUSPENSIONS = Suspensions()


@rule("H20")
def hst_due(now: datetime, days: Mapping[SuspensionReason, int]) -> datetime:
    """Return when TS-HST falls due: after the days of the reason table, thirty where it has none (H20)."""
    return due_of_revival(HST, now, days) or now + DEFAULT_DAYS


@rule("H5")
def shown_with_hst(suspensions: Suspensions, hst: OpenSuspension) -> ShownSuspension:
    """Return what a row shows with TS-HST added: TS-HST, unless another suspension is due later (H5)."""
    return shown_of((*suspensions.beside_hst, hst))


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

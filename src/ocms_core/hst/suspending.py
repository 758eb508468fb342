"""What putting notices under TS-HST and lifting it do to their rows and records."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ocms_core.hst.facts import CAPABILITY, HstNotice
from ocms_core.kernel.changes import (
    Change,
    NoticeChanged,
    SuspensionsClosed,
    SuspensionShownOnNotices,
    SuspensionsOpened,
)
from ocms_core.kernel.hst_suspension import REMARK, SOURCE, hst_due, shown_with_hst
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import (
    HST,
    NO_SUSPENSIONS,
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    may_lift,
    shown_suspension,
)

AUTOMATIC_OFFICER = "ocmsiz_app_conn"
NEXT_STAGE_AFTER = timedelta(days=2)


@rule("H20", "H21")
def suspension_changes(
    notices: Iterable[HstNotice], reference: Reference, officer: str, now: datetime
) -> Iterator[Change]:
    """Open the next record of each notice; its row shows TS-HST unless another suspension is due later."""
    notices = tuple(notices)
    if not notices:
        return
    due = hst_due(now, reference.days_of_suspension)
    numbered = tuple((notice.notice_no, notice.suspensions.last_sr_no + 1) for notice in notices)
    yield SuspensionsOpened(numbered, now, SOURCE, HST, officer, due, REMARK)
    alone = ShownSuspension(HST.type, HST.code, now, due)
    yield from shown_suspension_changes(
        (
            # Nearly always no other suspension is open, and one identity may have ten thousand notices.
            (notice, alone)
            if is_plain(notice)
            else (notice, shown_with_hst(notice.suspensions, OpenSuspension(HST, now, sr_no, due)))
            for notice, (_, sr_no) in zip(notices, numbered, strict=True)
        ),
        uniform=alone,
    )


def is_plain(notice: HstNotice) -> bool:
    """Return whether nothing stands beside TS-HST that a row might show instead."""
    suspensions = notice.suspensions
    return (
        not suspensions.open_records
        and suspensions.shown == NO_SUSPENSIONS.shown
        and suspensions.crs_reason is None
    )


@rule("H7", "H31", "U1")
def lifting_changes(
    notices: Iterable[HstNotice], reason: str, officer: str, now: datetime, remarks: str | None = None
) -> Iterator[Change]:
    """
    Close every open TS-HST record; the row shows what is left, a permanent suspension first (H7, U1).

    A notice that is no longer suspended goes on to its next stage in two days (H7).
    """
    notices = tuple(notices)
    yield from closing_changes(notices, reason, officer, now, remarks)
    yield from shown_suspension_changes(
        ((notice, shown_suspension(notice.suspensions.without(HST))) for notice in notices),
        uniform=NOT_SUSPENDED,
        next_date=now + NEXT_STAGE_AFTER,
    )


def closing_changes(
    notices: Iterable[HstNotice], reason: str, officer: str, now: datetime, remarks: str | None = None
) -> Iterator[Change]:
    """Close the open TS-HST records of notices."""
    keys = tuple(
        (notice.notice_no, record.since, record.sr_no)
        for notice in notices
        for record in notice.suspensions.hst_records
        if may_lift(CAPABILITY, record.reason)
    )
    if keys:
        yield SuspensionsClosed(keys, now, reason, officer, remarks)


def shown_suspension_changes(
    notices: Iterable[tuple[HstNotice, ShownSuspension]],
    *,
    uniform: ShownSuspension,
    next_date: datetime | None = None,
) -> Iterator[Change]:
    """Write what rows show: those that show `uniform` together, with `next_date`, others one by one."""
    alike: list[str] = []
    for notice, shown in notices:
        if shown is uniform or shown == uniform:
            alike.append(notice.notice_no)
        elif shown != notice.suspensions.shown:
            yield NoticeChanged(notice.notice_no, suspension=shown)
    if alike:
        yield SuspensionShownOnNotices(tuple(alike), uniform, next_date)

"""What putting notices under TS-HST and lifting it do to their rows and records."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache

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
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    Suspensions,
    may_lift,
    shown_suspension,
)

AUTOMATIC_OFFICER = "ocmsiz_app_conn"
NEXT_STAGE_AFTER = timedelta(days=2)


@rule("H20", "H21")
def suspension_changes(
    notices: Iterable[HstNotice], reference: Reference, officer: str, now: datetime
) -> Iterator[Change]:
    """
    Open the next record of each notice; its row shows TS-HST unless another suspension is due later.

    What it shows is decided once for all that are suspended alike: one identity may have ten thousand.
    """
    notices = tuple(notices)
    if not notices:
        return
    due = hst_due(now, reference.days_of_suspension)
    numbered = tuple([(notice.notice_no, notice.suspensions.last_sr_no + 1) for notice in notices])
    yield SuspensionsOpened(numbered, now, SOURCE, HST, officer, due, REMARK)

    def shown_of(suspensions: Suspensions) -> ShownSuspension:
        return shown_with_hst(suspensions, OpenSuspension(HST, now, suspensions.last_sr_no + 1, due))

    alone = ShownSuspension(HST.type, HST.code, now, due)
    yield from shown_suspension_changes(notices, shown_of, uniform=alone)


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
        notices,
        lambda suspensions: shown_suspension(suspensions.without(HST)),
        uniform=NOT_SUSPENDED,
        next_date=now + NEXT_STAGE_AFTER,
    )


def closing_changes(
    notices: Iterable[HstNotice], reason: str, officer: str, now: datetime, remarks: str | None = None
) -> Iterator[Change]:
    """Close the open TS-HST records of notices."""
    records_of: Callable[[Suspensions], tuple[OpenSuspension, ...]] = cache(lifted_records)
    keys = tuple(
        [
            (notice.notice_no, record.since, record.sr_no)
            for notice in notices
            for record in records_of(notice.suspensions)
        ]
    )
    if keys:
        yield SuspensionsClosed(keys, now, reason, officer, remarks)


def lifted_records(suspensions: Suspensions) -> tuple[OpenSuspension, ...]:
    """Return the open TS-HST records, which HST may lift."""
    return tuple(each for each in suspensions.hst_records if may_lift(CAPABILITY, each.reason))


def shown_suspension_changes(
    notices: Iterable[HstNotice],
    shown_of: Callable[[Suspensions], ShownSuspension],
    *,
    uniform: ShownSuspension,
    next_date: datetime | None = None,
) -> Iterator[Change]:
    """Write what rows show: those that show `uniform` together, with `next_date`, others one by one."""

    @cache
    def change(suspensions: Suspensions) -> ShownSuspension | None:
        shown = shown_of(suspensions)
        return shown if shown == uniform or shown != suspensions.shown else None

    alike: list[str] = []
    for notice in notices:
        shown = change(notice.suspensions)
        if shown == uniform:
            alike.append(notice.notice_no)
        elif shown:
            yield NoticeChanged(notice.notice_no, suspension=shown)
    if alike:
        yield SuspensionShownOnNotices(tuple(alike), uniform, next_date)

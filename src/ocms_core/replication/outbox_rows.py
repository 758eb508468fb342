"""The outbox rows of each kind of change, one table."""

from collections.abc import Callable, Mapping
from typing import Any

from ocms_core.kernel.changes import (
    Change,
    CurrentOffenderSet,
    NoticeChanged,
    NoticePutBack,
    NoticesChanged,
    NoticesMoved,
    OffenderCleared,
    OffenderPutBack,
    OffenderRemoved,
    OffendersRenamed,
    OffenderUpdated,
    SuspensionShownOnNotices,
)
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

NOTICE = "NOTICE"
OFFENDER = "OFFENDER"


@value_object
class OutboxRow:
    """A row to be replicated; its present state is read when it is delivered."""

    kind: str
    notice_no: str
    owner_driver_indicator: str | None = None


@value_object
class OutboxRows:
    """Many rows of one kind to be replicated, each by notice and indicator."""

    kind: str
    rows: tuple[tuple[str, str | None], ...]


@rule("G12", "F60")
def outbox_rows(change: Change) -> OutboxRow | OutboxRows | None:
    """Return the outbox rows of a change that the public e-service can see; None for audit columns alone."""
    rows_of = REPLICATED_CHANGES.get(type(change))
    return rows_of and rows_of(change)


def notice(change: NoticeChanged) -> OutboxRow | None:
    """Return the outbox row of a notice, unless only its audit columns were touched."""
    return None if change.only_touched else OutboxRow(NOTICE, change.notice_no)


def notices(change: NoticesChanged | NoticesMoved) -> OutboxRows | None:
    """Return the outbox rows of notices that change alike, unless only their audit columns were touched."""
    if isinstance(change, NoticesChanged) and change.change.only_touched:
        return None
    return OutboxRows(NOTICE, tuple([(notice_no, None) for notice_no, _ in change.since]))


def offender(
    change: OffenderCleared | CurrentOffenderSet | OffenderUpdated | OffenderPutBack | OffenderRemoved,
) -> OutboxRow:
    """Return the outbox row of a role."""
    return OutboxRow(OFFENDER, change.notice_no, change.role)


REPLICATED_CHANGES: Mapping[type, Callable[[Any], OutboxRow | OutboxRows | None]] = {
    NoticeChanged: notice,
    NoticesChanged: notices,
    NoticesMoved: notices,
    NoticePutBack: lambda change: OutboxRow(NOTICE, change.notice_no),
    SuspensionShownOnNotices: lambda change: OutboxRows(
        NOTICE, tuple((each, None) for each in change.notice_nos)
    ),
    OffenderCleared: offender,
    CurrentOffenderSet: offender,
    OffenderUpdated: offender,
    OffenderPutBack: offender,
    OffenderRemoved: offender,
    OffendersRenamed: lambda change: OutboxRows(OFFENDER, change.offenders),
}
"""What makes the outbox rows of each kind of change; any other kind has none."""

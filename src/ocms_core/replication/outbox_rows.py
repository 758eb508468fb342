"""Which change shows what on the Internet side: a pure table over the changes."""

from collections.abc import Callable, Mapping
from typing import Any

from ocms_core.kernel.changes import (
    Change,
    CurrentOffenderSet,
    NoticeChanged,
    OffenderCleared,
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
    """A row the Internet side is to take over; its present state is read when it is delivered."""

    kind: str
    notice_no: str
    owner_driver_indicator: str | None = None


@value_object
class OutboxRows:
    """Many rows of one kind the Internet side is to take over, each by notice and indicator."""

    kind: str
    rows: tuple[tuple[str, str | None], ...]


@rule("G12", "F60")
def outbox_rows(change: Change) -> OutboxRow | OutboxRows | None:
    """Every change the public e-service can see leaves an outbox row; a touch of the audit does not."""
    shown = SHOWN.get(type(change))
    return shown and shown(change)


def notice(change: NoticeChanged) -> OutboxRow | None:
    """A notice row goes out, unless only its audit columns were touched."""
    return None if change.only_touched else OutboxRow(NOTICE, change.notice_no)


def offender(change: OffenderCleared | CurrentOffenderSet | OffenderUpdated) -> OutboxRow:
    """The row of a role goes out."""
    return OutboxRow(OFFENDER, change.notice_no, change.role)


SHOWN: Mapping[type, Callable[[Any], OutboxRow | OutboxRows | None]] = {
    NoticeChanged: notice,
    SuspensionShownOnNotices: lambda change: OutboxRows(
        NOTICE, tuple((each, None) for each in change.notice_nos)
    ),
    OffenderCleared: offender,
    CurrentOffenderSet: offender,
    OffenderUpdated: offender,
    OffendersRenamed: lambda change: OutboxRows(OFFENDER, change.offenders),
}
"""What the Internet side is shown of each kind of change; of any other kind, nothing."""

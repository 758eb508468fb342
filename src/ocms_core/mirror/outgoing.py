"""Which change shows what on the Internet side: a pure table over the changes."""

from attrs import frozen

from ocms_core.kernel.changes import (
    Change,
    NoticeChanged,
    NoticesShow,
    OffenderCleared,
    OffenderSet,
    OffendersRenamed,
    OffenderUpdated,
)
from ocms_core.kernel.spec import rule

NOTICE = "NOTICE"
OFFENDER = "OFFENDER"


@frozen
class Outgoing:
    """A row the Internet side is to take over; its present state is read when it is delivered."""

    kind: str
    notice_no: str
    owner_driver_indicator: str | None = None


@frozen
class OutgoingTogether:
    """Many rows of one kind the Internet side is to take over, each by notice and indicator."""

    kind: str
    rows: tuple[tuple[str, str | None], ...]


@rule("G12", "F60")
def outgoing(change: Change) -> Outgoing | OutgoingTogether | None:
    """Every change the public e-service can see leaves an outbox row; a touch of the audit does not."""
    match change:
        case NoticeChanged() if not change.only_touched:
            return Outgoing(NOTICE, change.notice_no)
        case OffenderCleared() | OffenderSet() | OffenderUpdated():
            return Outgoing(OFFENDER, change.notice_no, change.role)
        case NoticesShow(notice_nos=notice_nos):
            return OutgoingTogether(NOTICE, tuple((notice_no, None) for notice_no in notice_nos))
        case OffendersRenamed(offenders=offenders):
            return OutgoingTogether(OFFENDER, offenders)
        case _:
            return None

"""What furnishing and redirecting have in common: the role taken, the stage begun, the history kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve, frozen

from ocms_core.kernel.changes import (
    AddressFurnished,
    Change,
    DetailFurnished,
    NoticeChanged,
    OffenderCleared,
    OffenderHistoryKept,
    OffenderSet,
    SuspensionOpened,
)
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.hst_suspension import put_under_hst
from ocms_core.kernel.particulars import Address, FurnishDetail, Person
from ocms_core.kernel.spec import rule
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import ShownSuspension
from ocms_core.offenders.facts import Notice

FURNISH, REDIRECT, UPDATE = "FURNISH", "REDIRECT", "UPDATE"


@frozen
class Taking:
    """Somebody takes a role: who, reachable where, what was furnished of them, and by which officer."""

    notice_no: str
    role: str
    person: Person
    address: Address | None
    detail: FurnishDetail
    officer: str


@frozen
class Taken:
    """A role was taken: whether its row is new, and the stage the notice stands in now."""

    role: str
    created: bool
    new_stage: str
    redirected_from: str | None = None


@rule("F20", "F22", "F23")
def effects(taking: Taking, notice: Notice, new_stage: str, action: str, now: datetime) -> tuple[Change, ...]:
    """
    Whoever takes a role is the one current offender: everybody else is cleared, their rows are kept.

    The role's row is written whole, so what was not given is gone from it; the address is written when
    given. One tuple of changes, recorded in one transaction.
    """
    opened, shown = suspended(taking, notice, now)
    return (
        evolve(restarted(notice, new_stage, now), suspension=shown),
        *opened,
        *cleared(taking, notice),
        OffenderSet(notice.notice_no, taking.role, taking.person),
        *addressed(taking, notice),
        DetailFurnished(notice.notice_no, taking.role, taking.detail),
        OffenderHistoryKept(
            notice_no=notice.notice_no,
            role=taking.role,
            action=action,
            officer=taking.officer,
            at=now,
            former_current=notice.current.role if notice.current else None,
            prev_stage=notice.stage,
            new_stage=new_stage,
            former=notice.holders.get(taking.role),
        ),
    )


@rule("F20", "H4", "H20")
def suspended(
    taking: Taking, notice: Notice, now: datetime
) -> tuple[tuple[SuspensionOpened, ...], ShownSuspension | None]:
    """
    Whoever is on the HST list takes a notice with TS-HST on it: its record, and what its row then shows.

    As when they were listed, a permanent suspension or TS-HST itself is left as it is.
    """
    listed = notice.taker_listed
    if listed is None or listed.suspensions.permanent or listed.suspensions.under_hst:
        return (), None
    record, shown = put_under_hst(notice.notice_no, listed.suspensions, taking.officer, now, listed.days)
    return (SuspensionOpened(record),), shown


def cleared(taking: Taking, notice: Notice) -> Iterator[OffenderCleared]:
    """Clear every current offender in another role, also a second one that another system may have left."""
    for role, holder in notice.holders.items():
        if holder.is_current and role != taking.role:
            yield OffenderCleared(notice.notice_no, role)


def addressed(taking: Taking, notice: Notice) -> Iterator[AddressFurnished]:
    """
    Write the address when given (F20).

    When none is given, the one furnished of somebody else in the same role must not stay: the next
    letter would go to them.
    """
    former = notice.holders.get(taking.role)
    if taking.address:
        yield AddressFurnished(notice.notice_no, taking.role, taking.address)
    elif former and former.address and former.person.id_no != taking.person.id_no:
        yield AddressFurnished(notice.notice_no, taking.role, Address())


@rule("F21")
def restarted(notice: Notice, new_stage: str, now: datetime) -> NoticeChanged:
    """
    The notice begins the new stage now, and the next print run, from tomorrow, writes to the new offender.

    The stage planned next is therefore the new stage itself. No fee is due: payable is the base fine.
    """
    midnight = singapore(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return NoticeChanged(
        notice.notice_no,
        move=StageMove(prev_stage=notice.stage, prev_date=notice.stage_date, stage=new_stage, date=now),
        next=NextStage(new_stage, midnight + timedelta(days=1)),
        amount_payable=notice.composition_amount,
    )

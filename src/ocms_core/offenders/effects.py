"""What furnishing and redirecting have in common: the role taken, the stage begun, the history kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve

from ocms_core.kernel.changes import (
    AddressFurnished,
    Change,
    CurrentOffenderSet,
    DetailFurnished,
    NoticeChanged,
    OffenderCleared,
    OffenderHistoryKept,
    SuspensionClosed,
    SuspensionOpened,
)
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.hst_suspension import REDIRECTED, put_under_hst
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.kernel.payments import PAYABLE
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import NextStage, StageMove
from ocms_core.kernel.suspensions import HST, ShownSuspension, shown_suspension
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders.facts import OffenderNotice

FURNISH, REDIRECT, UPDATE = "FURNISH", "REDIRECT", "UPDATE"


@value_object
class RoleAssignment:
    """Somebody takes a role: who, reachable where, what was furnished of them, and by which officer."""

    notice_no: str
    role: str
    person: Person
    address: MailingAddress | None
    detail: FurnishDetail
    officer: str


@value_object
class RoleAssigned:
    """A role was taken: whether its row is new, and the stage the notice stands in now."""

    role: str
    created: bool
    new_stage: str
    redirected_from: str | None = None


@rule("F20", "F22", "F23")
def effects(
    assignment: RoleAssignment, notice: OffenderNotice, new_stage: str, action: str, now: datetime
) -> tuple[Change, ...]:
    """
    Make who takes a role the one current offender: everybody else is cleared, their rows are kept.

    The role's row is written whole, so what was not given is gone from it; the address is written when
    given. One tuple of changes, recorded in one transaction.
    """
    records, shown = hst_changes(assignment, notice, now)
    return (
        evolve(stage_restart(notice, new_stage, now), suspension=shown),
        *records,
        *clearing_changes(assignment, notice),
        CurrentOffenderSet(notice.notice_no, assignment.role, assignment.person),
        *address_changes(assignment, notice),
        DetailFurnished(notice.notice_no, assignment.role, assignment.detail),
        OffenderHistoryKept(
            notice_no=notice.notice_no,
            role=assignment.role,
            action=action,
            officer=assignment.officer,
            at=now,
            former_current=notice.current_role,
            prev_stage=notice.stage,
            new_stage=new_stage,
            former=notice.holders.get(assignment.role),
        ),
    )


@rule("F20", "H4", "H10", "H20")
def hst_changes(
    assignment: RoleAssignment, notice: OffenderNotice, now: datetime
) -> tuple[tuple[SuspensionClosed | SuspensionOpened, ...], ShownSuspension | None]:
    """
    Suspend a notice that somebody on the HST list takes, and lift TS-HST when it goes to anybody else (H10).

    Returns the records closed or opened and what the row then shows, None where that stays. TS-HST that
    holds already is left as it is for somebody listed.
    """
    suspensions, listed = notice.suspensions, notice.assignee_on_hst_list
    records: tuple[SuspensionClosed | SuspensionOpened, ...] = ()
    shown = shown_suspension(suspensions)
    if listed is None:
        records = tuple(
            SuspensionClosed(notice.notice_no, each.since, each.sr_no, now, REDIRECTED, assignment.officer)
            for each in suspensions.hst_records
        )
        shown = shown_suspension(suspensions.without(HST))
    elif not suspensions.under_hst:
        record, shown = put_under_hst(
            notice.notice_no, suspensions, assignment.officer, now, listed.days_on(now)
        )
        records = (SuspensionOpened(record),)
    return records, None if shown == suspensions.shown else shown


def clearing_changes(assignment: RoleAssignment, notice: OffenderNotice) -> Iterator[OffenderCleared]:
    """Clear every current offender in another role, also a second one that another system may have left."""
    for role, holder in notice.holders.items():
        if holder.is_current and role != assignment.role:
            yield OffenderCleared(notice.notice_no, role)


def address_changes(assignment: RoleAssignment, notice: OffenderNotice) -> Iterator[AddressFurnished]:
    """
    Write the address when given (F20).

    When none is given, the one furnished of somebody else in the same role must not stay: the next
    letter would go to them.
    """
    former = notice.holders.get(assignment.role)
    if assignment.address:
        yield AddressFurnished(notice.notice_no, assignment.role, assignment.address)
    elif former and former.address and former.person.id_no != assignment.person.id_no:
        yield AddressFurnished(notice.notice_no, assignment.role, MailingAddress())


@rule("F21", "U4")
def stage_restart(notice: OffenderNotice, new_stage: str, now: datetime) -> NoticeChanged:
    """
    Begin the new stage now; the next print run, from tomorrow, writes to the new offender (F21).

    The stage planned next is therefore the new stage itself. No fee is due: payable is the base fine, and
    it may be paid, whatever kept the former offender from paying.
    """
    midnight = singapore(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return NoticeChanged(
        notice.notice_no,
        move=StageMove(prev_stage=notice.stage, prev_date=notice.stage_date, stage=new_stage, date=now),
        next=NextStage(new_stage, midnight + timedelta(days=1)),
        amount_payable=notice.composition_amount,
        payment_acceptance_allowed=PAYABLE,
    )

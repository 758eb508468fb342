"""An officer takes back what an officer did to a notice, as long as nothing else has happened to it (K4)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.audit import AuditRow
from ocms_core.kernel.changes import Change, NoticePutBack, OffenderHistoryKept, StageChangeRecorded
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.lengths import REMARKS, cut
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person, RoleHolder
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.stage_moves import StageChange
from ocms_core.kernel.value_objects import value_object
from ocms_core.reversals.facts import (
    ADDRESSES,
    DETAILS,
    OFFENDERS,
    STAGE_CHANGES,
    ReversalFacts,
    ReversibleNotice,
    Row,
)
from ocms_core.reversals.former_offenders import is_held_unlisted
from ocms_core.reversals.former_rows import OTHER, Reversal, changed_rows, former_rows, is_as_left

SOURCE = "OCMS"
REVERSE = "REVERSE"
"""The action of a reversal in the history of offenders."""

STAGE_IMPORT = "ocms stages import"
"""The command by which officers move notices in bulk, as audit rows name it."""

ANOTHER_PROGRAM = "another program"
NOT_LISTED = "the former offender is not on the HST list"
FURNISHED_MAIL = "furnished_mail"


@value_object
class ReversalKind:
    """
    What one call takes back: the operations whose changes it may undo, and the codes of its answers.

    `changes_offender` where somebody else may be the current offender once that is taken back.
    """

    operation: Operation
    reversible: frozenset[str]
    reversed: Code
    unknown: Code
    repeated: Code
    nothing: Code
    changed_since: Code
    refused_row: Code
    changes_offender: bool


STAGE_REVERSAL = ReversalKind(
    Operation.REVERSE_STAGES,
    frozenset({Operation.CHANGE_STAGES.value, STAGE_IMPORT}),
    codes.CPS_SUCCESS,
    codes.CPS_NOT_FOUND,
    codes.CPS_REPEATED,
    codes.CPS_NOTHING_TO_REVERSE,
    codes.CPS_CHANGED_SINCE,
    codes.CPS_UNEXPECTED,
    changes_offender=False,
)
OFFENDER_REVERSAL = ReversalKind(
    Operation.REVERSE_OFFENDER,
    frozenset({Operation.FURNISH_OFFENDER.value, Operation.REDIRECT_NOTICE.value}),
    codes.OFFENDER_REVERSED,
    codes.NOTICE_NOT_FOUND,
    codes.OFFENDER_REPEATED,
    codes.NOTHING_TO_REVERSE,
    codes.CHANGED_SINCE,
    codes.DB_UPDATE,
    changes_offender=True,
)

HST_REVERSAL = ReversalKind(
    Operation.REVERSE_HST,
    frozenset({Operation.APPLY_HST.value, Operation.REVIVE_HST.value}),
    codes.HST_REVERSED,
    codes.HST_ID_NOT_FOUND,
    codes.HST_ID_NOT_FOUND,
    codes.HST_NOTHING_TO_REVERSE,
    codes.HST_CHANGED_SINCE,
    codes.HST_NOT_REVERSED,
    changes_offender=False,
)


@value_object
class Reversed:
    """What was taken back: the operation, who had made it when, and the stages before and after."""

    operation: str
    officer: str
    at: datetime
    previous_stage: str
    new_stage: str


def decide(
    notice_nos: Sequence[str], kind: ReversalKind, facts: ReversalFacts, officer: str, now: datetime
) -> Decision[Reversed]:
    """Decide a reversal, each notice for itself; a number repeated in it is decided where it first stands."""
    answers: list[Answer[Reversed]] = []
    changes: list[Change] = []
    seen: set[str] = set()
    for notice_no in notice_nos:
        verdict = kind.repeated if notice_no in seen else verdict_on(notice_no, kind, facts)
        seen.add(notice_no)
        if isinstance(verdict, Code):
            answers.append(Answer(notice_no, verdict))
            continue
        notice = facts.notices[notice_no]
        put_back = tuple(reversal_changes(verdict, notice, officer, now))
        answers.append(Answer(notice_no, kind.reversed, what_was_reversed(verdict, notice, put_back)))
        changes.extend(put_back)
    return Decision(tuple(answers), tuple(changes))


@rule("K4")
def verdict_on(notice_no: str, kind: ReversalKind, facts: ReversalFacts) -> AuditRow | Code:
    """
    Return the change that can be taken back, or the refusal: it must be the last that happened (K4).

    No TS-HST is put back on a notice of somebody who is not listed, since no revival would lift it (H10).
    """
    notice = facts.notices.get(notice_no)
    if notice is None:
        return kind.unknown
    made = [group for group in notice.groups if group.actor.operation in kind.reversible]
    if not made:
        return kind.nothing
    last = notice.groups[-1]
    if last is not made[-1]:
        return kind.changed_since.worded(what=last.actor.operation)
    if is_changed_elsewhere(last, notice):
        return kind.changed_since.worded(what=ANOTHER_PROGRAM)
    if kind.changes_offender and is_held_unlisted(last, notice, facts.listed):
        return kind.changed_since.worded(what=NOT_LISTED)
    return last


@rule("K4")
def is_changed_elsewhere(last: AuditRow, notice: ReversibleNotice) -> bool:
    """Return whether another program has written to a notice since: a row differs, or has its stamp (K4)."""
    touched = notice.touched_elsewhere
    return (touched is not None and touched >= last.changed_at) or not all(
        is_as_left(row, notice) for row in changed_rows(last)
    )


@rule("K4")
def reversal_changes(
    last: AuditRow, notice: ReversibleNotice, officer: str, now: datetime
) -> Iterator[Change]:
    """Yield what puts the notice back, and a row of history of its own that names both officers (K4)."""
    remarks = remarks_on(last)
    put_back = tuple(former_rows(last, notice, Reversal(officer, now, remarks)))
    yield from put_back
    before = stage_after(put_back, notice)
    if any(change.table == STAGE_CHANGES for change in last.changes):
        record = StageChange(
            notice.notice_no,
            now,
            new_stage=before,
            last_stage=notice.row["last_processing_stage"],
            reason=OTHER,
            officer=officer,
            source=SOURCE,
            remarks=remarks,
        )
        yield StageChangeRecorded(record, now)
    for role in roles_taken(last):
        yield OffenderHistoryKept(
            notice_no=notice.notice_no,
            role=role,
            action=REVERSE,
            officer=officer,
            at=now,
            former_current=role,
            prev_stage=notice.row["last_processing_stage"],
            new_stage=before,
            former=holder_of(role, notice),
        )


def remarks_on(last: AuditRow) -> str:
    """Return the remarks of whatever record a reversal leaves: what was taken back, by whom and when made."""
    at = local(last.changed_at).isoformat(sep=" ", timespec="seconds")
    return cut(f"Reverses {last.actor.operation} of {at} by {officer_of(last)}", REMARKS)


def officer_of(last: AuditRow) -> str:
    """Return who made a change: the officer its record names, else who called."""
    named = (change.after.get("authorised_officer") for change in last.changes if change.after)
    return next(filter(None, named), last.actor.name)


def stage_after(changes: Sequence[Change], notice: ReversibleNotice) -> str:
    """Return the stage of a notice once changes have put it back."""
    rows = [change.row for change in changes if isinstance(change, NoticePutBack)]
    return str((rows[0] if rows else notice.row)["last_processing_stage"])


def what_was_reversed(last: AuditRow, notice: ReversibleNotice, put_back: Sequence[Change]) -> Reversed:
    """Return what a reversal answers with."""
    return Reversed(
        last.actor.operation,
        officer_of(last),
        last.changed_at,
        notice.row["last_processing_stage"],
        stage_after(put_back, notice),
    )


def roles_taken(last: AuditRow) -> Iterator[str]:
    """Yield the role that a furnish or redirect made somebody the current offender in."""
    for row in changed_rows(last):
        if row.key[0] == OFFENDERS and row.after is not None and row.after.get("offender_indicator") == "Y":
            yield row.key[1][1]


def holder_of(role: str, notice: ReversibleNotice) -> RoleHolder:
    """Return who stands in a role, with furnished address and details."""
    row = notice.rows[OFFENDERS, (notice.notice_no, role)]
    address = notice.rows.get((ADDRESSES, (notice.notice_no, role, FURNISHED_MAIL)))
    detail = notice.rows.get((DETAILS, (notice.notice_no, role)))
    return RoleHolder(
        role,
        row["offender_indicator"] == "Y",
        Person(
            row["id_type"],
            row["id_no"],
            row["name"],
            row["email_addr"],
            row["offender_tel_code"],
            row["offender_tel_no"],
        ),
        mailing_address(address) if address else None,
        FurnishDetail(**detail) if detail else None,
    )


def mailing_address(row: Row) -> MailingAddress:
    """Return the address of a row."""
    names = ("blk_hse_no", "street_name", "bldg_name", "floor_no", "unit_no", "postal_code")
    parts: list[Any] = [row[name] for name in names]
    return MailingAddress(*parts)

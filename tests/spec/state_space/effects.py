"""What a call does to a state: decided for real, written to a notice, read back as the parts it changed."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from ocms_core.kernel.codes import Code
from tests.spec.state_space.operations import Call, Source, outcome
from tests.spec.state_space.states import (
    AMOUNTS,
    FOUND,
    LISTED,
    NAMES,
    NOBODY,
    NOT_LISTED,
    NOT_SHOWN,
    PARTS,
    PEOPLE,
    TODAY,
    Offender,
    Record,
    Row,
    State,
    stored,
)
from tests.support.builders import NOW
from tests.support.offender_builders import EMPLOYEE, ORCHARD
from tests.support.stored_notice import StoredNotice

AMOUNT_CLASSES = {amount: name for name, amount in AMOUNTS.items()}
Effect = tuple[tuple[int, Any], ...]
"""The parts of a state that change, by their places."""


def effects_of(calls: Sequence[Call], state: State) -> tuple[tuple[Code, Effect], ...]:
    """Decide calls that read the same parts of a state; return each one's code and what it changes."""
    before = stored(state, calls[0].source.reads)
    facts: dict[Source, Any] = {}
    for call in calls:
        if call.source not in facts:
            facts[call.source] = call.source.facts(before)
    return tuple(effect_of(call, facts[call.source], before) for call in calls)


def effect_of(call: Call, facts: Any, before: StoredNotice) -> tuple[Code, Effect]:
    """Decide a call; return its code and what it changes of the notice its facts are of."""
    code, changes = outcome(call.decide(facts))
    if not changes:
        return code, ()
    after = copy(before)
    after.write(changes)
    return code, tuple((PARTS[name], value) for name, value in differences(before, after).items())


def with_effect(state: State, effect: Effect) -> State:
    """Return a state with the parts that an effect changes."""
    parts = list(state)
    for place, value in effect:
        parts[place] = value
    return State._make(parts)


def differences(before: StoredNotice, after: StoredNotice) -> Mapping[str, Any]:
    """Return the parts of the state that were written, whether or not they are others now."""
    written: dict[str, Any] = {}
    if after.stage is not before.stage:
        written["stage"] = after.stage
    if after.next_stage is not before.next_stage:
        written["next_stage"] = after.next_stage
    added = after.stage_changes[len(before.stage_changes) :]
    if after.stage_date is not before.stage_date:
        written["by_hand"] = any(each.date == after.stage_date for each in added)
    if any(each.date >= TODAY[0] for each in added):
        written["changed_today"] = True
    if after.holders is not before.holders:
        written["offender"] = offender_of(after)
    if after.row is not before.row or after.records is not before.records:
        written |= suspension_of(after)
    if after.listed is not before.listed:
        written["listed"] = "".join(list_status(after, person.id_no) for person in PEOPLE.values())
    if after.hst_expired is not before.hst_expired:
        written["released"] = after.hst_expired
    if after.amount_payable is not before.amount_payable:
        written["amount"] = AMOUNT_CLASSES[after.amount_payable]
    if after.accepts_payment is not before.accepts_payment:
        written["accepts"] = after.accepts_payment
    return written


def offender_of(notice: StoredNotice) -> Offender:
    """Return who is current on a notice: the first by role, and the second if another system left one."""
    current = [holder for role in "DOHR" if (holder := notice.holders.get(role)) and holder.is_current]
    if not current:
        return NOBODY
    first, *others = current
    name = NAMES[first.person.id_no]
    as_sent = (first.person, first.address, first.detail) == (PEOPLE[name], ORCHARD, EMPLOYEE)
    furnished = as_sent and first.role in notice.assigned
    return Offender(first.role, name, furnished, others[0].role if others else None)


def suspension_of(notice: StoredNotice) -> Mapping[str, Any]:
    """Return row and open records of a notice."""
    ends = (*(each.due for each in notice.records), notice.row.due)
    dues = days_left({due for due in ends if due})
    return {
        "row": row_of(notice, dues),
        "records": tuple(
            Record(str(each.reason), dues[each.due] if each.due else None) for each in notice.records
        ),
    }


def days_left(dues: Iterable[datetime]) -> Mapping[datetime, int]:
    """Return the days left until each due date; of those past, how far they are behind the last."""
    days = {due: (due.date() - NOW.date()).days for due in dues}
    past = sorted((due for due, left in days.items() if left <= 0), reverse=True)
    return days | {due: -rank for rank, due in enumerate(past)}


def row_of(notice: StoredNotice, dues: Mapping[datetime, int]) -> Row:
    """Return what a row shows, its beginning as a place among the open records."""
    row = notice.row
    if row.type is None:
        return NOT_SHOWN
    since = None
    if row.since is not None:
        opened = [each.since for each in notice.records]
        since = sum(2 for each in opened if each < row.since) + (row.since in opened)
    return Row(row.type, row.reason, since, dues[row.due] if row.due else None)


def list_status(notice: StoredNotice, id_no: str) -> str:
    """Return where somebody stands with the HST list."""
    listed = notice.listed.get(id_no)
    if listed is None:
        return NOT_LISTED
    answer = notice.answers.get(id_no)
    return FOUND if answer and answer.answered_at >= listed.listed_at else LISTED

"""Officers who take back what they did by mistake: the same day, and too late."""

from collections.abc import Collection
from datetime import timedelta

from attrs import evolve

from ocms_core.kernel.access import Operation, Principal
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local, singapore
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.reversals.reversing import HST_REVERSAL, OFFENDER_REVERSAL, STAGE_REVERSAL, ReversalKind
from ocms_core.reversals.service import reverse, reverse_hst
from tests.campaigns.year.city import City
from tests.campaigns.year.known_notices import Action, Entry, Unexplained

KIND_OF = {
    Operation.CHANGE_STAGES: STAGE_REVERSAL,
    Operation.FURNISH_OFFENDER: OFFENDER_REVERSAL,
    Operation.REDIRECT_NOTICE: OFFENDER_REVERSAL,
    Operation.APPLY_HST: HST_REVERSAL,
    Operation.REVIVE_HST: HST_REVERSAL,
}
"""What takes back an action; another action cannot be taken back, and what was before it neither."""
TAKEN_BACK, TOO_LATE = 0.2, 0.05
"""The share of actions that officers take back, and of those of the day before that they try to."""


def note(city: City, operation: Operation, numbers: Collection[str], id_no: str = "", *before: Entry) -> None:
    """Note what an officer did to notices or a listed identity, with what was known of the notices before."""
    city.today.append(Action(operation, frozenset(numbers), id_no, {each.number: each for each in before}))


def take_back(city: City, officer: Principal) -> None:
    """Take back some actions of today, the newest first, and try to take back some of the day before."""
    if city.clock.wrong_by < timedelta(0):
        return  # what other systems wrote seems to have come after the officers' actions
    for place in reversed(range(len(city.today))):
        action = city.today[place]
        if action.operation in KIND_OF and city.random.random() < TAKEN_BACK:
            later = city.today[place + 1 :]
            kind = KIND_OF[action.operation]
            for number in sorted(action.numbers) if kind is not HST_REVERSAL else [""]:
                part = action.of(number) if number else action
                since = [each.operation for each in later if each.concerns(part)]
                if all(KIND_OF.get(each) is not kind for each in since):  # else that would be taken back
                    expected = kind.changed_since if since else kind.reversed
                    try_to_take_back(city, officer, part, expected)
    acted_today = {number for each in city.today for number in each.numbers}
    for action in city.yesterday:
        known = action.operation in KIND_OF and not action.id_no and action.numbers.isdisjoint(acted_today)
        if known and city.random.random() < TOO_LATE:
            for number in sorted(action.numbers):
                part = action.of(number)
                try_to_take_back(city, officer, part, KIND_OF[action.operation].nothing)


def try_to_take_back(city: City, officer: Principal, action: Action, expected: Code) -> None:
    """Call for a reversal; raise `Unexplained` unless it is answered and leaves everything as it has to."""
    kind = KIND_OF[action.operation]
    result = (
        reversal_of_list(city, officer, action) if action.id_no else reversal(city, officer, action, kind)
    )
    codes = {each.code for each in result.answers} if isinstance(result, Decision) else {result.code}
    if action.id_no and isinstance(result, Decision):
        codes = {kind.reversed}
    if {each.code for each in codes} != {expected.code}:
        raise Unexplained(f"{action} is taken back with {codes}, which has to be {expected.code}")
    if expected is not kind.reversed:
        city.counts["reversals refused"] += 1
        return
    city.counts[f"taken back: {action.operation.value}"] += 1
    note(city, kind.operation, action.numbers, action.id_no)
    if action.operation is Operation.APPLY_HST:
        city.listed.remove(action.id_no)
    elif action.operation is Operation.REVIVE_HST:
        city.listed.append(action.id_no)
    else:
        put_back(city, officer, action, result)


def reversal(city: City, officer: Principal, action: Action, kind: ReversalKind) -> Decision[object]:
    """Call for the reversal of what was done to a notice."""
    (number,) = action.numbers
    decision: Decision[object] = city.call(
        kind.operation,
        officer,
        lambda now, call: reverse([number], kind, officer.name, stores=city.reversals, now=now, call=call),
    )
    return decision


def reversal_of_list(city: City, officer: Principal, action: Action) -> Decision[object] | Refusal:
    """Call for the reversal of what was done to the HST list."""
    result: Decision[object] | Refusal = city.call(
        Operation.REVERSE_HST,
        officer,
        lambda now, call: reverse_hst(action.id_no, officer.name, stores=city.reversals, now=now, call=call),
        id_nos=[action.id_no],
    )
    return result


def put_back(city: City, officer: Principal, action: Action, decision: object) -> None:
    """Enter that a notice is again as it was, and compare its row."""
    (number,) = action.numbers
    entry, before = city.known[number], action.before[number]
    stage, date = before.stages[-1]
    if not isinstance(decision, Decision) or decision.decided_at is None:
        raise Unexplained(f"{action} was not taken back: {decision}")
    if action.operation is Operation.CHANGE_STAGES:
        entry.changes.append((singapore(decision.decided_at), stage, officer.name))
    else:
        entry.assignments += 1
    if entry.stages != before.stages:
        entry.record.append((stage, date))
    entry.stages, entry.amount = list(before.stages), before.amount
    entry.role, entry.id_no = before.role, before.id_no
    (row,) = city.rows([number])
    found = (row.last_processing_stage, row.last_processing_date, row.amount_payable)
    if found != (stage, local(date), before.amount):
        raise Unexplained(f"{number}, put back: {found}, known: {before}")


def copy_of(entry: Entry) -> Entry:
    """Return what is known of a notice now."""
    return evolve(entry, stages=list(entry.stages), changes=list(entry.changes))

"""What happens to a notice without OCMS: time, payments, answers of MHA, and what other systems write."""

from collections.abc import Callable, Sequence

from attrs import frozen

from tests.spec.state_space.rows import TS, right_row
from tests.spec.state_space.states import FOUND, LISTED, NOT_SHOWN, Record, Row, State

DAYS = 15
"""How many days pass at once: half of TS-HST, so that either of two suspensions can end first."""
TS_DAYS = 21
LONGER_THAN_HST = 36


@frozen(eq=False)
class Event:
    """Something that happens outside; `after` returns the state then, None where it cannot happen."""

    name: str
    after: Callable[[State], State | None]


def with_records(state: State, records: Sequence[Record], row: Row) -> State:
    """Return a state with other open records, its row written as U1 has it."""
    return state._replace(records=tuple(records), row=right_row(row, records, state.paid))


def paid(state: State) -> State | None:
    """Be paid in full where payment is accepted: the payment system writes PS and its reason alone."""
    if state.paid or state.accepts == "N":
        return None
    return state._replace(paid="FP", row=state.row._replace(type="PS"))


def refused_at_the_counter(state: State) -> State | None:
    """Have the acceptance of payment withdrawn by another system."""
    return None if state.accepts == "N" else state._replace(accepts="N")


def midnight(state: State) -> State | None:
    """Pass into the next day."""
    return state._replace(changed_today=False) if state.changed_today else None


def days_pass(state: State) -> State:
    """Let half the length of TS-HST pass."""
    left = {
        due: due - DAYS for due in (*(each.due for each in state.records), state.row.due) if due is not None
    }
    past = sorted((days for days in left.values() if days <= 0), reverse=True)
    ranks: dict[int | None, int] = {
        due: days if days > 0 else -past.index(days) for due, days in left.items()
    }
    return state._replace(
        changed_today=False,
        row=state.row._replace(due=ranks.get(state.row.due)),
        records=tuple(each._replace(due=ranks.get(each.due)) for each in state.records),
    )


def suspended_elsewhere(reason: str, days: int = TS_DAYS) -> Event:
    """Let another system suspend it, with a record and the right row; `days` is how long a TS lasts."""
    temporary = reason.startswith(TS)
    record = Record(reason, days if temporary else None)

    def after(state: State) -> State | None:
        if any(each.reason == reason for each in state.records):
            return None
        return with_records(state, (*state.records, record), state.row)

    return Event(f"another system suspends it under {reason}" + f" for {days} days" * temporary, after)


def revived_elsewhere(reason: str) -> Event:
    """Let another system close its own record, with the right row."""

    def after(state: State) -> State | None:
        left = [each for each in state.records if each.reason != reason]
        if len(left) == len(state.records):
            return None
        gone = next(place for place, each in enumerate(state.records) if each.reason == reason)
        row, since = state.row, state.row.since
        if since == 2 * gone + 1:
            row = NOT_SHOWN
        elif since is not None and since > 2 * gone:
            row = row._replace(since=since - 2)
        return renumbered(with_records(state, left, row))

    return Event(f"another system revives it from {reason}", after)


def renumbered(state: State) -> State:
    """Return a state whose past due dates are numbered without gaps."""
    dues = {due for due in (*(each.due for each in state.records), state.row.due) if due is not None}
    past = sorted((due for due in dues if due <= 0), reverse=True)
    ranks: dict[int | None, int] = {due: due if due > 0 else -past.index(due) for due in dues}
    return state._replace(
        row=state.row._replace(due=ranks.get(state.row.due)),
        records=tuple(each._replace(due=ranks.get(each.due)) for each in state.records),
    )


def answered(place: int, name: str, before: str, after: str) -> Event:
    """Let an address enquiry about somebody listed be answered, with a valid new address or none."""

    def change(state: State) -> State | None:
        if state.listed[place] != before:
            return None
        return state._replace(listed=state.listed[:place] + after + state.listed[place + 1 :])

    what = "a valid new address" if after == FOUND else "no valid address any more"
    return Event(f"MHA answers with {what} of {name}", change)


def comes_to(stage: str) -> Event:
    """Let it stand at another stage, by whatever moves it there: for spaces that leave moves out."""
    return Event(f"it comes to {stage}", lambda state: state._replace(stage=stage))


PAYMENT = Event("it is paid in full", paid)
REFUSED = Event("another system sets that payment is not accepted", refused_at_the_counter)
MIDNIGHT = Event("midnight passes", midnight)
DAYS_PASS = Event(f"{DAYS} days pass", days_pass)
ANSWERS = tuple(
    answered(place, name, before, after)
    for place, name in enumerate("AB")
    for before, after in ((LISTED, FOUND), (FOUND, LISTED))
)

"""A notice reduced to what decisions read: the state, and the notice of a state as a database has it."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from ocms_core.kernel.addresses import MHA, AddressAnswer
from ocms_core.kernel.offender_details import RoleHolder
from ocms_core.kernel.suspensions import NOT_SUSPENDED, OpenSuspension, ShownSuspension
from ocms_core.offenders.facts import PastAssignment
from ocms_core.stages.facts import EntryChange, day_of
from tests.support.builders import NOW, SINCE
from tests.support.hst_facts import NEW_ADDRESS
from tests.support.offender_builders import COMPOSITION, EMPLOYEE, JOHN, ORCHARD, OWNER
from tests.support.stored_notice import REASONS, StoredNotice, listed_identity

PEOPLE = {"A": OWNER, "B": JOHN}
"""The two people that the notice of the exploration can belong to."""
NAMES = {person.id_no: name for name, person in PEOPLE.items()}
REASON_WORDS = {str(reason): reason for reason in REASONS}

NOT_LISTED, LISTED, FOUND = "-LF"
"""Where somebody stands: not on the HST list, on it, or on it with a valid new address found since."""
NO_LIST = "--"

COMPOSITION_ALONE, WITH_ADMIN_FEE, WITH_SURCHARGE = "fine", "fine and admin fee", "fine and surcharge"
AMOUNTS = {
    COMPOSITION_ALONE: COMPOSITION,
    WITH_ADMIN_FEE: COMPOSITION + Decimal("10.00"),
    WITH_SURCHARGE: COMPOSITION + Decimal("40.00"),
}
"""The classes of amounts payable, by the fees of the sample data."""


class Row(NamedTuple):
    """
    What the row shows.

    `since` is its place among the open records: an odd one is that of a record, an even one before the next.
    """

    type: str | None
    reason: str | None = None
    since: int | None = None
    due: int | None = None


class Record(NamedTuple):
    """
    An open suspension record.

    `due` is the number of days left, or how far its day is behind that of the one due last: 0, -1, -2.
    """

    reason: str
    due: int | None = None


class Offender(NamedTuple):
    """
    The current offender.

    `furnished` is whether a furnish or redirect put it there as it would be sent again (F24), `second` the
    role of another one who is current, too.
    """

    role: str | None = "O"
    name: str = "A"
    furnished: bool = False
    second: str | None = None


NOBODY = Offender(None, "")
NOT_SHOWN = Row(None)


class State(NamedTuple):
    """
    All that decisions read of a notice, and the two columns that they only write: amount and acceptance.

    `records` are in the order they were opened, `by_hand` is whether the newest change row made the present
    entry (S72), `released` whether its last TS-HST ended with its period (H30), `listed` where A and B stand.
    A part that a space leaves out is None.
    """

    stage: str = "NPA"
    next_stage: str | None = "ROV"
    changed_today: bool | None = False
    by_hand: bool | None = False
    offender: Offender = Offender()
    row: Row = NOT_SHOWN
    records: tuple[Record, ...] = ()
    paid: str | None = None
    listed: str = NO_LIST
    released: bool = False
    amount: str | None = COMPOSITION_ALONE
    accepts: str | None = "Y"

    def __str__(self) -> str:
        """Write the state in the words of the rules."""
        return ", ".join(words_of(self))


PARTS = {name: place for place, name in enumerate(State._fields)}
"""The place of each part of a state by its name."""


def words_of(state: State) -> Iterator[str]:
    """Yield each part of a state in words."""
    yield f"at {state.stage}" + (f" before {state.next_stage}" if state.next_stage else "")
    if state.row.type or state.records:
        yield f"row shows {'-'.join(filter(None, state.row[:2])) or 'nothing'}"
        yield f"open are {', '.join(each.reason for each in state.records) or 'none'}"
    yield f"of {state.offender.name or 'nobody'} as {state.offender.role}"
    for name, status in zip(PEOPLE, state.listed, strict=True):
        if status != NOT_LISTED:
            yield f"{name} listed" + ", new address found" * (status == FOUND)
    if state.paid:
        yield f"paid ({state.paid})"
    elif state.amount:
        yield f"payable {state.amount}" + ", not accepted" * (state.accepts == "N")
    if state.changed_today:
        yield "changed today"
    if state.by_hand:
        yield "moved here by hand"
    if state.released:
        yield "released from TS-HST"


class NeverRead:
    """A value that fails whatever looks at it, in place of what a decision does not read."""

    def _fail(self, *_: object) -> Any:
        raise AssertionError("a decision reads what it is said not to read")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _fail
    __bool__ = __str__ = __hash__ = __iter__ = __len__ = __contains__ = __getitem__ = __getattr__ = _fail


NEVER_READ: Any = NeverRead()
EARLIER = SINCE - timedelta(days=1)
ANSWERED = SINCE + timedelta(hours=1)
TODAY = day_of(NOW)
THIS_MOMENT = (NOW, NOW + timedelta(microseconds=1))
OFFICERS = "OCMS"
FIRST = PastAssignment(created=True, new_stage="RD1")
"""The furnish that is repeated."""


def stored(state: State, reads: Collection[str] = State._fields) -> StoredNotice:
    """Return the notice of a state; every part that is not among `reads` fails when it is looked at."""
    notice = StoredNotice(
        stage=state.stage if "stage" in reads else NEVER_READ,
        next_stage=state.next_stage if "next_stage" in reads else NEVER_READ,
        stage_date=entered(state) if {"by_hand", "changed_today"} <= set(reads) else NEVER_READ,
        stage_changes=tuple(change_rows(state)),
        amount_payable=AMOUNTS[state.amount] if state.amount and "amount" in reads else NEVER_READ,
        accepts_payment=state.accepts if "accepts" in reads else NEVER_READ,
        holders=holders(state.offender) if "offender" in reads else NEVER_READ,
        assigned=assigned(state.offender) if "offender" in reads else NEVER_READ,
        crs_reason=state.paid if "paid" in reads else NEVER_READ,
        payment_status=state.paid if "paid" in reads else NEVER_READ,
        listed=listed_people(state) if "listed" in reads else NEVER_READ,
        answers=answers(state) if "listed" in reads else NEVER_READ,
        hst_expired=state.released if "released" in reads else NEVER_READ,
    )
    if {"row", "records"} <= set(reads):
        notice.row = stored_row(state.row)
        notice.records = tuple(stored_record(place, each) for place, each in enumerate(state.records))
        notice.last_sr_no = len(state.records)
    else:
        notice.row = notice.records = notice.last_sr_no = NEVER_READ
    return notice


def entered(state: State) -> datetime:
    """Return when a notice entered its stage."""
    return TODAY[0] if state.by_hand and state.changed_today else EARLIER


def change_rows(state: State) -> Iterator[EntryChange]:
    """Yield the rows of changed stages that a state needs: of the present entry, of today, or both in one."""
    if state.by_hand:
        yield EntryChange(OFFICERS, state.stage, entered(state))
    elif state.changed_today:
        yield EntryChange(OFFICERS, state.stage, TODAY[0])


def holders(offender: Offender) -> dict[str, RoleHolder]:
    """Return whoever is current on a notice."""
    if offender.role is None:
        return {}
    sent = (ORCHARD, EMPLOYEE) if offender.furnished else (None, None)
    found = {offender.role: RoleHolder(offender.role, True, PEOPLE[offender.name], *sent)}
    if offender.second:
        other = PEOPLE["B" if offender.name == "A" else "A"]
        found[offender.second] = RoleHolder(offender.second, True, other)
    return found


def assigned(offender: Offender) -> dict[str, PastAssignment]:
    """Return the furnish or redirect that put the current offender there, if it was one."""
    return {offender.role: FIRST} if offender.furnished and offender.role else {}


def listed_people(state: State) -> dict[str, Any]:
    """Return the HST list."""
    return {
        person.id_no: listed_identity(person.id_no)
        for person, status in zip(PEOPLE.values(), state.listed, strict=True)
        if status != NOT_LISTED
    }


def answers(state: State) -> dict[str, AddressAnswer]:
    """Return the latest answer of each who was found."""
    return {
        person.id_no: AddressAnswer(person.id_no, "N", MHA, NEW_ADDRESS, ANSWERED)
        for person, status in zip(PEOPLE.values(), state.listed, strict=True)
        if status == FOUND
    }


def stored_due(due: int | None, place: int) -> datetime | None:
    """Return the due date of a suspension; of two that are due on one day, the later one ends later."""
    if due is None:
        return None
    return NOW + timedelta(days=due, minutes=place - 100 if due > 0 else 0)


def stored_record(place: int, record: Record) -> OpenSuspension:
    """Return the open record at a place."""
    since = 2 * place + 1
    return OpenSuspension(
        REASON_WORDS[record.reason],
        SINCE + timedelta(minutes=since),
        place + 1,
        stored_due(record.due, since),
    )


def stored_row(row: Row) -> ShownSuspension:
    """Return what a row shows."""
    if row == NOT_SHOWN:
        return NOT_SUSPENDED
    since = None if row.since is None else SINCE + timedelta(minutes=row.since)
    return ShownSuspension(row.type, row.reason, since, stored_due(row.due, row.since or 0))

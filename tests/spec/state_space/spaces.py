"""The spaces that are explored."""

from ocms_core.kernel.stages import STAGES
from tests.spec.state_space.exploring import Space
from tests.spec.state_space.operations import (
    NEW_NOTICES,
    RENEWAL,
    Call,
    apply_hst,
    furnish,
    of_cas,
    of_plus,
    officer,
    print_run,
    redirect,
    revive,
    update,
    update_hst,
)
from tests.spec.state_space.outside import (
    ANSWERS,
    DAYS_PASS,
    LONGER_THAN_HST,
    MIDNIGHT,
    PAYMENT,
    REFUSED,
    Event,
    comes_to,
    revived_elsewhere,
    suspended_elsewhere,
)
from tests.spec.state_space.states import NO_LIST, NOBODY, PEOPLE, Offender, Record, Row, State

OFFICER_TARGETS = (None, "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3", "CPC", "CFC", "CSD")

OFFICERS: tuple[Call, ...] = tuple(
    officer(target, confirmed=confirmed) for target in OFFICER_TARGETS for confirmed in (False, True)
)
PLUS: tuple[Call, ...] = (*(of_plus(stage) for stage in STAGES), of_plus("CPC", "U"), of_plus("DN1", "U"))
PRINT_RUNS: tuple[Call, ...] = tuple(print_run(stage) for stage in STAGES)
CAS_STAGES: tuple[Call, ...] = tuple(of_cas(stage=stage) for stage in (None, *STAGES))
FURNISH: tuple[Call, ...] = tuple(furnish(role, name) for role in "OHD" for name in PEOPLE)
REDIRECT: tuple[Call, ...] = tuple(
    redirect(role, name, from_role) for role in "OHD" for name in PEOPLE for from_role in "OHDR"
)
UPDATES: tuple[Call, ...] = tuple(update(role) for role in "OHD")
LISTING: tuple[Call, ...] = tuple(
    call for name in PEOPLE for call in (apply_hst(name), update_hst(name), revive(name))
)
JOBS: tuple[Call, ...] = (NEW_NOTICES, RENEWAL)
ONE_OF_EACH: tuple[Call, ...] = (
    officer("RD1", confirmed=True),
    of_plus("RD1"),
    print_run("RD1"),
    *(furnish("H", name) for name in PEOPLE),
    *(redirect("H", name, "O") for name in PEOPLE),
)
"""Calls that move a notice, for spaces in which it is enough that they move it."""


def cas_suspensions(*reasons: str) -> tuple[Call, ...]:
    """Return what CAS can send of suspensions with these reasons, alone and with a stage."""
    pairs = [(kind, reason) for kind in (None, "PS", "TS") for reason in (None, *reasons) if kind or reason]
    return tuple(of_cas(kind, reason, stage) for stage in (None, "CSD", "RD1") for kind, reason in pairs)


SUSPENDED = {
    None: State(),
    "TS": State(row=Row("TS", "UNC", 1, 21), records=(Record("TS-UNC", 21),)),
    "PS": State(row=Row("PS", "WWP", 1), records=(Record("PS-WWP"),)),
}
"""One state of each type of suspension."""


def becomes(kind: str | None) -> Event:
    """Let it be suspended under a type or not at all, by whatever does it, where a space leaves that out."""
    found = SUSPENDED[kind]

    def after(state: State) -> State | None:
        return None if state.paid else state._replace(row=found.row, records=found.records)

    return Event(f"it is suspended under {kind}" if kind else "it is suspended by nothing", after)


def type_of_suspension(state: State) -> State:
    """
    Return the state of the space of stages and money that stands for a state.

    Of suspensions it keeps which type holds, of people the role.
    """
    found = State(row=Row("PS")) if state.paid else SUSPENDED[state.row.type]
    return state._replace(
        offender=state.offender._replace(name="A") if state.offender.role else NOBODY,
        row=found.row,
        records=found.records,
        listed=NO_LIST,
        released=False,
    )


STAGE_CLASSES = {
    **dict.fromkeys(("NPA", "ROV", "DN1", "DN2", "DR3"), "ROV"),
    **dict.fromkeys(("ENA", "RD1", "RD2", "RR3"), "RD1"),
    **dict.fromkeys(("CPC", "CFC"), "CPC"),
    **dict.fromkeys(("CSD", "CSR", "WAR", "CWT"), "CSD"),
}
"""The stage that stands for each: no role furnishable, all, in court and open to change, in court alone."""
CAS_REASONS = ("WWP", "OTH", "WWC")


def class_of_stage(state: State) -> State:
    """
    Return the state of a space of suspensions that stands for a state.

    Of stages it keeps the class, of people that the current offender is A, whoever that is; plan, change of
    today and amount are left out, and what the row of a paid notice says besides PS, unless CAS can send it.
    """
    row = state.row
    if state.paid and not (row.since is not None and row.since % 2 and row.due is None):
        row = Row("PS", row.reason if row.reason in CAS_REASONS else None)
    return State(
        stage=STAGE_CLASSES[state.stage],
        next_stage=None,
        changed_today=None,
        by_hand=None,
        offender=Offender(second=state.offender.second) if state.offender.role else NOBODY,
        row=row,
        records=state.records,
        paid=state.paid,
        listed=state.listed[::-1] if state.offender.name == "B" else state.listed,
        released=state.released,
        amount=None,
        accepts=None,
    )


STAGES_AND_MONEY = Space(
    "stages and money",
    (State(), State("ENA", "RD1"), State("ROV", "RD1", offender=NOBODY), State(offender=Offender("R"))),
    (*OFFICERS, *PLUS, *PRINT_RUNS, *CAS_STAGES, *FURNISH, *REDIRECT, *UPDATES),
    (PAYMENT, REFUSED, MIDNIGHT, *map(becomes, SUSPENDED)),
    type_of_suspension,
)
SUSPENSION_CALLS = (*ONE_OF_EACH, *LISTING, *JOBS)
SUSPENSION_EVENTS = (PAYMENT, DAYS_PASS, *ANSWERS, *map(comes_to, ("ROV", "RD1", "CPC", "CSD")))


def elsewhere(*reasons: str) -> tuple[Event, ...]:
    """Return that another system suspends a notice under reasons, and revives it."""
    return tuple(
        event for reason in reasons for event in (suspended_elsewhere(reason), revived_elsewhere(reason))
    )


ANOTHER_SYSTEM = (
    *elsewhere("TS-UNC"),
    suspended_elsewhere("TS-UNC", LONGER_THAN_HST),
    *map(revived_elsewhere, ("PS-WWP", "PS-OTH")),
)
SUSPENSIONS = Space(
    "suspensions",
    (State(),),
    (*cas_suspensions("WWP", "OTH"), *SUSPENSION_CALLS),
    (*SUSPENSION_EVENTS, *ANOTHER_SYSTEM),
    class_of_stage,
)
REASON_OF_BOTH_TYPES = Space(
    "suspensions with a reason of both types",
    (State(),),
    (*cas_suspensions("WWP"), *SUSPENSION_CALLS),
    (*SUSPENSION_EVENTS, *elsewhere("PS-APP"), *map(revived_elsewhere, ("PS-WWP", "TS-APP"))),
    class_of_stage,
)


def whole_offender(state: State) -> State:
    """Return a state of the class of its stage that keeps who is current, in which roles."""
    return class_of_stage(state)._replace(offender=state.offender, listed=state.listed)


TWO_CURRENT_OFFENDERS = Space(
    "two current offenders",
    tuple(
        State(offender=Offender(first, name, second=second), listed=listed)
        for first, second in ("DO", "DH", "OH", "HR")
        for name in PEOPLE
        for listed in (NO_LIST, "L-", "-L")
    ),
    (
        *(officer(target, confirmed=True) for target in OFFICER_TARGETS),
        *(*FURNISH, *REDIRECT, *LISTING, *JOBS),
    ),
    (DAYS_PASS, *map(comes_to, ("ROV", "RD1", "CPC", "CSD"))),
    whole_offender,
)
UNC, WWP, UNDER_HST = Record("TS-UNC", 21), Record("PS-WWP"), Record("TS-HST", 30)
CONTRADICTORY = (
    State(records=(WWP,)),
    State(row=Row("TS", "HST", 3, 30), records=(WWP, UNDER_HST)),
    State(row=Row("TS", "UNC", 3, 21), records=(WWP, UNC)),
    State(records=(UNDER_HST,)),
    State(row=Row("TS", "UNC", 1, 21), records=(UNC, UNDER_HST)),
    State(row=Row("TS", "OUT", 0, 21)),
    State(row=Row("TS", "OUT", 0, 21), records=(UNDER_HST,)),
    State(row=Row("PS", "FOR", 0)),
    State(row=Row("PS", "FOR", 0), records=(UNDER_HST,)),
    State(row=Row("PS", "FOR", 2), records=(WWP,)),
    State(paid="FP"),
    State(paid="PRA"),
    State(row=Row("TS", "UNC", 1, 21), records=(UNC,), paid="FP"),
    State(row=Row("TS", "HST", 1, 30), records=(UNDER_HST,), paid="FP"),
    State(row=Row("TS", "HST", 1, 30), records=(UNDER_HST,), paid="PRA"),
)
"""Rows and records that contradict each other or the payment, as another system may leave them."""
CONTRADICTIONS = Space(
    "what other systems leave",
    tuple(
        state._replace(stage=stage, listed=listed)
        for state in CONTRADICTORY
        for stage in ("ROV", "RD1", "CPC", "CSD")
        for listed in (NO_LIST, "L-")
    ),
    (*cas_suspensions("WWP"), *SUSPENSION_CALLS),
    (DAYS_PASS, *map(comes_to, ("ROV", "RD1", "CPC", "CSD"))),
    class_of_stage,
)


def current_is_first(state: State) -> State:
    """
    Return the state that stands for a state of the whole product.

    Amount and acceptance are left out: no decision reads them, and they have a space with the stages. A row
    under payment is shown as in the spaces of suspensions.
    Of two people the current offender is A.
    """
    classed = class_of_stage(state)
    return state._replace(
        offender=state.offender._replace(name="A") if state.offender.role else NOBODY,
        row=classed.row,
        listed=classed.listed,
        amount=None,
        accepts=None,
    )


MOVES = (*OFFICERS, *PLUS, *PRINT_RUNS, *CAS_STAGES, *FURNISH, *REDIRECT, *UPDATES)
LISTED_AND_PAID = Space(
    "stages and suspensions of OCMS and CAS together",
    (State(), State("ENA", "RD1")),
    (*MOVES, *cas_suspensions("WWP"), *LISTING, *JOBS),
    (PAYMENT, DAYS_PASS, MIDNIGHT),
    current_is_first,
)
WHOLE = Space(
    "the whole product",
    STAGES_AND_MONEY.starts,
    (*MOVES, *cas_suspensions("WWP", "OTH"), *LISTING, *JOBS),
    (PAYMENT, DAYS_PASS, MIDNIGHT, *ANSWERS, *ANOTHER_SYSTEM),
    current_is_first,
)
SPACES = (STAGES_AND_MONEY, SUSPENSIONS, REASON_OF_BOTH_TYPES, TWO_CURRENT_OFFENDERS, CONTRADICTIONS)

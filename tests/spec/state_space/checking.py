"""The exploration of a space with everything that must hold in it."""

from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from tests.spec.state_space.exploring import Broken, Exploration, Space, StateCheck, explore
from tests.spec.state_space.invariants import (
    BEFORE_COURT,
    OF_A_STATE,
    OF_AN_EDGE,
    ps_holds,
    row_shows_what_is_open,
    under_hst,
    whoever_writes_puts_the_row_right,
)
from tests.spec.state_space.operations import Call
from tests.spec.state_space.outside import DAYS_PASS, MIDNIGHT, PAYMENT, Event
from tests.spec.state_space.spaces import (
    CONTRADICTIONS,
    LISTED_AND_PAID,
    REASON_OF_BOTH_TYPES,
    STAGES_AND_MONEY,
    SUSPENSIONS,
    WHOLE,
)
from tests.spec.state_space.states import State


@frozen
class Goal:
    """What can be reached from every state of a space by some steps (U5)."""

    missed: str
    reached: Callable[[State], bool]
    by: Callable[[Call | Event], bool]


def by_ocms(step: Call | Event) -> bool:
    """Return whether a step is a call, a job or a passing day."""
    return isinstance(step, Call) or step in {DAYS_PASS, MIDNIGHT}


def is_over(state: State) -> bool:
    """Return whether a notice is paid, in court, or held by a permanent suspension."""
    return bool(state.paid) or state.stage not in BEFORE_COURT or ps_holds(state)


TS_HST_ENDS = Goal(
    "U5: TS-HST that no call, job or passing day can close", lambda state: not under_hst(state), by_ocms
)
PAID_OR_IN_COURT = Goal(
    "U5: before court, and neither payment nor court can be reached",
    is_over,
    lambda step: by_ocms(step) or step is PAYMENT,
)


def other_records_end(exploration: Exploration) -> Iterator[Goal]:
    """Yield that every record of another reason can be closed: by CAS, or by the system that opens them."""
    for reason in sorted({each.reason for state in exploration.states for each in state.records}):
        if reason != "TS-HST":
            yield Goal(
                f"U5: {reason} that nothing can close",
                lambda state, reason=reason: all(each.reason != reason for each in state.records),  # type: ignore[misc]  # bound at once
                lambda _: True,
            )


def checked(space: Space, *further: StateCheck) -> Exploration:
    """Explore a space; raises `Broken` with the shortest path to what breaks a rule or a further check."""
    if space is WHOLE:
        return explore(space, of_a_state=(*OF_A_STATE, *further), of_an_edge=OF_AN_EDGE, keep_steps=False)
    if space is CONTRADICTIONS:
        states = tuple(check for check in OF_A_STATE if check is not row_shows_what_is_open)
        edges = (*OF_AN_EDGE, whoever_writes_puts_the_row_right)
    else:
        states, edges = OF_A_STATE, OF_AN_EDGE
    found = explore(space, of_a_state=(*states, *further), of_an_edge=edges)
    if space in {SUSPENSIONS, REASON_OF_BOTH_TYPES}:
        reach(found, [TS_HST_ENDS, *other_records_end(found)])
    elif space is not CONTRADICTIONS:
        reach(found, [TS_HST_ENDS])
    if space in {STAGES_AND_MONEY, LISTED_AND_PAID}:
        reach(found, [PAID_OR_IN_COURT])
    return found


def reach(exploration: Exploration, goals: Iterable[Goal]) -> None:
    """Raise `Broken` with the shortest path to a state from which a goal cannot be reached."""
    for goal in goals:
        missed = exploration.cut_off(goal.reached, goal.by)
        if missed:
            raise Broken("\n".join([goal.missed, *exploration.path(missed[0])]))

"""The exploration of a space, breadth first and to the end: every reachable state and every edge."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from attrs import define, field, frozen

from ocms_core.kernel.codes import Code
from tests.spec.state_space.effects import Effect, effects_of, with_effect
from tests.spec.state_space.operations import Call
from tests.spec.state_space.outside import Event
from tests.spec.state_space.states import PARTS, State

MOST_STATES = 2_000_000


class NoClosure(Exception):
    """An exploration met more states than any abstraction of a notice can have: it would never end."""


@frozen
class Space:
    """
    A part of what can happen to a notice.

    `reduced` maps a state to the one that stands for it in this space; `calls` and `events` lead on from it.
    """

    name: str
    starts: tuple[State, ...]
    calls: tuple[Call, ...]
    events: tuple[Event, ...]
    reduced: Callable[[State], State] = field(default=lambda state: state)
    most: int = MOST_STATES


@frozen(eq=False)
class Edge:
    """One call on one state: what it was answered with, and the state afterwards before any reduction."""

    call: Call
    before: State
    code: Code
    after: State

    def __str__(self) -> str:
        """Write the call, its answer and the state afterwards."""
        return f"{self.call.name} ({self.code.code} {self.code.text}): {self.after}"


@define
class Exploration:
    """
    The states of a space by their numbers, in the order they were met, and where each leads.

    `origin` is the number of the state each was first met from and what led there, `leads_to` the numbers of
    the states that a call or an event makes of it; a call that changes nothing is an edge that leads nowhere.
    """

    space: Space
    states: list[State] = field(factory=list)
    origin: list[tuple[int, Call | Event] | None] = field(factory=list)
    leads_to: list[list[tuple[int, Call | Event]]] = field(factory=list)
    edges: int = 0
    decisions: int = 0

    def path(self, number: int) -> list[str]:
        """Return the shortest way to a state, in the words of the rules."""
        step = self.origin[number]
        if step is None:
            return [f"at first: {self.states[number]}"]
        return [*self.path(step[0]), f"{step[1].name}: {self.states[number]}"]

    def cut_off(self, goal: Callable[[State], bool], by: Callable[[Call | Event], bool]) -> list[int]:
        """Return the numbers of the states from which no way of steps `by` leads to a goal."""
        comes_from: list[list[int]] = [[] for _ in self.states]
        for number, steps in enumerate(self.leads_to):
            for reached, step in steps:
                if by(step):
                    comes_from[reached].append(number)
        found = {number for number, state in enumerate(self.states) if goal(state)}
        waiting = list(found)
        while waiting:
            for number in comes_from[waiting.pop()]:
                if number not in found:
                    found.add(number)
                    waiting.append(number)
        return [number for number in range(len(self.states)) if number not in found]


StateCheck = Callable[[State], str | None]
EdgeCheck = Callable[[Edge], str | None]
"""What must hold; it returns what is broken, None where nothing is."""


class Broken(AssertionError):
    """An invariant does not hold in a state that can be reached; the message is the shortest path."""


def explore(
    space: Space,
    *,
    of_a_state: Sequence[StateCheck] = (),
    of_an_edge: Sequence[EdgeCheck] = (),
    keep_steps: bool = True,
    remember: bool = True,
) -> Exploration:
    """
    Drive every call and event from every state until no new state is met.

    Without `keep_steps` the exploration has no `leads_to`, which takes most of the memory; without `remember`
    every edge is decided anew, also where a state with the same facts was decided on before. Raises `Broken`
    with the shortest path at the first state or edge that fails a check, `NoClosure` when there are more
    states than the space may have.
    """
    found = Exploration(space)
    groups = groups_of(space.calls, remember=remember)
    numbers: dict[State, int] = {}

    def number_of(state: State, origin: tuple[int, Call | Event] | None) -> int:
        known = numbers.get(state)
        if known is not None:
            return known
        numbers[state] = number = len(found.states)
        if number == space.most:
            raise NoClosure(f"{space.name}: more than {space.most} states")
        found.states.append(state)
        found.origin.append(origin)
        found.leads_to.append([])
        for check in of_a_state:
            if broken := check(state):
                raise Broken("\n".join([broken, *found.path(number)]))
        return number

    for start in space.starts:
        number_of(space.reduced(start), None)
    for number, state in enumerate(found.states):  # which grows meanwhile
        reached = found.leads_to[number]
        for group in groups:
            for call, (code, effect) in zip(group.calls, group.outcomes(state), strict=True):
                after = with_effect(state, effect) if effect else state
                if of_an_edge:
                    edge = Edge(call, state, code, after)
                    for check in of_an_edge:
                        if broken := check(edge):
                            raise Broken("\n".join([broken, *found.path(number), str(edge)]))
                if effect:
                    target = number_of(space.reduced(after), (number, call))
                    if keep_steps:
                        reached.append((target, call))
            found.edges += len(group.calls)
        for event in space.events:
            later = event.after(state)
            if later is not None:
                found.edges += 1
                target = number_of(space.reduced(later), (number, event))
                if keep_steps:
                    reached.append((target, event))
    found.decisions = sum(group.decisions for group in groups)
    return found


class Group:
    """Calls that read the same parts of a state, each decided once for all states that agree in these."""

    def __init__(self, calls: Sequence[Call], *, remember: bool) -> None:
        self.calls = calls
        self.decisions = 0
        self._remember = remember
        self._read = itemgetter(*(PARTS[name] for name in calls[0].source.reads))
        self._known: dict[Any, tuple[tuple[Code, Effect], ...]] = {}

    def outcomes(self, state: State) -> tuple[tuple[Code, Effect], ...]:
        """Return the code and the effect of each call on a state."""
        key = self._read(state)
        known = self._known.get(key)
        if known is None:
            known = effects_of(self.calls, state)
            self.decisions += len(self.calls)
            if self._remember:
                self._known[key] = known
        return known


def groups_of(calls: Iterable[Call], *, remember: bool) -> list[Group]:
    """Divide calls into those that read the same."""
    by_reads: dict[tuple[str, ...], list[Call]] = {}
    for call in calls:
        by_reads.setdefault(call.source.reads, []).append(call)
    return [Group(group, remember=remember) for group in by_reads.values()]

"""A batch decided by class of facts, held against each of its notices decided alone."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ocms_core.kernel.changes import by_notice
from ocms_core.kernel.decisions import Decision
from tests.spec.state_space.operations import Source
from tests.spec.state_space.states import State, stored

Decide = Callable[[Sequence[str]], Decision[Any]]


def assert_decided_as_alone(decide: Decide, numbers: Sequence[str]) -> None:
    """Assert that a batch gets the answers and changes that each of its notices gets alone."""
    together, alone = decide(numbers), [decide([number]) for number in numbers]
    assert together.answers == tuple(answer for each in alone for answer in each.answers)
    changes = Counter(change for each in alone for change in by_notice(each.changes))
    assert Counter(by_notice(together.changes)) == changes


def seen_by(source: Source, states: Iterable[State]) -> list[Any]:
    """Return the facts of all states that differ in what a capability reads."""
    different = {tuple(getattr(state, name) for name in source.reads): state for state in states}
    return [source.facts(stored(state, source.reads)) for state in different.values()]

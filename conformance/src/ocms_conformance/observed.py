"""What is seen of one call of a random sequence, and what an invariant is."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import frozen

from ocms_conformance.comparison import Difference
from ocms_conformance.example import Answered
from ocms_conformance.reference_data import ReferenceData
from ocms_conformance.sequence_steps import Scene, Step


@frozen
class Observed:
    """A call of a sequence, the notices before and after it, and what the reads say then."""

    step: Step
    answer: Answered
    before: Scene
    after: Scene
    reference: ReferenceData
    type_alone: frozenset[str]
    search: Any = None
    details: dict[str, Any] | None = None

    @property
    def numbers(self) -> Sequence[str]:
        """The notices."""
        return self.after.numbers.notices


@frozen
class Invariant:
    """
    What holds after each call: its rules, its sentence, and where it does not.

    `of_reads`: it is about what search and details show, so both are called.
    """

    rule: tuple[str, ...]
    name: str
    broken: Callable[[Observed], Iterator[Difference]]
    of_reads: bool = False

"""Generates examples of a law until one breaks it, and shrinks that one."""

from collections.abc import Callable, Sequence
from typing import Any
from unittest import SkipTest

import httpx
from attrs import define, field, frozen
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy
from sqlalchemy.exc import SQLAlchemyError

from ocms_conformance.comparison import Difference
from ocms_conformance.example import AskStep, PutStep
from ocms_conformance.target import NotTried

# Examples made to find a smaller one, once one has failed.
SHRINKING_EXAMPLES = 250


@frozen
class Failure:
    """An example that breaks a rule: which one, how, and what was done."""

    subject: int
    differences: tuple[Difference, ...]
    steps: tuple[PutStep | AskStep, ...]
    numbers: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """How long it takes to read: its calls, then its rows."""
        calls = sum(isinstance(step, AskStep) for step in self.steps)
        rows = sum(
            len(each) for step in self.steps if isinstance(step, PutStep) for each in step.given.values()
        )
        return calls, rows


class Broken(Exception):
    """An example has failed."""


class Enough(SkipTest):
    """No further example is made: Hypothesis ends at once, where it would go on after one that is no use."""


@define
class Found:
    """What became of the examples of a law: how many held, the smallest that failed, why none was tried."""

    examples: int = 0
    failure: Failure | None = None
    not_tried: str = ""
    _after_failure: int = field(default=0)

    def note(self, failure: Failure | None) -> None:
        """Count an example; raise `Broken` for one that failed."""
        if failure is None:
            self.examples += self.failure is None
            return
        if self.failure is None or failure.size < self.failure.size:
            self.failure = failure
        raise Broken

    def begin(self) -> None:
        """Count an example that is made to shrink a failure; raise `Enough` when there were many."""
        if self.failure is not None:
            self._after_failure += 1
        if self._after_failure > SHRINKING_EXAMPLES:
            raise Enough("shrunk enough")

    def end(self, reason: str) -> None:
        """End because no example can be tried."""
        self.not_tried = reason
        raise Enough(reason)


def find(
    strategy: SearchStrategy[Any],
    attempt: Callable[[Any], Failure | None],
    *,
    examples: int,
    number: int,
) -> Found:
    """
    Try an attempt on drawn values, `examples` of them, the same for the same `number`.

    A value that fails is shrunk. A target may answer the same calls differently, so the smallest failure is
    the one seen, whatever the last repeat of it says.
    """
    found = Found()

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(strategy)
    def tried(drawn: Any) -> None:
        found.begin()
        try:
            failure = attempt(drawn)
        except NotTried as reason:
            found.end(str(reason))
        except (httpx.TransportError, SQLAlchemyError) as error:
            found.end(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
        else:
            found.note(failure)

    try:
        tried()
    except (Broken, Enough):
        pass
    except HypothesisException:
        # A target that answers the same calls differently is called flaky; what failed once has failed.
        if not found.failure and found.examples:
            raise
    return found


def failed(
    subject: int,
    differences: Sequence[Difference],
    steps: Sequence[PutStep | AskStep],
    numbers: Sequence[str],
) -> Failure | None:
    """Return a failure of some differences; None where there is none."""
    return Failure(subject, tuple(differences), tuple(steps), tuple(numbers)) if differences else None

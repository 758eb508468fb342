"""A case of the executable specification: what is given, what is asked, what is expected."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import pytest
from attrs import field, frozen

from ocms_core.kernel.changes import Change, by_notice
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal

# Covariant, as a case is never changed: a case with one notice fits a table of cases with any number.
Given_co = TypeVar("Given_co", covariant=True)
Asked_co = TypeVar("Asked_co", covariant=True)
Said_co = TypeVar("Said_co", covariant=True)
Test = TypeVar("Test", bound=Callable[..., Any])


@frozen(kw_only=True)
class Case(Generic[Given_co, Asked_co, Said_co]):
    """
    One example of one or more rules; `name` is a sentence.

    `given` is what the rule finds, `ask` what it is asked, `says` its answer and `writes` every
    change it makes, in order. What is expected is taken from the contract and the rules.
    """

    rule: str | tuple[str, ...]
    name: str
    given: Given_co = field(default=None)
    ask: Asked_co = field(default=None)
    says: Said_co
    writes: tuple[Change, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules it shows."""
        return (self.rule,) if isinstance(self.rule, str) else self.rule


def parametrize_cases(cases: Sequence[Case[Any, Any, Any]]) -> Callable[[Test], Test]:
    """Run a test once for each case, under the case's name and rules; the test takes it as `case`."""
    names = [case.name for case in cases]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"cases of one table need names of their own: {sorted(repeated)}")
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case.name, marks=pytest.mark.rule(*case.rules)) for case in cases]
    )


def outcome(verdict: Decision[Any] | Refusal) -> tuple[tuple[str, Code], ...] | Refusal:
    """Return the outcome of a decision: number and code of each item, or the refusal of the call."""
    if isinstance(verdict, Refusal):
        return verdict
    return tuple((answer.key, answer.code) for answer in verdict.answers)


def written(verdict: Decision[Any] | Refusal) -> tuple[Change, ...]:
    """Return the changes of a decision, notice by notice; a refused call has none."""
    return () if isinstance(verdict, Refusal) else tuple(by_notice(verdict.changes))

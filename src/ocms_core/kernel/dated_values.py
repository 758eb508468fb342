"""Values of the reference data that hold from a day on."""

from collections.abc import Hashable, Iterable
from datetime import date, timedelta
from itertools import zip_longest
from typing import Generic, TypeVar

from attrs import evolve

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.suspensions import SuspensionReason
from ocms_core.kernel.value_objects import value_object

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
ONE_DAY = timedelta(days=1)


@value_object
class DatedValue(Generic[Key, Value]):
    """
    What a key has from a first to a last day, both included.

    Without a last day it holds until another value of the key begins.
    """

    key: Key
    value: Value
    first_day: date
    last_day: date | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether a day is one of its days."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@value_object
class ReasonTerms:
    """Whether a reason of suspension is in use, and after how many days its suspensions end, if ever."""

    in_use: bool
    days: int | None


@rule("G18")
def values_on(day: date, dated: Iterable[DatedValue[Key, Value]]) -> dict[Key, DatedValue[Key, Value]]:
    """Return the dated value each key has on a day: of several that hold, the one that began last (G18)."""
    holding = (each for each in dated if each.holds_on(day))
    return {each.key: each for each in sorted(holding, key=lambda each: each.first_day)}


@value_object
class DatedValues:
    """
    All values that hold from a day on.

    The value of a dated move is whether the move is allowed.
    """

    parameters: tuple[DatedValue[tuple[str, str], str], ...] = ()
    moves: tuple[DatedValue[tuple[str, str], bool], ...] = ()
    reasons: tuple[DatedValue[SuspensionReason, ReasonTerms], ...] = ()


NONE_DATED = DatedValues()


@value_object
class Span(Generic[Key, Value]):
    """
    Days in a row, both included, on which one value holds.

    A day that is None is without end on that side; `dated` is None where no dated value holds.
    """

    first_day: date | None
    last_day: date | None
    dated: DatedValue[Key, Value] | None

    def includes(self, day: date) -> bool:
        """Return whether a day is one of its days."""
        return (self.first_day or date.min) <= day <= (self.last_day or date.max)


def spans(dated: Iterable[DatedValue[Key, Value]]) -> tuple[Span[Key, Value], ...]:
    """Divide all days into those on which one of a key's dated values holds, or none, in their order."""
    of_key = tuple(dated)
    begins = {each.first_day for each in of_key}
    ends = {each.last_day for each in of_key if each.last_day and each.last_day < date.max}
    edges = sorted({date.min, *begins, *(last_day + ONE_DAY for last_day in ends)})
    found: list[Span[Key, Value]] = []
    for first_day, following in zip_longest(edges, edges[1:]):
        holder = next(iter(values_on(first_day, of_key).values()), None)
        last_day = following - ONE_DAY if following else None
        if found and found[-1].dated is holder:
            found[-1] = evolve(found[-1], last_day=last_day)
        else:
            found.append(Span(first_day if found else None, last_day, holder))
    return tuple(found)

"""The tag that ties a function to the rules it decides."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

Ruled = TypeVar("Ruled")


def rule(*ids: str, first_day: date | None = None, last_day: date | None = None) -> Callable[[Ruled], Ruled]:
    """
    Mark what decides one or more rules, by rule id.

    The first sentence of the tagged function's or class's docstring is the reading of the rule. The
    rule index (`docs/rule-index.md`) is printed from these tags and the cases that cite the same
    ids; a tagged rule without a case fails the build.

    A reading that holds from a day on, or up to one, says so: both days are included, and those of
    Singapore. Its successor is another function with the same id, and `in_force` chooses between them.
    """

    def tag(ruled: Ruled) -> Ruled:
        ruled.__rules__ = ids  # type: ignore[attr-defined]  # functions and classes take attributes
        ruled.__days__ = (first_day or date.min, last_day or date.max)  # type: ignore[attr-defined]
        return ruled

    return tag


def in_force(day: date, *readings: Ruled) -> Ruled:
    """
    Return the one reading of a rule that holds on a day, for the decision and its explanation alike.

    Raise `LookupError` where none does, or several do.
    """
    holding = [each for each in readings if holds_on(day, each)]
    if len(holding) != 1:
        raise LookupError(f"{len(holding)} readings of a rule hold on {day}")
    return holding[0]


def holds_on(day: date, reading: object) -> bool:
    """Return whether a day is one of those a tagged function or class holds on."""
    first_day, last_day = getattr(reading, "__days__", (date.min, date.max))
    return bool(first_day <= day <= last_day)

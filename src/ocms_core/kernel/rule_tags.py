"""The tag that ties a function to the rules it decides."""

from collections.abc import Callable
from typing import TypeVar

Ruled = TypeVar("Ruled")


def rule(*ids: str) -> Callable[[Ruled], Ruled]:
    """
    Mark what decides one or more rules, by rule id.

    The first sentence of the tagged function's or class's docstring is the reading of the rule. The
    rule index (`docs/rule-index.md`) is printed from these tags and the cases that cite the same
    ids; a tagged rule without a case fails the build.
    """

    def tag(ruled: Ruled) -> Ruled:
        ruled.__rules__ = ids  # type: ignore[attr-defined]  # functions and classes take attributes
        return ruled

    return tag

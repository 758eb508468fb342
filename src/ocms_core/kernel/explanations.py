"""What an operation would answer for a notice now, and which rule decides it."""

from collections.abc import Callable
from typing import Any

from ocms_core.kernel.value_objects import value_object


@value_object
class Explanation:
    """One operation's answer for one notice, in words, and the ids of the rules that decide it."""

    operation: str
    answer: str
    rules: tuple[str, ...]


def because(operation: str, answer: str, *deciders: Callable[..., Any]) -> Explanation:
    """Explain an answer by the functions that decide it; their rule ids are read off their tags."""
    rules = tuple(rule for decider in deciders for rule in getattr(decider, "__rules__", ()))
    return Explanation(operation, answer, rules)

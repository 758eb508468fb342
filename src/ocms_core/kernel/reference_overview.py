"""The reference data as an operator reads it: what holds on a day, since when, and where to look again."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import TypeVar

from ocms_core.kernel.dated_values import DatedValue, ReasonTerms, spans
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@value_object
class HeldValue:
    """A value by name, in words, and the first and last day it holds on; None where there is none."""

    name: str
    text: str
    first_day: date | None = None
    last_day: date | None = None


def held_values(reference: Reference, day: date) -> Iterator[HeldValue]:
    """Yield every value of the reference data as it holds on a day, parameters, moves, then reasons."""
    held, dated = reference.on(day), reference.dated
    for key in sorted({*reference.parameters, *(each.key for each in dated.parameters)}):
        text = held.parameters.get(key, "none")
        yield with_days(" ".join(key), text, of_key(dated.parameters, key), day)
    for stage in sorted({from_stage for from_stage, _ in held.stage_map}):
        targets = sorted(target for from_stage, target in held.stage_map if from_stage == stage)
        yield HeldValue(f"moves from {stage}", ", ".join(targets))
    for pair in sorted({each.key for each in dated.moves}):
        text = "allowed" if pair in held.stage_map else "not allowed"
        yield with_days(" to ".join(pair), text, of_key(dated.moves, pair), day)
    for reason in sorted({*reference.suspension_reasons, *(each.key for each in dated.reasons)}, key=str):
        terms = ReasonTerms(reason in held.suspension_reasons, held.days_of_suspension.get(reason))
        yield with_days(str(reason), terms_text(terms), of_key(dated.reasons, reason), day)


def with_days(name: str, text: str, dated: Iterable[DatedValue[Key, Value]], day: date) -> HeldValue:
    """Return a value with the days around `day` on which it holds."""
    (span,) = (each for each in spans(dated) if each.includes(day))
    return HeldValue(name, text, span.first_day, span.last_day)


def of_key(dated: Iterable[DatedValue[Key, Value]], key: Key) -> tuple[DatedValue[Key, Value], ...]:
    """Return the dated values of one key."""
    return tuple(each for each in dated if each.key == key)


def terms_text(terms: ReasonTerms) -> str:
    """Write the terms of a reason of suspension."""
    if not terms.in_use:
        return "not in use"
    return "no end" if terms.days is None else f"{terms.days} days"


@rule("G18")
def validity_warnings(reference: Reference, today: date) -> Iterator[str]:
    """Yield a line for each day to come on which a parameter has no value or a key has two (G18)."""
    dated = reference.dated
    for key in sorted({each.key for each in dated.parameters}):
        values, name = of_key(dated.parameters, key), " ".join(key)
        if key not in reference.parameters:
            for span in spans(values):
                if span.dated is None and today <= (span.last_day or date.max):
                    since = f"from {span.first_day} " if span.first_day else ""
                    until = f"to {span.last_day}" if span.last_day else "on"
                    yield f"{name} has no value {since}{until}"
        yield from overlaps(name, values, today)
    for pair in sorted({each.key for each in dated.moves}):
        yield from overlaps(" to ".join(pair), of_key(dated.moves, pair), today)
    for reason in sorted({each.key for each in dated.reasons}, key=str):
        yield from overlaps(str(reason), of_key(dated.reasons, reason), today)


def overlaps(name: str, dated: Iterable[DatedValue[Key, Value]], today: date) -> Iterator[str]:
    """Yield a line for each value that another takes the place of before its own last day."""
    in_order = sorted(dated, key=lambda each: each.first_day)
    for earlier, later in combinations(in_order, 2):
        last_day = earlier.last_day
        if last_day and max(later.first_day, today) <= last_day:
            yield f"{name} from {later.first_day} comes before the end of the one to {last_day}"

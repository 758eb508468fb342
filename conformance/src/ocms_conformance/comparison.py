"""Compares what was found with what a case expects, which may leave values open."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from ocms_conformance.templates import Moment


@frozen
class Difference:
    """A value that is not as expected, and where; `own` marks one that only concerns this product's words."""

    place: str
    expected: object
    found: object
    own: bool = False

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.place}: expected {self.expected!r}, found {self.found!r}"


def differences(expected: Any, found: Any, moment: Moment, place: str = "answer") -> Iterator[Difference]:
    """
    Yield each difference of a JSON document from the one expected.

    `{"$any": value}` takes any value of that kind, `{"$starts": items}` an array that goes on,
    `{"$sum": "150.00"}` the number written so, `{"$own": text}` a text that is this product's own.
    """
    if isinstance(expected, Mapping):
        yield from differences_of_mapping(expected, found, moment, place)
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield Difference(place, expected, found)
            return
        yield from differences_of_items(expected, found, moment, place)
    elif isinstance(expected, str):
        if not isinstance(found, str) or not moment.fits(expected, found):
            yield Difference(place, moment.written(expected), found)
    elif type(expected) is not type(found) or expected != found:
        yield Difference(place, expected, found)


def differences_of_mapping(
    expected: Mapping[str, Any], found: Any, moment: Moment, place: str
) -> Iterator[Difference]:
    """Yield the differences from an object; one with a name of its own too many is no difference."""
    if "$any" in expected:
        yield from differences_of_kind(expected["$any"], found, place)
    elif "$sum" in expected:
        if not isinstance(found, Decimal) or str(found) != expected["$sum"]:
            yield Difference(place, Decimal(expected["$sum"]), found)
    elif "$own" in expected:
        for each in differences(expected["$own"], found, moment, place):
            yield Difference(each.place, each.expected, each.found, own=isinstance(found, str))
    elif "$starts" in expected:
        if not isinstance(found, list) or len(found) < len(expected["$starts"]):
            yield Difference(place, expected["$starts"], found)
            return
        yield from differences_of_items(expected["$starts"], found, moment, place)
    elif not isinstance(found, Mapping):
        yield Difference(place, expected, found)
    else:
        for name, each in expected.items():
            if name not in found:
                yield Difference(f"{place}.{name}", each, "nothing")
            else:
                yield from differences(each, found[name], moment, f"{place}.{name}")


def differences_of_items(
    expected: list[Any], found: list[Any], moment: Moment, place: str
) -> Iterator[Difference]:
    """Yield the differences of the items of an array that has at least as many."""
    for number, each in enumerate(expected):
        yield from differences(each, found[number], moment, f"{place}[{number}]")


def differences_of_kind(example: Any, found: Any, place: str) -> Iterator[Difference]:
    """Yield a difference where a value is of another kind than an example; null is of every kind."""
    kind = kind_of(example)
    if None not in (found, example) and kind_of(found) != kind:
        yield Difference(place, f"a {kind}, such as {example!r}", found)


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value."""
    if isinstance(value, Mapping):
        return "number" if "$sum" in value else "object"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    return "array" if isinstance(value, list) else "text"

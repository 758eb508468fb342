"""
Data of other systems and of files, structured into attrs types by one strict converter.

Nothing is converted silently: a number is not taken for text, nor text for a list. Unknown names are ignored
(G7). What is wrong is told by field, as a path like `data.notices[3].amountPayable`, and never by value: a
value may be personal.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, NewType, TypeVar, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.cols import homogenous_tuple_structure_factory, is_mapping, mapping_structure_factory
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ocms_core.kernel.dates import timestamp
from ocms_core.kernel.errors import OcmsError

Shape = TypeVar("Shape")
Hook = Callable[[Any, Any], Any]

Seconds = NewType("Seconds", float)
"""A number of seconds; some token endpoints write it as text."""

DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?")
MOST_PROBLEMS = 3


class MalformedData(OcmsError):
    """Data of another system or of a file is not of the agreed form; `problems` names fields, no values."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        further = len(problems) - MOST_PROBLEMS
        listed = [*problems[:MOST_PROBLEMS], *([f"{further} more"] if further > 0 else [])]
        super().__init__(f"{source} is malformed: {', '.join(listed)}")
        self.problems = tuple(problems)


class Mismatch(ValueError):
    """One value is not of its field's type; the text says what is wrong with it, without repeating it."""

    def __init__(self, value: object, expected: str) -> None:
        super().__init__("is null" if value is None else f"is not {expected}")


class StrictConverter(Converter):
    """
    A converter whose hooks take JSON's own types alone.

    `json_name` gives the JSON name of an attrs field, `amount` reads an amount of money.
    """

    def __init__(self, json_name: Callable[[str], str], amount: Callable[[object], Decimal]) -> None:
        super().__init__()
        self.json_name = json_name
        readers: Mapping[Any, Callable[[Any], Any]] = {
            str: text,
            bool: true_or_false,
            int: whole_number,
            Decimal: amount,
            datetime: moment,
            date: day,
            Seconds: seconds,
        }
        for kind, reader in readers.items():
            self.register_structure_hook(kind, hook_of(reader))
        self.register_structure_hook_factory(is_mapping, structure_mapping)
        self.register_structure_hook_factory(is_tuple, structure_tuple)
        self.register_structure_hook_factory(attrs.has, self._structure_class)
        self.register_unstructure_hook_factory(attrs.has, self._unstructure_class)

    def read(self, data: object, form: type[Shape], source: str, *, at: str = "") -> Shape:
        """
        Structure data into an attrs type, refusing wrong types and ignoring unknown names (G7).

        `source` says whose data it is and `at` where in it the data stood. Raises `MalformedData`.
        """
        try:
            return self.structure(data, form)
        except (BaseValidationError, Mismatch) as error:
            problems = [f"{path or 'it'} {wrong}" for path, wrong in self._problems(error, at)]
        # The cause holds the values, so that it is left out of the traceback.
        raise MalformedData(source, problems)

    def _structure_class(self, kind: Any, _: object = None) -> Hook:
        return for_type(Mapping, "an object", make_dict_structure_fn(kind, self, **self._renamed(kind)))

    def _unstructure_class(self, kind: Any, _: object = None) -> Callable[[Any], dict[str, Any]]:
        return make_dict_unstructure_fn(kind, self, **self._renamed(kind))

    def _renamed(self, kind: Any) -> dict[str, Any]:
        return {each.name: override(rename=self.json_name(each.name)) for each in attrs.fields(kind)}

    def _problems(self, error: BaseException, path: str) -> Iterator[tuple[str, str]]:
        """Walk an error of cattrs to its leaves; yields the path of each and what is wrong there."""
        if isinstance(error, BaseValidationError):
            for inner in error.exceptions:
                yield from self._problems(inner, path + self._step(inner, first=not path))
        elif isinstance(error, Mismatch):
            yield path, str(error)
        else:
            yield path, "is missing" if isinstance(error, KeyError) else "is malformed"

    def _step(self, error: BaseException, *, first: bool) -> str:
        """Return the last part of the path to an error, without the key of a mapping: it may be personal."""
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                return ("" if first else ".") + self.json_name(note.name)
            if isinstance(note, IterableValidationNote):
                return f"[{note.index}]" if isinstance(note.index, int) else "[*]"
        return ""


def camel_case(name: str) -> str:
    """Return the JSON name of a field: `notice_no` is `noticeNo`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def hook_of(reader: Callable[[Any], Any]) -> Hook:
    """Return the hook that reads a value whatever type is asked for."""
    return lambda value, _: reader(value)


def for_type(kind: type, expected: str, hook: Callable[..., Any]) -> Hook:
    """Return a hook that first checks the type: those of cattrs take whatever can be iterated over."""

    def checked(value: Any, form: Any) -> Any:
        if not isinstance(value, kind):
            raise Mismatch(value, expected)
        return hook(value, form)

    return checked


def structure_mapping(form: Any, converter: Converter) -> Hook:
    """Return the hook of a mapping; only an object will do."""
    return for_type(Mapping, "an object", mapping_structure_factory(form, converter, dict))


def is_tuple(form: Any) -> bool:
    """Return whether a type is a tuple with types of its own."""
    return get_origin(form) is tuple


def structure_tuple(form: Any, converter: Converter) -> Hook:
    """Return the hook of a tuple, of any length or of one; only a list will do."""
    kinds = get_args(form)
    if kinds[-1] is Ellipsis:
        return for_type(list, "a list", homogenous_tuple_structure_factory(form, converter))
    hooks = [converter.get_structure_hook(kind) for kind in kinds]

    def structure(values: list[Any], _: Any) -> tuple[Any, ...]:
        if len(values) != len(kinds):
            raise Mismatch(values, f"a list of {len(kinds)}")
        return tuple(hook(value, kind) for hook, value, kind in zip(hooks, values, kinds, strict=True))

    return for_type(list, f"a list of {len(kinds)}", structure)


def text(value: object) -> str:
    """Read text."""
    if not isinstance(value, str):
        raise Mismatch(value, "text")
    return value


def true_or_false(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Mismatch(value, "true or false")
    return value


def whole_number(value: object) -> int:
    """Read a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Mismatch(value, "a whole number")
    return value


def amount_number(value: object) -> Decimal:
    """Read an amount of dollars and cents written as a number (G6), parsed as Decimal or int before."""
    if not isinstance(value, Decimal | int) or isinstance(value, bool) or not Decimal(value).is_finite():
        raise Mismatch(value, "a number")
    return Decimal(value)


def amount_text(value: object) -> Decimal:
    """Read an amount of dollars and cents written as text, as files keep it."""
    try:
        amount = Decimal(text(value))
    except InvalidOperation:
        raise Mismatch(value, "an amount") from None
    if not amount.is_finite():
        raise Mismatch(value, "an amount")
    return amount


def moment(value: object) -> datetime:
    """Read an ISO 8601 date and time; without an offset it is Singapore time (G5)."""
    read = timestamp(value) if isinstance(value, str) else None
    if read is None:
        raise Mismatch(value, "an ISO 8601 date and time")
    return read


def day(value: object) -> date:
    """Read an ISO 8601 date."""
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        raise Mismatch(value, "an ISO 8601 date") from None


def seconds(value: object) -> Seconds:
    """Read a number of seconds, or its digits."""
    number = float(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value
    if not isinstance(number, int | float) or isinstance(number, bool) or not isfinite(number):
        raise Mismatch(value, "a number")
    return Seconds(float(number))


JSON_BODIES = StrictConverter(camel_case, amount_number)
"""Reads and writes the JSON of OCMS and DataHive: names in camel case, amounts as numbers."""

RECORDS = StrictConverter(str, amount_text)
"""Reads and writes what is spelled as our fields are: files of our own, tokens, settings; amounts as text."""

"""What is left out of a value means nothing: none, no, zero or empty, but for a few that are named here."""

import pkgutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

import ocms_core
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.dated_values import DatedValues
from ocms_core.kernel.sheets import CellKind
from ocms_core.kernel.suspensions import NOT_SUSPENDED, Suspensions

# What nothing is of each type; of one that may be None it is that.
NOTHING: Mapping[object, object] = {
    object: None,
    bool: False,
    int: 0,
    str: "",
    tuple: (),
    list: [],
    frozenset: frozenset(),
    timedelta: timedelta(0),
    Suspensions: Suspensions(),
    DatedValues: DatedValues(),
}
OTHERS: Mapping[str, object] = {
    "Suspensions.shown": NOT_SUSPENDED,
    "HstListQuery.limit": 10,
    "StuckCaseQuery.limit": 20,
    "LockRequest.tries": 1,
    "StoredAnswer.is_final": True,
    "Column.kind": CellKind.TEXT,
    "Column.width": 16,
    "Correction.closing_reason": "CSR",
    "FieldPosition.read": str.strip,
    "FieldPosition.write": str,
    "MhaRecord.address": RegisteredAddress(),
}


def fields_with_a_default() -> Iterator[tuple[str, object, Any]]:
    """Yield every field of the core's types that may be left out: its name, its type, its default."""
    for found in pkgutil.walk_packages(ocms_core.__path__, "ocms_core."):
        for each in vars(import_module(found.name)).values():
            if isinstance(each, type) and each.__module__ == found.name and attrs.has(each):
                hints = get_type_hints(each)
                for field in attrs.fields(each):
                    if field.default is not attrs.NOTHING:
                        default: Any = field.default
                        made = default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]
                        yield f"{each.__name__}.{field.name}", hints[field.name], made


FIELDS = tuple(fields_with_a_default())


def nothing_of(kind: Any) -> object:
    """Return what a field of a type is when nothing is said of it."""
    origin = get_origin(kind) or kind
    if origin in (Union, UnionType) and NoneType in get_args(kind):
        return None
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    return NOTHING[origin]


@pytest.mark.parametrize("name, kind, default", FIELDS, ids=[name for name, _, _ in FIELDS])
def test_what_is_left_out_means_nothing(name: str, kind: object, default: object) -> None:
    expected = OTHERS[name] if name in OTHERS else nothing_of(kind)
    assert (type(default), default) == (type(expected), expected)


def test_every_exception_is_one() -> None:
    assert OTHERS.keys() <= {name for name, _, _ in FIELDS}

"""Value objects compare, hash and show themselves as attrs' own frozen classes do."""

import copy
import pickle

import pytest
from attrs import evolve, field, frozen
from attrs.exceptions import FrozenInstanceError

from ocms_core.kernel.credentials import CallAllowed
from ocms_core.kernel.offender_details import Person
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.kernel.suspensions import SuspensionReason
from ocms_core.kernel.value_objects import value_object


@value_object
class Secret:
    name: str
    secret: str = field(repr=False)
    parts: list[str] = field(factory=list)


@value_object
class Other:
    name: str
    secret: str
    parts: list[str]


class ByAttrs:
    @frozen
    class Secret:
        name: str
        secret: str = field(repr=False)
        parts: list[str] = field(factory=list)


def test_the_fields_of_objects_of_one_class_are_compared() -> None:
    assert Secret("a", "b") == Secret("a", "b", [])
    assert Secret("a", "b") != Secret("a", "c")
    others: tuple[object, ...] = (Other("a", "b", []), ("a", "b", []))
    assert all(Secret("a", "b") != other for other in others)
    assert CallAllowed() == CallAllowed()


def test_equal_objects_hash_alike_and_what_holds_a_list_has_no_hash() -> None:
    assert hash(SuspensionReason("TS", "HST")) == hash(SuspensionReason("TS", "HST"))
    assert len({SuspensionReason("TS", "HST"), SuspensionReason("TS", "HST"), CallAllowed()}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret("a", "b"))


def test_the_text_is_that_of_attrs_and_shows_no_hidden_field() -> None:
    assert repr(Secret("a", "b")) == repr(ByAttrs.Secret("a", "b")).removeprefix("ByAttrs.")
    assert repr(Secret("a", "b")) == "Secret(name='a', parts=[])"
    assert repr(Person("N", "S1234567A", "JOHN LEE")) == "Person(...)"


def test_an_object_has_slots_and_cannot_be_changed() -> None:
    step = NextStage("RD1", None)
    with pytest.raises(FrozenInstanceError):
        step.stage = "RD2"  # type: ignore[misc]
    assert not hasattr(step, "__dict__")
    assert evolve(step, stage="RD2") == NextStage("RD2", None)


def test_an_object_survives_copying_and_pickling() -> None:
    step = NextStage("RD1", None)
    assert copy.deepcopy(step) == step
    assert pickle.loads(pickle.dumps(step)) == step

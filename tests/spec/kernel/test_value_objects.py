"""Value objects are attrs' own frozen classes in everything, whenever they are first used."""

import copy
import importlib
import pickle
import pkgutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve, field, fields, frozen, has
from attrs.exceptions import FrozenInstanceError

import ocms_core
from ocms_core.kernel.credentials import CallAllowed
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.kernel.suspensions import SuspensionReason
from ocms_core.kernel.value_objects import value_object
from ocms_core.offenders.request_reader import ParticularsPatch
from ocms_core.stages.request_checks import Criteria


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
    assert repr(MailingAddress("1", "ORCHARD ROAD")) == "Address(...)"
    assert repr(FurnishDetail(remarks="about John")) == "FurnishDetail(...)"
    assert repr(Criteria(notice_no="N1", id_no="S1234567A")) == repr(Criteria(notice_no="N1"))
    patch = ParticularsPatch("N1", "O", {"name": "JOHN"}, {"street_name": "ORCHARD"}, {"remarks": "John"})
    assert repr(patch) == "ParticularsPatch(notice_no='N1', role='O')"


def test_an_object_has_slots_and_cannot_be_changed() -> None:
    step = NextStage("RD1", None)
    with pytest.raises(FrozenInstanceError):
        step.stage = "RD2"  # type: ignore[misc]
    assert not hasattr(step, "__dict__")
    assert step.__weakref__ is None  # type: ignore[attr-defined]  # a slot that mypy does not know
    assert evolve(step, stage="RD2") == NextStage("RD2", None)


def test_a_class_has_all_that_attrs_makes_of_one() -> None:
    step = NextStage("RD1", None)
    assert vars(ByAttrs.Secret).keys() <= vars(type(Secret("a", "b"))).keys()
    with pytest.raises(FrozenInstanceError):
        del step.stage
    match step:
        case NextStage(stage, None):
            assert stage == "RD1"
        case _:
            raise AssertionError


def test_an_object_survives_copying_and_pickling() -> None:
    step = NextStage("RD1", None)
    assert copy.deepcopy(step) == step
    assert pickle.loads(pickle.dumps(step)) == step


def fresh() -> type[Secret]:
    """Return a class nobody has used yet."""

    @value_object
    class Fresh:
        name: str
        secret: str = field(repr=False)
        parts: list[str] = field(factory=list)

    return Fresh  # type: ignore[return-value]  # has the fields of a Secret


def test_a_class_nobody_has_used_has_its_fields_and_takes_a_pickled_state() -> None:
    assert has(fresh())
    assert [each.name for each in fields(fresh())] == ["name", "secret", "parts"]
    unpickled = object.__new__(fresh())
    unpickled.__setstate__({"name": "a", "secret": "b", "parts": []})  # type: ignore[attr-defined]
    assert (unpickled.name, unpickled.secret) == ("a", "b")


def test_wrong_arguments_are_named_at_the_first_use_too() -> None:
    with pytest.raises(TypeError, match=r"Fresh.__init__\(\) missing 2 required positional arguments"):
        fresh()()  # type: ignore[call-arg]


def test_many_threads_may_use_a_class_first() -> None:
    for _ in range(20):
        cls, together = fresh(), threading.Barrier(8)

        def make(number: int, cls: type[Secret] = cls, together: threading.Barrier = together) -> Secret:
            together.wait()
            return cls(str(number % 2), "b")

        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(make, range(8)))
        assert all((one == other) is (one.name == other.name) for one in made for other in made)


def test_every_value_object_of_the_core_can_be_built() -> None:
    modules = [
        importlib.import_module(each.name) for each in pkgutil.walk_packages(ocms_core.__path__, "ocms_core.")
    ]
    classes = {
        each for module in modules for each in vars(module).values() if isinstance(each, type) and has(each)
    }
    assert len(classes) > 100
    assert all(isinstance(fields(each), tuple) for each in classes)
    assert not [each for each in classes if "__dict__" in dir(each) and not issubclass(each, Exception)]

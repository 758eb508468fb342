"""The decorator of the core's value objects: attrs classes that attrs builds when they are first used."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen

__all__ = ["value_object"]

# What attrs makes of a class; the initialiser last, so that no thread gets an object of half a class.
BUILT = (
    *("__attrs_attrs__", "__attrs_props__", "__match_args__", "__eq__", "__ne__", "__hash__", "__repr__"),
    *("__setattr__", "__delattr__", "__getstate__", "__setstate__", "__init__"),
)

if TYPE_CHECKING:
    # A type checker is shown what it is: attrs' own decorator.
    from attrs import frozen as value_object
else:

    def value_object(cls: type) -> type:
        """
        Make a class an `attrs.frozen` class, built when its first object is made or attrs needs its fields.

        attrs compiles the methods of every class, which is most of what importing the core would cost, for
        classes of which a program uses a few. Until it is built the class has its slots and its own methods.
        A class with a `cached_property`, which needs a slot of its own, takes `attrs.frozen` itself.
        """

        def build() -> None:
            built = frozen(cls).__dict__
            for name in BUILT:
                if name in built:
                    setattr(made, name, built[name])

        names = tuple(cls.__annotations__)
        replaced = {*names, "__dict__", "__weakref__"}
        own = {name: value for name, value in cls.__dict__.items() if name not in replaced}
        own |= {
            "__slots__": (*names, "__weakref__"),
            "__attrs_attrs__": FieldsOnFirstUse(build),
            "__init__": method_on_first_use("__init__", build),
            "__setstate__": method_on_first_use("__setstate__", build),
        }
        made = type(cls)(cls.__name__, cls.__bases__, own)
        return made


def method_on_first_use(name: str, build: Callable[[], None]) -> Callable[..., Any]:
    """Return a method that builds the class, by which attrs' own replaces it, and calls that."""

    def method(self: object, *arguments: object, **named: object) -> Any:
        build()
        return getattr(self, name)(*arguments, **named)

    return method


class FieldsOnFirstUse:
    """Stands for the fields of a class until attrs asks for them."""

    def __init__(self, build: Callable[[], None]) -> None:
        self.build = build

    def __get__(self, _instance: object, owner: Any) -> Any:
        """Build the class and return its fields."""
        self.build()
        return owner.__attrs_attrs__

"""The decorator of the core's value objects: attrs classes that cost little to import."""

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from attrs import fields, frozen

__all__ = ["value_object"]

if TYPE_CHECKING:
    # A type checker is shown what it is: attrs' own decorator.
    from attrs import frozen as value_object
else:

    def value_object(cls: type) -> type:
        """
        Make a class an `attrs.frozen` class whose comparison, hash and text are shared functions.

        attrs compiles these methods anew for each class, for twice what the rest of the class costs. Those
        here mean the same: fields are compared in order and between objects of the same class only, and
        the text shows every field without `repr=False`. A method the class has itself is kept.
        """

        def equal(self: object, other: object) -> bool:
            return values(self) == values(other) if other.__class__ is made else NotImplemented

        def hashed(self: object) -> int:
            return hash(values(self))

        for name, method in (("__eq__", equal), ("__hash__", hashed), ("__repr__", text)):
            if name not in cls.__dict__:
                setattr(cls, name, method)
        made = frozen(cls, eq=False, repr=False, auto_attribs=True, auto_detect=False, auto_exc=False)
        names = [each.name for each in fields(made)]
        values = attrgetter(*names) if names else no_values
        return made


def no_values(_value: object) -> tuple[()]:
    """Return the values of an object without fields."""
    return ()


def text(value: Any) -> str:
    """Return the class and the fields of an object as attrs writes them: `Limit(calls=10, seconds=60)`."""
    parts = (f"{each.name}={getattr(value, each.name)!r}" for each in fields(type(value)) if each.repr)
    return f"{type(value).__qualname__.rpartition('>.')[2]}({', '.join(parts)})"

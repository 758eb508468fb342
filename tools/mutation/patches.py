"""A mutant of functions alone, put into the functions of a process that has imported everything."""

import gc
from collections.abc import Iterator, Mapping
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType
from typing import TypeAlias

from attrs import frozen

from tools.mutation import CORE
from tools.mutation.changes import Mutant

Key: TypeAlias = tuple[str, str, int]
"""What a function is known by: file, qualified name and first line."""


class NotPatchable(Exception):
    """A change that is not in the body of a function, or whose function nobody holds."""


@frozen(eq=False)
class Patch:
    """The functions a mutant changes, with the code of each."""

    codes: tuple[tuple[FunctionType, CodeType], ...]

    def apply(self) -> None:
        """Change the functions; raise `ValueError` for one that shares other variables now."""
        for function, code in self.codes:
            function.__code__ = code


def patch(mutant: Mutant, original: str, functions: Mapping[Key, list[FunctionType]]) -> Patch:
    """Return what changes the functions of this process into those of a mutant. Raises `NotPatchable`."""
    path = str(mutant.module)
    before, after = (compile(text, path, "exec", dont_inherit=True) for text in (original, mutant.text))
    codes = []
    for old, new in changed_functions(before, after):
        held = functions.get(key_of(old), [])
        if not held:
            raise NotPatchable
        codes += [(function, new) for function in held]
    if not codes:
        raise NotPatchable
    return Patch(tuple(codes))


def changed_functions(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the functions of a module, or of a class body, that differ. Raises `NotPatchable`."""
    olds, news = nested(before), nested(after)
    if own_parts(before) != own_parts(after) or len(olds) != len(news):
        raise NotPatchable
    for old, new in zip(olds, news, strict=True):
        if not old.co_flags & CO_OPTIMIZED:  # the body of a class
            yield from changed_functions(old, new)
        elif everything(old) != everything(new):
            if old.co_name.startswith("<") and old.co_name != "<lambda>":  # runs while the module is imported
                raise NotPatchable
            yield old, new


def nested(code: CodeType) -> list[CodeType]:
    """Return the code objects a code object makes its functions and classes of."""
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def own_parts(code: CodeType) -> tuple[object, ...]:
    """Return what a code object does itself, whatever its lines."""
    constants = [(type(each), repr(each)) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars


def everything(code: CodeType) -> tuple[object, ...]:
    """Return what a code object and all that is nested in it do, whatever their lines."""
    return own_parts(code), code.co_name, [everything(each) for each in nested(code)]


def key_of(code: CodeType) -> Key:
    """Return what the function of a code object is known by."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


def functions_of_the_core() -> dict[Key, list[FunctionType]]:
    """Return every function of the core that this process holds."""
    found: dict[Key, list[FunctionType]] = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and Path(each.__code__.co_filename).is_relative_to(CORE):
            found.setdefault(key_of(each.__code__), []).append(each)
    return found

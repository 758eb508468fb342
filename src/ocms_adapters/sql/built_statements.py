"""Statements are built once for each database in a process and shared by every engine and every call."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy import Dialect

Built = TypeVar("Built")

BUILT: dict[tuple[Callable[[Dialect], Any], str], Any] = {}


def built_once(build: Callable[[Dialect], Built], dialect: Dialect) -> Built:
    """
    Return what `build` makes of a dialect; it is called once for each kind of database.

    Two engines of one kind of database differ in how they connect, never in the text of a statement.
    """
    key = (build, dialect.name)
    if key not in BUILT:
        BUILT[key] = build(dialect)
    return cast("Built", BUILT[key])

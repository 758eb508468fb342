"""What a sheet of a report is: titled columns and typed rows, before any file format."""

from collections.abc import Iterable
from enum import Enum, unique
from typing import Any

from ocms_core.kernel.value_objects import value_object


@unique
class CellKind(Enum):
    """What the cells of a column hold; None is an empty cell in each."""

    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"
    DAY = "day"
    MOMENT = "moment"


@value_object
class Column:
    """One column: its title, what its cells hold, and how many characters wide it is shown."""

    title: str
    kind: CellKind = CellKind.TEXT
    width: int = 16


@value_object
class Sheet:
    """
    A sheet: rows in the order of the columns, read once and never all at the same time.

    TEXT cells are str, WHOLE int, MONEY Decimal, DAY date or datetime, MOMENT datetime; an aware
    moment is shown in Singapore time (G5).
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Any, ...]]

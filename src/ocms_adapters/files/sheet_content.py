"""What a sheet of a spreadsheet file holds, before its titles are looked at."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from attrs import frozen


class UnreadableTable(ValueError):
    """A file cannot be read as a table; the message is one line with its name and what to do."""


@frozen
class UnreadableCell:
    """A cell whose text cannot be said: what is wrong with it, and what to do."""

    problem: str


CellText: TypeAlias = str | UnreadableCell


@frozen
class SheetContent:
    """The cells of a sheet that are not blank, by row and column, both from 1; what of them is hidden."""

    rows: Mapping[int, Mapping[int, CellText]]
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell: row 2, column 28 is AB2."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers in words, what follows on one another as a range: `3, 5 to 9`."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in found)

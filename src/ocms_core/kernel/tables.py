"""Rows of a table that came in as a file."""

from collections.abc import Mapping

from ocms_core.kernel.value_objects import value_object


@value_object
class CellProblem:
    """A cell that cannot be read: its title and name, and what is wrong with it and to be done."""

    cell: str
    problem: str


@value_object
class TableRow:
    """
    One row: its number as a spreadsheet shows it, and its cells as text by their titles.

    With a `problem` the row cannot be read as a whole; `cells` then has what can.
    """

    number: int
    cells: Mapping[str, str]
    problem: CellProblem | None = None

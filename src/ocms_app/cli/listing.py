"""How a command shows a list: as a table for people, with `--json` as one JSON document for programs."""

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

MINUTE = "%Y-%m-%d %H:%M"
SECOND = "%Y-%m-%d %H:%M:%S"
# Wider than any line: what does not go to a terminal is cut or wrapped nowhere.
UNBOUNDED = 100_000
# A wrapped text narrower than this is not worth showing.
SHORTEST_WRAPPED = 12

HowMany: TypeAlias = Annotated[int, Parameter(validator=Number(gte=1, lte=1_000_000))]
"""The option of how many are listed at most: no more than a database takes for a number."""

AsJson: TypeAlias = Annotated[
    bool, Parameter(name="--json", negative="", help="Print JSON instead of a table.")
]
"""The option of every command that shows a list."""


def show_list(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    as_json: bool,
    wrapped: Collection[str] = (),
    moments: str = MINUTE,
) -> None:
    """
    Print rows under their columns, or as a JSON list of objects.

    Where a terminal is too narrow, the texts of the columns `wrapped` go on in the next line; if that is not
    enough, the last columns are left out and named on standard error. No value is cut.
    """
    rows = list(rows)
    if as_json:
        names = [column.replace(" ", "_") for column in columns]
        print(json.dumps([dict(zip(names, map(json_value, row), strict=True)) for row in rows], indent=1))
        return
    console = Console(
        width=None if sys.stdout.isatty() else UNBOUNDED, markup=False, emoji=False, highlight=False
    )
    shown = next(
        count
        for count in range(len(columns), 0, -1)
        if count == 1 or fits(table_of(columns[:count], rows, wrapped, moments), console)
    )
    console.print(table_of(columns[:shown], rows, wrapped, moments))
    if left_out := columns[shown:]:
        print(f"Too narrow for {', '.join(left_out)}; --json prints all.", file=sys.stderr)


def table_of(
    columns: Sequence[str], rows: Iterable[Sequence[object]], wrapped: Collection[str], moments: str
) -> Table:
    """Return a table of these columns; but for those wrapped, each is as wide as its longest value."""
    cells = [[cell_text(value, moments) for value in row[: len(columns)]] for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for at, column in enumerate(columns):
        if column in wrapped:
            table.add_column(column, overflow="fold", min_width=SHORTEST_WRAPPED)
        else:
            widest = max(map(cell_len, (column, *(row[at] for row in cells))))
            table.add_column(column, no_wrap=True, min_width=widest)
    for row in cells:
        table.add_row(*row)
    return table


def fits(table: Table, console: Console) -> bool:
    """Return whether a table can be shown in a console's width with no value cut."""
    unbounded = console.options.update(width=UNBOUNDED)
    return Measurement.get(console, unbounded, table).minimum <= console.width


def cell_text(value: object, moments: str) -> str:
    """Return a value as a table shows it; empty for None."""
    if isinstance(value, datetime):
        return value.strftime(moments)
    return "" if value is None else str(value.value if isinstance(value, Enum) else value)


def json_value(value: object) -> object:
    """Return a value as JSON has it: moments in ISO 8601, durations in seconds."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, bool | int | float | None) else str(value)

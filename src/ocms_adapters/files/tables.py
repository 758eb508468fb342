"""Tables of texts in CSV and Excel files, as people's programs write them."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from attrs import frozen

from ocms_adapters.files.sheet_content import (
    CellText,
    SheetContent,
    UnreadableCell,
    UnreadableTable,
    cell_name,
    ranges,
)
from ocms_adapters.files.workbooks import read_workbook
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.tables import CellProblem, TableRow

TABLES = (".csv", ".xlsx")
SEPARATORS = (",", ";", "\t")
LINE_END = re.compile(r"[\r\n]")
# Zero-width characters that a file joined from others keeps at the beginning of a title.
INVISIBLE = "\ufeff\u200b\u2060"
NO_TITLE = (
    "stands under no title; move it to its column, or in CSV put quotation marks around a value with a comma"
)


class WrongTitles(UnreadableTable):
    """The titles of a table are not those it must have; nothing of it is used."""


@frozen
class Table:
    """The rows of a table that are not blank, and what whoever reads it has to know besides."""

    rows: tuple[TableRow, ...]
    notes: tuple[str, ...] = ()


def read_table(path: Path, known: Sequence[str], required: Collection[str]) -> Table:
    """
    Read a `.csv` or `.xlsx` file with its titles in the first row, every cell as the text that is shown.

    Each row comes with its number in the file, as a spreadsheet shows it; blank rows are left out. Of
    a workbook the first visible sheet counts. Raises `UnreadableTable`, a `ValueError`, for any other file,
    for one that is no table and for titles other than the `known` ones or without the `required` ones,
    `OSError` for a file that cannot be opened.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        raise UnreadableTable(f"{path.name}: a table is a .csv or an .xlsx file.")
    content = read_workbook(path) if suffix == ".xlsx" else read_csv(path.read_bytes(), path.name)
    return table_of(content, path.name, known, required)


def table_of(content: SheetContent, name: str, known: Sequence[str], required: Collection[str]) -> Table:
    """Return the rows of a sheet by its titles (S25). Raises `WrongTitles`."""
    titles = check_titles(content.rows.get(1, {}), name, known, required)
    rows = [
        row_of(number, cells, titles)
        for number, cells in content.rows.items()
        if number > 1 and any(isinstance(cell, UnreadableCell) or cell.strip() for cell in cells.values())
    ]
    hidden_rows = content.hidden_rows & {row.number for row in rows}
    hidden_titles = [title for column, title in titles.items() if column in content.hidden_columns]
    notes = list(content.notes)
    if hidden_rows:
        notes.append(f"hidden rows were read like the others: {ranges(hidden_rows)}")
    if hidden_titles:
        notes.append(f"hidden columns were read like the others: {', '.join(hidden_titles)}")
    return Table(tuple(rows), tuple(notes))


@rule("S25")
def check_titles(
    cells: Mapping[int, CellText], name: str, known: Sequence[str], required: Collection[str]
) -> Mapping[int, str]:
    """Return the titles by column; refuse unknown, repeated and missing ones. Raises `WrongTitles` (S25)."""
    titles: dict[int, str] = {}
    for column, cell in sorted(cells.items()):
        if isinstance(cell, UnreadableCell):
            raise WrongTitles(f"{name}: the title in {cell_name(1, column)} {cell.problem}")
        if title := stripped_title(cell):
            titles[column] = title
    if not titles:
        raise WrongTitles(f"{name}: its first row has no titles.")
    found = list(titles.values())
    unknown = [title for title in found if title not in known]
    if missing := [title for title in required if title not in found]:
        similar = f"; its titles are {', '.join(map(repr, found))}" if unknown else ""
        raise WrongTitles(f"{name}: has no column {', '.join(missing)}{similar}.")
    if unknown:
        raise WrongTitles(f"{name}: {'; '.join(unknown_title(title, known) for title in unknown)}.")
    if repeated := sorted({title for title in found if found.count(title) > 1}):
        raise WrongTitles(f"{name}: has more than one column {', '.join(repeated)}; leave one of each.")
    return titles


def stripped_title(cell: str) -> str:
    """Return a title without the blanks and invisible characters around it."""
    before = None
    while cell != before:
        before, cell = cell, cell.strip().strip(INVISIBLE)
    return cell


def unknown_title(title: str, known: Sequence[str]) -> str:
    """Return what is to be said of a title nobody knows."""
    letters = {name.lower(): name for name in known}
    plain = re.sub(r"[\W_]", "", title).lower()
    meant = [letters[each] for each in get_close_matches(plain, letters, 1)]
    remedy = f"write {meant[0]}" if meant else f"the titles are {', '.join(known)}"
    return f"nobody knows the column {title!r}; {remedy}"


def row_of(number: int, cells: Mapping[int, CellText], titles: Mapping[int, str]) -> TableRow:
    """Return a row by its titles; its first cell that cannot be read is its problem."""
    texts: dict[str, str] = {}
    problem = None
    for column, cell in sorted(cells.items()):
        place = cell_name(number, column)
        if column not in titles:
            shown = isinstance(cell, UnreadableCell) or cell.strip()
            wrong = CellProblem(f"cell {place}", NO_TITLE) if shown else None
        elif isinstance(cell, UnreadableCell):
            wrong = CellProblem(f"{titles[column]} (cell {place})", cell.problem)
        else:
            wrong = None
            texts[titles[column]] = cell
        problem = problem or wrong
    return TableRow(number, texts, problem)


def read_csv(content: bytes, name: str) -> SheetContent:
    """
    Read CSV in UTF-8, with or without a byte order mark, its separator a comma, a semicolon or a tab.

    Raises `UnreadableTable` for anything else.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # no text has it but in another encoding
        raise UnreadableTable(f"{name}: is not in UTF-8; save it as CSV UTF-8")
    return SheetContent(
        {
            number: {column: cell for column, cell in enumerate(row, start=1) if cell.strip()}
            for number, row in enumerate(csv_rows(text, name), start=1)
        }
    )


def csv_rows(text: str, name: str) -> Iterator[list[str]]:
    """Yield the rows of CSV. Raises `UnreadableTable` with the line that is none."""
    titles = LINE_END.split(text, maxsplit=1)[0]
    separator = next((each for each in SEPARATORS if each in titles), SEPARATORS[0])
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    try:
        yield from reader
    except csv.Error as error:
        long = "field limit" in str(error)
        problem = (
            "a value is too long" if long else "a quotation mark is not closed, or stands inside a value"
        )
        raise UnreadableTable(
            f"{name}: is no CSV at line {reader.line_num}, {problem}; correct it, or save the table anew"
        ) from None

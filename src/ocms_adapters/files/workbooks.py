"""
Excel workbooks read as a spreadsheet program shows them (ECMA-376, transitional and strict).

The parts are found by their relationships and the elements by their local names, so that both kinds are
read alike. The claimed `dimension` of a sheet is left aside, and of the styles only number formats are read.
"""

import posixpath
import re
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse
from zipfile import BadZipFile, ZipFile

from attrs import evolve, frozen

from ocms_adapters.files.number_formats import BUILT_IN, GENERAL, is_date_format, shown_number
from ocms_adapters.files.sheet_content import CellText, SheetContent, UnreadableCell, UnreadableTable
from ocms_core.kernel.rule_tags import rule

# The compound files of Microsoft: workbooks before 2007, and encrypted ones of any year.
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
MOST_COLUMNS = 16_384
# Characters that XML cannot carry are written as _x0007_, and an underscore before such a text as _x005F_.
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
DAMAGED = (
    BadZipFile,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ParseError,
    RuntimeError,
    ValueError,
    zlib.error,
)

FORMULA = UnreadableCell(
    "holds a formula without a stored value; save the file from a spreadsheet program, or paste the value"
)
DATE = UnreadableCell("holds a date; format the cell as text and type what is meant")
NO_NUMBER = UnreadableCell("holds no readable value; format the cell as text and type it again")


@frozen
class WorkbookSheet:
    """A sheet of a workbook: its name, its part, and whether it is shown."""

    name: str
    part: str
    shown: bool


@frozen
class CellReading:
    """What the cells of a workbook refer to, and whether its formulas are yet to be calculated."""

    texts: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    uncalculated: bool = False


class Package:
    """The parts of a workbook, by names without regard to capitals, and their relationships."""

    def __init__(self, archive: ZipFile) -> None:
        self.archive = archive
        self.names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}

    def open(self, part: str) -> IO[bytes]:
        """Open a part. Raises `KeyError` when it is not there."""
        return self.archive.open(self.names[part.lower()])

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return kind and part of what a part refers to, by the ids of its relationships."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations.lower() not in self.names:
            return {}
        return {
            each.get("Id", ""): (
                each.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
            )
            for each in elements(self.open(relations), "Relationship")
        }


def read_workbook(path: Path) -> SheetContent:
    """
    Read the first visible sheet of a workbook; the notes name its other sheets.

    Raises `UnreadableTable` for a file that is no workbook or a damaged one, `OSError` for one that cannot
    be opened.
    """
    with path.open("rb") as file:
        # Whatever goes wrong from here on is the file's own fault.
        if file.read(len(COMPOUND_FILE)) == COMPOUND_FILE:
            raise UnreadableTable(
                f"{path.name}: has a password or an older format; save it as .xlsx without a password"
            )
        try:
            with ZipFile(file) as archive:
                return read_package(Package(archive), path.name)
        except UnreadableTable:
            raise
        except DAMAGED:
            raise UnreadableTable(
                f"{path.name}: is no Excel workbook, or a damaged one; save it anew as .xlsx"
            ) from None


def read_package(package: Package, name: str) -> SheetContent:
    """Read the first visible sheet of an opened workbook."""
    (book,) = (part for kind, part in package.related("").values() if kind == "officeDocument")
    parts = package.related(book)
    sheets, uncalculated = read_book(package, book, parts)
    chosen = next((sheet for sheet in sheets if sheet.shown), None)
    if chosen is None:
        raise UnreadableTable(
            f"{name}: has no visible sheet with cells; save it with the table in a sheet that is shown"
        )
    by_kind = dict(parts.values())
    reading = CellReading(
        tuple(read_texts(package, by_kind["sharedStrings"])) if "sharedStrings" in by_kind else (),
        read_formats(package, by_kind["styles"]) if "styles" in by_kind else (),
        uncalculated,
    )
    with package.open(chosen.part) as file:
        content = read_sheet(file, reading)
    return evolve(content, notes=tuple(notes_on(sheets, chosen)))


def notes_on(sheets: list[WorkbookSheet], chosen: WorkbookSheet) -> Iterator[str]:
    """Yield what is to be said of the sheets that are not read."""
    for sheet in sheets:
        if sheet is not chosen:
            hidden = "" if sheet.shown else "hidden "
            yield f"the {hidden}sheet {sheet.name!r} was not read, only {chosen.name!r}"


def read_book(
    package: Package, book: str, parts: Mapping[str, tuple[str, str]]
) -> tuple[list[WorkbookSheet], bool]:
    """Return the sheets with cells, and whether the formulas are to be calculated when the file is opened."""
    sheets, uncalculated = [], False
    for each in elements(package.open(book), "sheet", "calcPr"):
        if local_name(each) == "calcPr":
            uncalculated = is_true(each.get("fullCalcOnLoad"))
            continue
        relation = next((value for key, value in each.items() if key.endswith("}id")), "")
        kind, part = parts[relation]
        if kind == "worksheet":
            shown = each.get("state", "visible") == "visible"
            sheets.append(WorkbookSheet(each.get("name", ""), part, shown))
    return sheets, uncalculated


def read_texts(package: Package, part: str) -> Iterator[str]:
    """Yield the texts that cells share."""
    for each in elements(package.open(part), "si"):
        yield text_of(each)


def read_formats(package: Package, part: str) -> tuple[str, ...]:
    """Return the format code of each cell format, by its number."""
    own: dict[int, str] = {}
    numbers: list[int] = []
    for each in elements(package.open(part), "numFmt", "cellXfs"):
        if local_name(each) == "numFmt":
            # A later one stands in a differential format, which cells do not refer to.
            own.setdefault(int(each.get("numFmtId", "0")), each.get("formatCode", GENERAL))
        else:
            numbers = [int(cell_format.get("numFmtId", "0")) for cell_format in each]
    codes = BUILT_IN | own
    return tuple(codes.get(number, GENERAL) for number in numbers)


def read_sheet(file: IO[bytes], reading: CellReading) -> SheetContent:
    """Read the cells of a sheet, row by row."""
    rows: dict[int, dict[int, CellText]] = {}
    hidden_rows: set[int] = set()
    hidden_columns: set[int] = set()
    number = 0
    for each in elements(file, "row", "col"):
        if local_name(each) == "col":
            if is_true(each.get("hidden")):
                last = min(int(each.get("max", "1")), MOST_COLUMNS)
                hidden_columns.update(range(int(each.get("min", "1")), last + 1))
            continue
        number = int(each.get("r") or number + 1)
        cells = rows.setdefault(number, {})
        cells.update(read_row(each, reading))
        if is_true(each.get("hidden")) and cells:
            hidden_rows.add(number)
    return SheetContent(dict(sorted(rows.items())), frozenset(hidden_rows), frozenset(hidden_columns))


def read_row(row: Element, reading: CellReading) -> Iterator[tuple[int, CellText]]:
    """Yield the cells of a row that are not empty, by the numbers of their columns."""
    column = 0
    for cell in row:
        if local_name(cell) == "c":
            column = column_number(cell.get("r", "")) if cell.get("r") else column + 1
            text = read_cell(cell, reading)
            if text != "":
                yield column, text


def column_number(cell: str) -> int:
    """Return the number of the column of a cell's name, from 1. Raises `ValueError` for another text."""
    name = CELL.fullmatch(cell)
    if name is None:
        raise ValueError("no name of a cell")
    number = 0
    for letter in name[1]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


@rule("S26")
def read_cell(cell: Element, reading: CellReading) -> CellText:
    """Return the text a spreadsheet shows in a cell, or why that cannot be said (S26)."""
    parts = {local_name(part): part for part in cell}
    kind = cell.get("t", "n")
    value = (parts["v"].text or "") if "v" in parts else None
    if kind == "inlineStr":
        return text_of(parts["is"]) if "is" in parts else ""
    if "f" in parts and not (value or (kind == "str" and value is not None)):
        return FORMULA
    if not value:
        return ""
    if kind == "s":
        return reading.texts[int(value)]
    if kind == "str":
        return unescaped(value)
    if kind == "b":
        return "TRUE" if is_true(value.strip()) else "FALSE"
    if kind == "e":
        return UnreadableCell(f"holds the error {value}; correct it")
    if kind == "d":
        return DATE
    return read_number(value, int(cell.get("s", "0")), reading, formula="f" in parts)


def read_number(value: str, style: int, reading: CellReading, *, formula: bool) -> CellText:
    """Return a number as its format shows it, or why that cannot be said."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return NO_NUMBER
    if not number.is_finite():
        return NO_NUMBER
    if formula and reading.uncalculated and not number:
        # What programs without a calculator of their own write in the place of a value.
        return FORMULA
    code = reading.formats[style] if style < len(reading.formats) else GENERAL
    if is_date_format(code):
        return DATE
    shown = shown_number(number, code)
    return (
        UnreadableCell(f"is shown in the format {code}; format the cell as text") if shown is None else shown
    )


def text_of(item: Element) -> str:
    """Return the text of a shared or inline string, its runs together, its pronunciation left out."""
    runs = (
        run
        for part in item
        if local_name(part) != "rPh"
        for run in ([part] if local_name(part) == "t" else part)
    )
    # Each run is escaped by itself: what looks like an escape across two of them is none.
    return "".join(unescaped(run.text or "") for run in runs if local_name(run) == "t")


def unescaped(text: str) -> str:
    """Return a text with what is written as _x0007_ in it as the character it stands for."""
    if "_x" not in text:
        return text
    plain = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def elements(file: IO[bytes], *names: str) -> Iterator[Element]:
    """Yield the elements of a part that have these local names, and forget each afterwards."""
    with file:
        # Python's expat bounds the growth of entities, and fetches none from elsewhere.
        around: list[Element] = []
        for event, element in iterparse(file, ("start", "end")):  # noqa: S314
            if event == "start":
                around.append(element)
                continue
            around.pop()
            if local_name(element) in names:
                yield element
                if around:
                    around[-1].remove(element)


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace, which differs between transitional and strict."""
    return element.tag.rpartition("}")[2]


def is_true(value: str | None) -> bool:
    """Return whether an attribute says yes."""
    return value in {"1", "true", "on"}

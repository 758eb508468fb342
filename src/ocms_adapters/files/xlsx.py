"""
A sheet written as an Excel workbook, streamed: rows are read once and memory stays flat.

Text is always written as a string, in its cell or among the shared ones, so nothing in it can ever be a
formula. Text wraps in rows as high as it needs, and a printed page is as wide as the sheet: nothing is cut.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import IO, Any, TypeAlias
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.sheets import CellKind, Column, Sheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575  # what Excel takes, less the row of titles
ROWS_AT_ONCE = 1_000

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

CONTENT_TYPES = (
    f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{SHEET_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHEET_TYPE}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/></Types>'
)
ROOT_PARTS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
WORKBOOK_PARTS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
WORKBOOK = (
    f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets><definedNames>'
    '<definedName name="_xlnm.Print_Titles" localSheetId="0">{quoted}!$1:$1</definedName></definedNames>'
    "</workbook>"
)
PLAIN = 'numFmtId="0" fillId="0" borderId="0" xfId="0"'
NUMBER = 'fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"'
WRAPPED = '<alignment vertical="top" wrapText="1"/>'
ON_TOP = '<alignment vertical="top"/>'
# Days and moments as texts: at the right they would stand close to the next column's text.
AT_LEFT = '<alignment horizontal="left" vertical="top"/>'
# Cell formats by their place: 0 plain, 1 title, 2 day, 3 moment, 4 money.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="dd/mm/yyyy\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="5"><xf {PLAIN} fontId="0" applyAlignment="1">{WRAPPED}</xf>'
    f'<xf {PLAIN} fontId="1" applyFont="1" applyAlignment="1">{WRAPPED}</xf>'
    f'<xf {NUMBER} numFmtId="164">{AT_LEFT}</xf><xf {NUMBER} numFmtId="165">{AT_LEFT}</xf>'
    f'<xf {NUMBER} numFmtId="4">{ON_TOP}</xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
SHEET_HEAD = (
    f'{HEAD}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
    '<sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)

# A4 across, all columns on one page.
SHEET_END = (
    '</sheetData><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
    "</worksheet>"
)
SHARED_TEXT = '<si><t xml:space="preserve">{}</t></si>'

LINE_POINTS = 15
MOST_POINTS = 409  # what Excel takes
# The width of a column counts digits; capital letters are wider, and the writing of East Asia twice as wide.
WIDTH_OF_CAPITALS = 0.8
FIRST_WIDE = "\u1100"

EMPTY = "<c/>"
# LibreOffice wraps no cell that leaves its format 0 to be understood.
TEXT = '<c t="inlineStr" s="0"><is><t xml:space="preserve">'
TITLE = '<c t="inlineStr" s="1"><is><t xml:space="preserve">'
TEXT_END = "</t></is></c>"
# What XML cannot carry as it is: markup, and characters it does not have at all.
TO_ESCAPE = re.compile("_x|[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What the format takes for a character by its number (ECMA-376, part 1, 22.9.2.19, ST_Xstring).
ESCAPE_BEGIN = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
LITERAL_UNDERSCORE = "_x005F_"

# Day 0 of Excel's calendar, which counts a 29 February 1900 that never was; right from March 1900 on.
DAY_ZERO = date(1899, 12, 30)
MOMENT_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # for moments that have no zone
SINGAPORE_ZERO = singapore(MOMENT_ZERO)
SECONDS_A_DAY = 86_400


CellWriter: TypeAlias = Callable[[Sequence[Any]], list[str]]
"""Writes a column of cells."""


def write_workbook(sheet: Sheet, target: IO[bytes]) -> int:
    """
    Write a sheet to a binary file as a workbook and return the number of rows.

    Raises `ValueError` for more rows than a sheet can have.
    """
    written, shared = 0, dict[str, int]()
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as parts:
        parts.writestr("[Content_Types].xml", CONTENT_TYPES)
        parts.writestr("_rels/.rels", ROOT_PARTS)
        parts.writestr("xl/workbook.xml", workbook_part(sheet.name))
        parts.writestr("xl/_rels/workbook.xml.rels", WORKBOOK_PARTS)
        parts.writestr("xl/styles.xml", STYLES)
        with parts.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(sheet_head(sheet).encode())
            for rows in chunks(sheet.rows):
                written += len(rows)
                if written > MOST_ROWS:
                    raise ValueError(f"A sheet has at most {MOST_ROWS:,} rows.")
                part.write(lines(sheet, rows, shared).encode())
            part.write(SHEET_END.encode())
        parts.writestr("xl/sharedStrings.xml", shared_part(shared))
    return written


def workbook_part(name: str) -> str:
    """Return the part that names the sheet, and its first row as the one to print on every page."""
    quoted = "'" + name.replace("'", "''") + "'"
    return WORKBOOK.format(name=escape(name, {'"': "&quot;"}), quoted=escape(quoted))


def shared_part(shared: Iterable[str]) -> str:
    """Return the part with the texts that cells refer to by their places."""
    return f'{HEAD}<sst xmlns="{MAIN}">{"".join(map(SHARED_TEXT.format, shared))}</sst>'


def sheet_head(sheet: Sheet) -> str:
    """Return the part before the rows: the widths of the columns and their titles."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
        for place, column in enumerate(sheet.columns, start=1)
    )
    titles = "".join(TITLE + clean(column.title) + TEXT_END for column in sheet.columns)
    most = max(line_count(column.title, column.width) for column in sheet.columns)
    return f"{SHEET_HEAD}<cols>{widths}</cols><sheetData>{row_start(most)}{titles}</row>"


def chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows in lists of `ROWS_AT_ONCE` at most."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        yield chunk


def lines(sheet: Sheet, rows: Sequence[tuple[Any, ...]], shared: dict[str, int]) -> str:
    """Return rows as XML, made column by column: a whole column of cells at once is faster."""
    writers: dict[CellKind, CellWriter] = {**CELLS, CellKind.TEXT: partial(text_cells, shared)}
    columns = [
        writers[column.kind](values)
        for column, values in zip(sheet.columns, zip(*rows, strict=True), strict=True)
    ]
    starts = [row_start(most) for most in line_counts(sheet.columns, rows)]
    return "".join(
        f"{start}{''.join(cells)}</row>"
        for start, cells in zip(starts, zip(*columns, strict=True), strict=True)
    )


def row_start(line_count: int) -> str:
    """Return the start of a row of so many lines; one with a single line has the usual height."""
    if line_count == 1:
        return "<row>"
    return f'<row ht="{min(LINE_POINTS * line_count, MOST_POINTS)}">'


def line_counts(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Return how many lines each row needs, which LibreOffice does not find out by itself."""
    most = [1] * len(rows)
    for place, column in enumerate(columns):
        if column.kind is not CellKind.TEXT:
            continue
        needed = {text: line_count(text, column.width) for text in {row[place] for row in rows} if text}
        if max(needed.values(), default=1) > 1:
            most = [max(before, needed.get(row[place], 1)) for before, row in zip(most, rows, strict=True)]
    return most


def line_count(text: str, width: int) -> int:
    """Return how many lines a text takes at most in a column so many digits wide, broken between words."""
    room = int(width * WIDTH_OF_CAPITALS)
    if len(text) <= room and text.isascii() and "\n" not in text:
        return 1
    count = 0
    for part in text.splitlines() or [""]:
        count, used = count + 1, 0
        for word in part.split(" "):
            long = sum(2 if each >= FIRST_WIDE else 1 for each in word)
            if used and used + long > room:
                count, used = count + 1, 0
            more = max(0, long - 1) // room
            count, used = count + more, used + long - more * room + 1
    return count


def text_cells(shared: dict[str, int], values: Sequence[str | None]) -> list[str]:
    """Return cells of text; a column without anything to escape is not looked at value by value."""
    if TO_ESCAPE.search("".join(filter(None, values))):
        return [text_cell(shared, value) if value else EMPTY for value in values]
    return [f"{TEXT}{value}{TEXT_END}" if value else EMPTY for value in values]


@rule("S50")
def text_cell(shared: dict[str, int], text: str) -> str:
    """Return one cell of text: what looks like an escape of the format has its underscore escaped (S50)."""
    if not ESCAPE_BEGIN.search(text):
        return TEXT + clean(text) + TEXT_END
    # In a cell's own string openpyxl undoes no escape; among the shared ones every reader does.
    escaped = clean(ESCAPE_BEGIN.sub(LITERAL_UNDERSCORE, text))
    return f'<c t="s" s="0"><v>{shared.setdefault(escaped, len(shared))}</v></c>'


def clean(text: str) -> str:
    """Escape text for XML; a character XML does not have becomes a replacement mark."""
    return escape(NO_XML.sub("\ufffd", text)).replace("\r", "&#13;")


def number_cells(values: Sequence[Any]) -> list[str]:
    """Return cells of whole numbers."""
    return [EMPTY if value is None else f'<c s="0"><v>{value}</v></c>' for value in values]


def money_cells(values: Sequence[Any]) -> list[str]:
    """Return cells of amounts."""
    return [EMPTY if value is None else f'<c s="4"><v>{value}</v></c>' for value in values]


def date_cells(style: int, serial: Callable[[Any], float]) -> CellWriter:
    """Return the writer of a column of days or moments; each different one is calculated once."""

    def cells(values: Sequence[Any]) -> list[str]:
        known = {
            value: EMPTY if value is None else f'<c s="{style}"><v>{serial(value)}</v></c>'
            for value in set(values)
        }
        return [known[value] for value in values]

    return cells


def since_day_zero(value: date) -> timedelta:
    """Return the time since Excel's day 0, in Singapore; subtracting an aware moment converts it."""
    if not isinstance(value, datetime):
        return value - DAY_ZERO
    return value - (MOMENT_ZERO if value.tzinfo is None else SINGAPORE_ZERO)


def serial_day(value: date) -> int:
    """Return a day as Excel counts them."""
    return since_day_zero(value).days


def serial_moment(value: datetime) -> float:
    """Return a moment as Excel counts days, to the second."""
    elapsed = since_day_zero(value)
    return elapsed.days + elapsed.seconds / SECONDS_A_DAY


CELLS: dict[CellKind, CellWriter] = {
    CellKind.WHOLE: number_cells,
    CellKind.MONEY: money_cells,
    CellKind.DAY: date_cells(2, serial_day),
    CellKind.MOMENT: date_cells(3, serial_moment),
}

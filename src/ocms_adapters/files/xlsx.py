"""
A sheet written as an Excel workbook, streamed: rows are read once and memory stays flat.

Text is always written as an inline string, so nothing in it can ever be a formula.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import IO, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from ocms_core.kernel.dates import singapore
from ocms_core.kernel.sheets import CellKind, Sheet

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
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/></Types>'
)
ROOT_PARTS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
WORKBOOK_PARTS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
WORKBOOK = (
    f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
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
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
SHEET_HEAD = (
    f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)

EMPTY = "<c/>"
TEXT = '<c t="inlineStr"><is><t xml:space="preserve">'
TITLE = '<c t="inlineStr" s="1"><is><t xml:space="preserve">'
TEXT_END = "</t></is></c>"
# What XML cannot carry as it is: markup, and characters it does not have at all.
TO_ESCAPE = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# Day 0 of Excel's calendar, which counts a 29 February 1900 that never was; right from March 1900 on.
DAY_ZERO = date(1899, 12, 30)
MOMENT_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # for moments that have no zone
SINGAPORE_ZERO = singapore(MOMENT_ZERO)
SECONDS_A_DAY = 86_400


def write_workbook(sheet: Sheet, target: IO[bytes]) -> int:
    """
    Write a sheet to a binary file as a workbook and return the number of rows.

    Raises `ValueError` for more rows than a sheet can have.
    """
    written = 0
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as parts:
        parts.writestr("[Content_Types].xml", CONTENT_TYPES)
        parts.writestr("_rels/.rels", ROOT_PARTS)
        parts.writestr("xl/workbook.xml", WORKBOOK % escape(sheet.name, {'"': "&quot;"}))
        parts.writestr("xl/_rels/workbook.xml.rels", WORKBOOK_PARTS)
        parts.writestr("xl/styles.xml", STYLES)
        with parts.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(sheet_head(sheet).encode())
            for rows in chunks(sheet.rows):
                written += len(rows)
                if written > MOST_ROWS:
                    raise ValueError(f"A sheet has at most {MOST_ROWS:,} rows.")
                part.write(lines(sheet, rows).encode())
            part.write(b"</sheetData></worksheet>")
    return written


def sheet_head(sheet: Sheet) -> str:
    """Return the part before the rows: the widths of the columns and their titles."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
        for place, column in enumerate(sheet.columns, start=1)
    )
    titles = "".join(TITLE + clean(column.title) + TEXT_END for column in sheet.columns)
    return f"{SHEET_HEAD}<cols>{widths}</cols><sheetData><row>{titles}</row>"


def chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows in lists of `ROWS_AT_ONCE` at most."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        yield chunk


def lines(sheet: Sheet, rows: Sequence[tuple[Any, ...]]) -> str:
    """Return rows as XML, made column by column: a whole column of cells at once is faster."""
    columns = [
        CELLS[column.kind](values)
        for column, values in zip(sheet.columns, zip(*rows, strict=True), strict=True)
    ]
    return "".join(f"<row>{''.join(cells)}</row>" for cells in zip(*columns, strict=True))


def text_cells(values: Sequence[str | None]) -> list[str]:
    """Return cells of text; a column without anything to escape is not looked at value by value."""
    if TO_ESCAPE.search("".join(filter(None, values))):
        values = [value and (clean(value) if TO_ESCAPE.search(value) else value) for value in values]
    return [f"{TEXT}{value}{TEXT_END}" if value else EMPTY for value in values]


def clean(text: str) -> str:
    """Escape text for XML; a character XML does not have becomes a replacement mark."""
    return escape(NO_XML.sub("\ufffd", text)).replace("\r", "&#13;")


def number_cells(values: Sequence[Any]) -> list[str]:
    """Return cells of whole numbers."""
    return [EMPTY if value is None else f"<c><v>{value}</v></c>" for value in values]


def money_cells(values: Sequence[Any]) -> list[str]:
    """Return cells of amounts."""
    return [EMPTY if value is None else f'<c s="4"><v>{value}</v></c>' for value in values]


def date_cells(style: int, serial: Callable[[Any], float]) -> Callable[[Sequence[Any]], list[str]]:
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


CELLS: dict[CellKind, Callable[[Sequence[Any]], list[str]]] = {
    CellKind.TEXT: text_cells,
    CellKind.WHOLE: number_cells,
    CellKind.MONEY: money_cells,
    CellKind.DAY: date_cells(2, serial_day),
    CellKind.MOMENT: date_cells(3, serial_moment),
}

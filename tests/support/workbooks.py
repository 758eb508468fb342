"""Workbooks as other programs than ours write them: made by openpyxl, and their parts rewritten."""

import re
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

SHEET, BOOK, STYLES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"
STRICT = (
    (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)
Change = Callable[[str, bytes], bytes]


def workbook(rows: Iterable[Sequence[object]], prepare: Callable[[Worksheet], object] | None = None) -> bytes:
    """Return a workbook of one sheet with these rows, which `prepare` may change before it is saved."""
    book, file = Workbook(), BytesIO()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    if prepare:
        prepare(sheet)
    book.save(file)
    return file.getvalue()


def rewritten(content: bytes, change: Change) -> bytes:
    """Return a workbook with each part as `change` gives it back, by its name."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(file, "w") as after:
        for each in before.infolist():
            after.writestr(each.filename, change(each.filename, before.read(each)))
    return file.getvalue()


def replaced(content: bytes, part: str, pattern: str, by: str) -> bytes:
    """Return a workbook with a pattern of one part replaced, which must occur in it."""

    def change(name: str, data: bytes) -> bytes:
        if name != part:
            return data
        text, times = re.subn(pattern, by, data.decode())
        assert times, f"{pattern} is not in {part}"
        return text.encode()

    return rewritten(content, change)


def with_cell(content: bytes, cell: str, xml: str) -> bytes:
    """Return a workbook with a cell of its sheet written otherwise."""
    return replaced(content, SHEET, f'<c r="{cell}"(?:[^>]*/>|.*?</c>)', xml.replace("\\", "\\\\"))


def in_strict_form(content: bytes) -> bytes:
    """Return a workbook as Excel saves a Strict Open XML Spreadsheet."""

    def change(_: str, data: bytes) -> bytes:
        for transitional, strict in STRICT:
            data = data.replace(transitional, strict)
        return data

    return rewritten(content, change)


def written(folder: Path, content: bytes, name: str = "moves.xlsx") -> Path:
    """Write a file into a folder; return its path."""
    (folder / name).write_bytes(content)
    return folder / name

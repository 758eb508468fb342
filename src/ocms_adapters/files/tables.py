"""Tables of texts in CSV and Excel files."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile


def read_table(path: Path) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """
    Read a `.csv` or `.xlsx` file: the titles in its first row, and its rows by title, every cell as text.

    Each row comes with its number in the file, as a spreadsheet shows it; blank rows are left out. Of
    a workbook the first sheet counts. Raises `ValueError` for any other file and for one that is no table.
    """
    readers = {".csv": csv_rows, ".xlsx": xlsx_rows}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path.name}: a table is a .csv or an .xlsx file.")
    rows = readers[path.suffix.lower()](path)
    titles = [title.strip() for title in next(rows, [])]
    if not any(titles):
        raise ValueError(f"{path.name}: its first row has no titles.")
    return titles, number_rows(titles, rows)


def number_rows(titles: list[str], rows: Iterable[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows below the titles that are not blank, with their numbers."""
    for place, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            yield place, dict(zip(titles, row, strict=False))


def csv_rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV file, with or without a byte order mark."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from csv.reader(file, strict=True)
        except csv.Error as error:
            raise ValueError(f"{path.name}: {error}") from error


def xlsx_rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of the first sheet of a workbook."""
    from openpyxl import load_workbook  # noqa: PLC0415  # slow to import, and only an import needs it

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, KeyError, OSError, ValueError) as error:
        if isinstance(error, OSError) and not path.is_file():
            raise
        raise ValueError(f"{path.name}: is no Excel workbook") from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [cell_text(value) for value in row]
    finally:
        book.close()


def cell_text(value: Any) -> str:
    """Return a cell as text; a whole number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)

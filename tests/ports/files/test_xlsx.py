"""A workbook has the content of its sheet, and nothing in it is ever run."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from ocms_adapters.files import xlsx
from ocms_adapters.files.workbooks import read_workbook
from ocms_adapters.files.xlsx import write_workbook
from ocms_core.kernel.sheets import CellKind, Column, Sheet
from tests.support.builders import NOW

COLUMNS = (
    Column("Text"),
    Column("Whole", CellKind.WHOLE),
    Column("Money", CellKind.MONEY),
    Column("Day", CellKind.DAY),
    Column("Moment", CellKind.MOMENT),
)
DANGEROUS = (
    '=HYPERLINK("https://example.org")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "{=1}",
    "007",
    "1e3",
    "TRUE",
)


def opened(*rows: tuple[Any, ...], columns: tuple[Column, ...] = COLUMNS) -> Any:
    file = BytesIO()
    assert write_workbook(Sheet("Report & more", columns, iter(rows)), file) == len(rows)
    return load_workbook(file).active


def test_every_kind_of_cell_comes_back_as_it_went() -> None:
    row = (
        'Text <&> "quoted"',
        7,
        Decimal("150.00"),
        date(2025, 12, 1),
        datetime.fromisoformat("2025-12-01T10:30"),
    )
    sheet = opened(row, (None,) * 5)
    assert sheet.title == "Report & more"
    titles, first, second = sheet.iter_rows()
    assert [cell.value for cell in titles] == [column.title for column in COLUMNS]
    assert [cell.value for cell in first] == [*row[:3], datetime.fromisoformat("2025-12-01"), row[4]]
    assert [cell.value for cell in second] == [None] * 5
    assert [cell.number_format for cell in first][3:] == ["dd/mm/yyyy", r"dd/mm/yyyy\ hh:mm"]


@pytest.mark.rule("G5")
def test_a_moment_with_a_zone_is_shown_in_singapore_time() -> None:
    moment = datetime(2025, 12, 1, 23, 30, tzinfo=UTC)
    _, row = opened((None, None, None, moment, moment)).iter_rows(values_only=True)
    assert row[3:] == (datetime.fromisoformat("2025-12-02"), datetime.fromisoformat("2025-12-02T07:30"))


@pytest.mark.rule("S50")
@pytest.mark.parametrize("text", DANGEROUS)
def test_text_is_text_whatever_it_looks_like(text: str) -> None:
    _, (cell,) = opened((text,), columns=(Column("Name"),)).iter_rows()
    assert (cell.value, cell.data_type) == (text, "s")


@given(st.lists(st.text(), max_size=5))
def test_any_text_makes_a_workbook_that_opens(texts: list[str]) -> None:
    _, *rows = opened(*((text,) for text in texts), columns=(Column("Name"),)).iter_rows()
    for text, (cell,) in zip(texts, rows, strict=False):
        assert (cell.value or "") == xlsx.NO_XML.sub("\ufffd", text)


LOOKS_ESCAPED = (
    "_x0041_",
    "see A_x000D_B",
    "__x0041__",
    "_x0041_x0042_",
    "_X0041_",
    "_x004g_",
    "_xd83d_ <&>",
    "Box005F_2",
)


@pytest.mark.rule("S50")
def test_text_that_looks_like_an_escape_is_read_as_it_is_by_every_reader(tmp_path: Path) -> None:
    path, expected = tmp_path / "report.xlsx", [*LOOKS_ESCAPED, *LOOKS_ESCAPED]
    with path.open("wb") as file:
        write_workbook(Sheet("Report", (Column("Name"),), ((text,) for text in expected)), file)
    in_openpyxl = [row[0] for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]
    in_calamine = [row[0] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()]
    in_ours = [row[1] for row in read_workbook(path).rows.values()]
    assert in_openpyxl == in_calamine == in_ours == ["Name", *expected]


ESCAPE_LIKE = st.lists(st.sampled_from(["_", "x", "0041", "005F", "_x000D_", "B", " "]), max_size=8)


@given(ESCAPE_LIKE.map("".join))
def test_whatever_looks_like_an_escape_comes_back(text: str) -> None:
    file = BytesIO()
    write_workbook(Sheet("Report", (Column("Name"),), [(f"({text})",)]), file)
    file.seek(0)
    read = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert read[1:] == [[f"({text})"]]
    if not re.search("x005F_", text):  # openpyxl deletes these characters wherever they stand
        assert [cell.value for cell in load_workbook(file).worksheets[0]["A"]][1:] == [f"({text})"]


@pytest.mark.rule("S50")
def test_no_text_is_cut_and_the_titles_stand_on_every_page() -> None:
    sheet = opened(("Text", 7, Decimal(150), date(2025, 12, 1), NOW))
    titles, row = sheet.iter_rows()
    assert all(cell.alignment.wrap_text for cell in (*titles, *row[:2]))
    assert [cell.alignment.horizontal for cell in row[2:]] == [None, "left", "left"], "amounts at the right"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.print_title_rows == "$1:$1"


LINES = (
    ("", 1),
    ("ROV", 1),
    ("123456789", 1),
    ("a line\nand more", 2),
    ("a line\n\nand more", 3),
    ("PREVIOUS PROCESSING STAGE", 3),
    ("12345678901234567890", 3),
    ("1234567890 12", 2),
    ("陳大文陳大", 2),
    ("word word word", 2),
)


@pytest.mark.parametrize("text, lines", LINES)
def test_a_row_is_as_high_as_its_longest_text(text: str, lines: int) -> None:
    sheet = opened(
        (None, 1), (text, 1), ("A", 1), columns=(Column("Text", width=12), Column("No", CellKind.WHOLE))
    )
    heights = [sheet.row_dimensions[row].height for row in (2, 3, 4)]
    assert heights == [None, lines * 15.0 if lines > 1 else None, None]


def test_no_row_is_higher_than_excel_takes() -> None:
    assert opened(("A " * 400,), columns=(Column("Text", width=3),)).row_dimensions[2].height == 409


def test_a_sheet_is_read_once_and_never_whole() -> None:
    alive = 0

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal alive
        for number in range(2_500):
            alive = number + 1
            yield (str(number),)

    file = BytesIO()
    assert write_workbook(Sheet("Long", (Column("Number"),), rows()), file) == alive == 2_500
    assert sum(1 for _ in load_workbook(file, read_only=True).worksheets[0].rows) == 2_501


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="at most 2 rows"):
        opened(*((str(number),) for number in range(3)), columns=(Column("Number"),))

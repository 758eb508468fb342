"""A workbook has the content of its sheet, and nothing in it is ever run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ocms_adapters.files import xlsx
from ocms_adapters.files.xlsx import write_workbook
from ocms_core.kernel.sheets import CellKind, Column, Sheet

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

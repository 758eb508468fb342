"""The workbooks OCMS writes are read the same by LibreOffice, openpyxl and calamine, and nothing is cut."""

import csv
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest
from attrs import evolve, frozen
from python_calamine import CalamineWorkbook

from ocms_adapters.files.xlsx import write_workbook
from ocms_core.hst.facts import CheckedIdentity, Statistics
from ocms_core.hst.reports import Figures, data_report, work_items_report
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.sheets import Sheet
from ocms_core.stages import reports
from tests.support.builders import NOW
from tests.support.hst_facts import LISTED, answer
from world.support.pictures import Borders, borders, cut_at, picture

# LibreOffice's filter for CSV: comma, quotes, UTF-8, cells as they are shown.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"
REMARKS = (
    "_x0041_ is text",
    "see A_x000D_B",
    "_x0041_x0042_",
    "Box005F_2",
    "=1+1",
    "+65 6123 4567",
    "007",
    "1e3",
    "TRUE",
    "'quoted'",
    "12/01/2025",
    "two\nlines",
    "Grüße, 陳大文",
    "paid at the counter on the day the letter arrived, receipt shown to the officer; " * 2,
)
NOTHING: Mapping[str, str] = {}
WITH_GRID = {"<pageSetup ": '<printOptions gridLines="1"/><pageSetup '}
LONG_NAME = "WIJAYAKULASOORIYA " * 3 + "TAN BIN ABDUL"


def stage_rows() -> list[tuple[object, ...]]:
    """Return rows of a stage report whose texts are as long as their columns in the database."""
    return [
        (
            f"5005003{place:02}J",
            "SPMTR",
            NOW,
            "SBA1234567890Z",
            "S1234567A",
            LONG_NAME[place:] + LONG_NAME[:place],  # a cut goes through a letter in one of them
            "ROV",
            NOW - timedelta(days=7),
            "RD1",
            NOW,
            "OTH",
            remark,
            "OFFICER-" * 6,
            NOW,
            "OCMS",
        )
        for place, remark in enumerate(REMARKS)
    ]


ADDRESS = RegisteredAddress("123456", "1234567890", "JALAN " * 5, "100", "10234", "THE LONGEST BUILDING " * 3)
HERE = CheckedIdentity(answer(address=ADDRESS), evolve(LISTED, name=LONG_NAME, address=ADDRESS))
KINDS: Mapping[str, Callable[[], Sheet]] = {
    "stage": lambda: reports.sheet(stage_rows()),
    "hst-data": lambda: data_report(
        [HERE, CheckedIdentity(answer(), LISTED), CheckedIdentity(answer(), None)]
    ),
    "hst-work-items": lambda: work_items_report(
        Figures(4, 2, 1, 3, 1_000_000), Statistics(10, 20, 5, 6, 19, 9)
    ),
}


@frozen
class Word:
    """A word on a page, in points from its upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "Word") -> bool:
        """Return whether a part of another word lies below this one."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1 and down > 0.5 * (self.bottom - self.top)


def written(folder: Path, sheets: Mapping[str, Sheet]) -> Path:
    """Write sheets as workbooks into a folder; return it."""
    for name, sheet in sheets.items():
        with (folder / f"{name}.xlsx").open("wb") as file:
            write_workbook(sheet, file)
    return folder


def converted(folder: Path, to: str, names: Iterable[str]) -> Path:
    """Have LibreOffice convert the workbooks of a folder; return it."""
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            to,
            "--outdir",
            folder,
            *(folder / f"{name}.xlsx" for name in names),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


def each_kind(folder: Path) -> Path:
    """Write a workbook of each kind into a folder; return it."""
    return written(folder, {name: build() for name, build in KINDS.items()})


@pytest.fixture(scope="module")
def in_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with each kind of report as workbook and as the CSV file LibreOffice makes of it."""
    return converted(each_kind(tmp_path_factory.mktemp("csv")), AS_SHOWN, KINDS)


@pytest.fixture(scope="module")
def in_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with each kind of report as LibreOffice prints it."""
    return converted(each_kind(tmp_path_factory.mktemp("pdf")), "pdf", KINDS)


def shown(value: object, width_of_day: int) -> str:
    """Return a value as its cell shows it."""
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"[:width_of_day]
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float):
        return f"{value:g}" if value % 1 else str(int(value))
    return "" if value is None else str(value)


def csv_rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def words_of(pdf: Path) -> list[list[Word]]:
    """Return the words on each page of a PDF file, those too that are cut or hidden by others."""
    page = subprocess.run(["pdftotext", "-bbox", pdf, "-"], check=True, capture_output=True).stdout
    tree = ET.fromstring(page)
    pages = [each for each in tree.iter() if each.tag.endswith("}page")]
    edges = ("xMin", "yMin", "xMax", "yMax")
    return [
        [
            Word(word.text or "", *(float(word.attrib[edge]) for edge in edges))
            for word in each
            if word.tag.endswith("}word")
        ]
        for each in pages
    ]


def unseen(page: list[Word], rows: list[list[str]]) -> list[str]:
    """Return the characters of cells that are not on a page, and the words that lie upon each other."""
    wanted = Counter("".join("".join(cell.split()) for row in rows for cell in row))
    seen = Counter("".join(word.text for word in page))
    upon = [f"{one.text} on {other.text}" for one, other in combinations(page, 2) if one.covers(other)]
    return [*(wanted - seen).elements(), *(seen - wanted).elements(), *upon]


@pytest.mark.parametrize("kind", KINDS)
def test_each_report_has_the_same_cells_in_all_three(in_csv: Path, kind: str) -> None:
    path = in_csv / f"{kind}.xlsx"
    in_openpyxl = list(openpyxl.load_workbook(path).worksheets[0].iter_rows())
    in_calamine = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    days = [10 if cell.number_format == "dd/mm/yyyy" else 16 for cell in in_openpyxl[1]]

    def texts(rows: list[list[object]]) -> list[list[str]]:
        return [[shown(value, day) for value, day in zip(row, days, strict=True)] for row in rows]

    expected = texts([[cell.value for cell in row] for row in in_openpyxl])
    assert texts([list(row) for row in in_calamine]) == expected
    assert csv_rows(in_csv / f"{kind}.csv") == expected


def test_remarks_are_the_text_that_was_typed(in_csv: Path) -> None:
    titles, *rows = csv_rows(in_csv / "stage.csv")
    assert [row[titles.index("Remarks")] for row in rows] == list(REMARKS)


@pytest.mark.parametrize("kind", KINDS)
def test_no_column_of_a_report_is_cut(in_csv: Path, in_pdf: Path, kind: str) -> None:
    (page,) = words_of(in_pdf / f"{kind}.pdf")
    assert unseen(page, csv_rows(in_csv / f"{kind}.csv")) == []


@pytest.mark.parametrize("change", ['wrapText="1"', ' s="0"', " ht="])
def test_a_report_that_is_cut_is_noticed(in_csv: Path, tmp_path: Path, change: str) -> None:
    printed = changed(in_csv, tmp_path, "stage", {change: " unknown=" if "ht" in change else ""})
    (page,) = words_of(printed)
    assert unseen(page, csv_rows(in_csv / "stage.csv"))


def changed(whole: Path, folder: Path, kind: str, changes: Mapping[str, str]) -> Path:
    """Have LibreOffice print a workbook of a folder with other text in its parts; return the PDF file."""
    with ZipFile(whole / f"{kind}.xlsx") as source, ZipFile(folder / f"{kind}.xlsx", "w") as target:
        for name in source.namelist():
            part = source.read(name).decode()
            for text, other in changes.items():
                part = part.replace(text, other)
            target.writestr(name, part)
    return converted(folder, "pdf", [kind]) / f"{kind}.pdf"


def cut(
    whole: Path, folder: Path, kind: str, changes: Mapping[str, str] = NOTHING
) -> tuple[Borders, Borders]:
    """Return the borders of the cells on the picture of a workbook, and those at which text is cut."""
    for name in ("plain", "ruled"):
        (folder / name).mkdir()
    plain = picture(changed(whole, folder / "plain", kind, changes))
    ruled = picture(changed(whole, folder / "ruled", kind, {**changes, **WITH_GRID}))
    where = borders(plain, ruled)
    return where, cut_at(plain, where)


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_reaches_the_border_of_its_cell_on_the_picture(
    in_csv: Path, tmp_path: Path, kind: str
) -> None:
    where, touched = cut(in_csv, tmp_path, kind)
    rows = csv_rows(in_csv / f"{kind}.csv")
    assert (len(where.columns), len(where.rows)) == (len(rows[0]) + 1, len(rows) + 1)
    assert touched == Borders([], [])


def test_a_column_that_is_cut_is_seen_on_the_picture(in_csv: Path, tmp_path: Path) -> None:
    titles = csv_rows(in_csv / "stage.csv")[0]
    where, touched = cut(in_csv, tmp_path, "stage", {'wrapText="1"': ""})
    seen = {titles[where.columns.index(right) - 1] for right in touched.columns}
    assert {"Vehicle No", "Offender Name", "Remarks", "Authorised Officer"} <= seen
    assert touched.rows == []


def test_a_row_that_is_cut_is_seen_on_the_picture(in_csv: Path, tmp_path: Path) -> None:
    _, touched = cut(in_csv, tmp_path, "stage", {' ht="60"': ' ht="20"'})
    assert touched.columns == []
    assert len(touched.rows) >= 6


def test_the_titles_stand_on_every_page(tmp_path: Path) -> None:
    many = reports.sheet(stage_rows() * 20)
    pages = words_of(converted(written(tmp_path, {"stage": many}), "pdf", ["stage"]) / "stage.pdf")
    assert len(pages) > 1
    for page in pages:
        assert {"S/N", "Remarks", "Source"} <= {word.text for word in page}
        assert not any(one.covers(other) for one, other in combinations(page, 2))

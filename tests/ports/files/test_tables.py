"""Tables from outside: CSV and workbooks as other programs write them (S25, S26)."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ocms_adapters.files.sheet_content import UnreadableTable, cell_name, ranges
from ocms_adapters.files.tables import Table, WrongTitles, read_table
from ocms_adapters.files.workbooks import column_number
from tests.support.workbooks import (
    BOOK,
    SHEET,
    STYLES,
    in_strict_form,
    replaced,
    rewritten,
    with_cell,
    workbook,
    written,
)

KNOWN = ("noticeNo", "newStage", "reason", "remark")
MOVES: tuple[tuple[object, ...], ...] = (KNOWN, ("A1", "ROV", "SUP", "first"), ("A2", "RD2", "SUP"))
READ = [
    (2, {"noticeNo": "A1", "newStage": "ROV", "reason": "SUP", "remark": "first"}),
    (3, {"noticeNo": "A2", "newStage": "RD2", "reason": "SUP"}),
]


def read(folder: Path, content: bytes, name: str = "moves.xlsx") -> Table:
    return read_table(written(folder, content, name), KNOWN, ["noticeNo"])


def cells_of(table: Table) -> list[tuple[int, dict[str, str]]]:
    assert [row.problem for row in table.rows] == [None] * len(table.rows)
    return [(row.number, dict(row.cells)) for row in table.rows]


def first_problem(table: Table) -> tuple[str, str]:
    problem = table.rows[0].problem
    assert problem
    return problem.cell, problem.problem


def dimension(ref: str) -> Callable[[bytes], bytes]:
    return lambda content: replaced(content, SHEET, '<dimension ref="[^"]*"', f'<dimension ref="{ref}"')


def upper_case_parts(content: bytes) -> bytes:
    return replaced(
        content, "xl/_rels/workbook.xml.rels", "/xl/worksheets/sheet1.xml", "WORKSHEETS/Sheet1.xml"
    )


def in_utf_16(content: bytes) -> bytes:
    def change(name: str, data: bytes) -> bytes:
        if name != SHEET:
            return data
        return b"\xff\xfe" + f'<?xml version="1.0" encoding="UTF-16"?>{data.decode()}'.encode("utf-16-le")

    return rewritten(content, change)


OTHERS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda content: content,
    "a dimension with too few rows": dimension("A1:D2"),
    "a dimension with too few columns": dimension("A1:A3"),
    "a dimension of one cell": dimension("A1"),
    "a dimension far too large": dimension("A1:XFD1048576"),
    "no dimension": lambda content: replaced(content, SHEET, "<dimension[^>]*/>", ""),
    "strict": in_strict_form,
    "no names of cells and rows": lambda content: replaced(content, SHEET, ' r="[A-Z]*[0-9]+"', ""),
    "rows out of order": lambda content: replaced(
        content, SHEET, '(<row r="2".*?</row>)(<row r="3".*?</row>)', r"\2\1"
    ),
    "a prefix at every element": lambda content: replaced(
        replaced(content, SHEET, 'xmlns="', 'xmlns:x="'), SHEET, r"<(/?)(\w)", r"<\1x:\2"
    ),
    "styles nobody can use": lambda content: replaced(
        content, STYLES, "<fills.*</fills>", "<fills><fill/></fills>"
    ),
    "relative names of parts in capitals": upper_case_parts,
    "UTF-16": in_utf_16,
    "spaces between the elements": lambda content: replaced(content, SHEET, "><", ">\n  <"),
}


@pytest.mark.rule("S25", "S26")
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_workbook_is_read_whatever_program_wrote_it(
    tmp_path: Path, other: Callable[[bytes], bytes]
) -> None:
    table = read(tmp_path, other(workbook(MOVES)))
    assert cells_of(table) == READ
    assert table.notes == ()


TEXTS: dict[str, tuple[str, str]] = {
    "a text of several runs": (
        '<c r="B2" t="inlineStr"><is><r><t>R</t></r><r><rPr><b/></rPr><t>OV </t></r></is></c>',
        "ROV ",
    ),
    "a text with its pronunciation": (
        '<c r="B2" t="inlineStr"><is><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh></is></c>',
        "山田",
    ),
    "an escaped character": (
        '<c r="B2" t="inlineStr"><is><t>a_x000A_b_x005F_x0041_</t></is></c>',
        "a\nb_x0041_",
    ),
    "what looks like an escape across two runs": (
        '<c r="B2" t="inlineStr"><is><r><t>_</t></r><r><t>x0041_</t></r></is></c>',
        "_x0041_",
    ),
    "an escaped pair of surrogates": (
        '<c r="B2" t="inlineStr"><is><t>_xD83D__xDE00_</t></is></c>',
        "\U0001f600",
    ),
    "a formula with its text": ('<c r="B2" t="str"><f>"R"&amp;"OV"</f><v>ROV</v></c>', "ROV"),
    "a formula with its number": ('<c r="B2"><f>2+3</f><v>5</v></c>', "5"),
    "a formula that gave yes": ('<c r="B2" t="b"><f>1=1</f><v>1</v></c>', "TRUE"),
    "no": ('<c r="B2" t="b"><v>0</v></c>', "FALSE"),
    "a number": ('<c r="B2"><v>1.2345678E7</v></c>', "12345678"),
    "a format that is not there": ('<c r="B2" s="99"><v>5</v></c>', "5"),
}


@pytest.mark.rule("S26")
@pytest.mark.parametrize("xml, text", TEXTS.values(), ids=TEXTS)
def test_a_cell_is_the_text_that_is_shown(tmp_path: Path, xml: str, text: str) -> None:
    (_, first), _ = cells_of(read(tmp_path, with_cell(workbook(MOVES), "B2", xml)))
    assert first["newStage"] == text


@pytest.mark.rule("S26")
@pytest.mark.parametrize(
    "xml", ['<c r="B2" t="str"><f>""</f><v></v></c>', '<c r="B2" s="0"/>', '<c r="B2"><v></v></c>']
)
def test_a_cell_that_shows_nothing_is_none(tmp_path: Path, xml: str) -> None:
    (_, first), _ = cells_of(read(tmp_path, with_cell(workbook(MOVES), "B2", xml)))
    assert "newStage" not in first


def formatted(cell: str, code: str) -> Callable[[Worksheet], None]:
    def prepare(sheet: Worksheet) -> None:
        sheet[cell].number_format = code

    return prepare


@pytest.mark.rule("S26")
@pytest.mark.parametrize(
    "value, code, text",
    [
        (12345678, "0000000000", "0012345678"),
        (12345678, "000-0000000", "001-2345678"),
        (12, '"N"000', "N012"),
        (5, "0", "5"),
        (5, "@", "5"),
        (12.5, "General", "12.5"),
    ],
)
def test_a_number_keeps_the_zeros_of_its_format(tmp_path: Path, value: float, code: str, text: str) -> None:
    content = workbook([KNOWN, (value, "ROV")], formatted("A2", code))
    assert cells_of(read(tmp_path, content)) == [(2, {"noticeNo": text, "newStage": "ROV"})]
    assert cells_of(read(tmp_path, in_strict_form(content))) == [(2, {"noticeNo": text, "newStage": "ROV"})]


UNREADABLE: dict[str, tuple[str, str]] = {
    "a formula without a value": ('<c r="B2"><f>A1</f></c>', "holds a formula without a stored value; save"),
    "a formula with an empty value": (
        '<c r="B2"><f>A1</f><v/></c>',
        "holds a formula without a stored value",
    ),
    "a formula of text without a value": (
        '<c r="B2" t="str"><f>A1</f></c>',
        "holds a formula without a stored value",
    ),
    "a shared formula without a value": (
        '<c r="B2"><f t="shared" si="0"/><v></v></c>',
        "holds a formula without a stored value",
    ),
    "the 0 that stands for no value": (
        '<c r="B2"><f>A1</f><v>0</v></c>',
        "holds a formula without a stored value",
    ),
    "an error": ('<c r="B2" t="e"><v>#N/A</v></c>', "holds the error #N/A; correct it"),
    "the error of a formula": ('<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "holds the error #DIV/0!"),
    "a date of the strict form": (
        '<c r="B2" t="d"><v>2026-09-01</v></c>',
        "holds a date; format the cell as text",
    ),
    "what is no number": ('<c r="B2"><v>ROV</v></c>', "holds no readable value; format the cell as text"),
    "no number at all": ('<c r="B2"><v>NaN</v></c>', "holds no readable value"),
}


@pytest.mark.rule("S26")
@pytest.mark.parametrize("xml, problem", UNREADABLE.values(), ids=UNREADABLE)
def test_a_cell_that_cannot_be_read_fails_its_row_alone(tmp_path: Path, xml: str, problem: str) -> None:
    table = read(tmp_path, with_cell(workbook(MOVES), "B2", xml))
    cell, said = first_problem(table)
    assert (cell, said[: len(problem)]) == ("newStage (cell B2)", problem)
    assert dict(table.rows[0].cells) == {"noticeNo": "A1", "reason": "SUP", "remark": "first"}
    assert table.rows[1].problem is None


@pytest.mark.rule("S26")
def test_a_0_that_was_calculated_is_a_value(tmp_path: Path) -> None:
    content = with_cell(workbook(MOVES), "B2", '<c r="B2"><f>1-1</f><v>0</v></c>')
    calculated = replaced(content, BOOK, ' fullCalcOnLoad="1"', "")
    assert cells_of(read(tmp_path, calculated))[0][1]["newStage"] == "0"


@pytest.mark.rule("S26")
@pytest.mark.parametrize(
    "value, code, problem",
    [
        (date(2026, 9, 1), "yyyy-mm-dd", "holds a date; format the cell as text"),
        (datetime.fromisoformat("2026-09-01T10:00"), "dd/mm/yyyy hh:mm", "holds a date"),
        (46266, "mmm-yy", "holds a date"),
        (0.5, "[h]:mm", "holds a date"),
        (12345678, "#,##0", "is shown in the format #,##0; format the cell as text"),
        (123456789012, "General", "is shown in the format General; format the cell as text"),
        (5, "[>9]00;0", "is shown in the format [>9]00;0"),
    ],
)
def test_a_number_shown_otherwise_fails_its_row(tmp_path: Path, value: Any, code: str, problem: str) -> None:
    cell, said = first_problem(read(tmp_path, workbook([KNOWN, (value,)], formatted("A2", code))))
    assert cell == "noticeNo (cell A2)"
    assert said.startswith(problem)


@pytest.mark.rule("S25")
def test_blank_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [KNOWN, (None,), ("A1", "ROV"), (" ", "\xa0"), ("A2",)]
    assert [row.number for row in read(tmp_path, workbook(rows)).rows] == [3, 5]
    content = b"noticeNo,newStage\n\nA1,ROV\n , \n,\nA2\n"
    assert [row.number for row in read(tmp_path, content, "moves.csv").rows] == [3, 6]


@pytest.mark.rule("S25")
def test_what_is_hidden_is_read_and_named(tmp_path: Path) -> None:
    def prepare(sheet: Worksheet) -> None:
        for row in (3, 4, 6, 9):  # the last one is empty
            sheet.row_dimensions[row].hidden = True
        sheet.column_dimensions["B"].hidden = True
        assert sheet.parent
        sheet.parent.create_sheet("Old", 0).sheet_state = "hidden"
        sheet.parent.create_sheet("Older").sheet_state = "veryHidden"
        sheet.parent.create_sheet("Notes")

    table = read(tmp_path, workbook([KNOWN, *((f"A{n}", "ROV") for n in range(1, 6))], prepare))
    assert [row.number for row in table.rows] == [2, 3, 4, 5, 6]
    assert table.notes == (
        "the hidden sheet 'Old' was not read, only 'Sheet'",
        "the hidden sheet 'Older' was not read, only 'Sheet'",
        "the sheet 'Notes' was not read, only 'Sheet'",
        "hidden rows were read like the others: 3 to 4, 6",
        "hidden columns were read like the others: newStage",
    )


@pytest.mark.rule("S25")
@pytest.mark.parametrize("title", ["noticeNo", " noticeNo ", "\xa0noticeNo\u3000", "\ufeff noticeNo\u200b"])
def test_blanks_around_titles_do_not_count(tmp_path: Path, title: str) -> None:
    row = [(2, {"noticeNo": "A1", "reason": "SUP"})]
    assert cells_of(read(tmp_path, workbook([(title, "reason"), ("A1", "SUP")]))) == row
    assert cells_of(read(tmp_path, f"{title},reason\nA1,SUP\n".encode(), "moves.csv")) == row


@pytest.mark.rule("S25")
@pytest.mark.parametrize(
    "titles, problem",
    [
        (("noticeNo", "New Stage"), "nobody knows the column 'New Stage'; write newStage."),
        (("noticeNo", "newstage"), "nobody knows the column 'newstage'; write newStage."),
        (
            ("noticeNo", "new_stage", "Reasons"),
            "write newStage; nobody knows the column 'Reasons'; write reason.",
        ),
        (("noticeNo", "colour"), "'colour'; the titles are noticeNo, newStage, reason, remark."),
        (("noticeNo", "new\u200bStage"), r"nobody knows the column 'new\\u200bStage'; write newStage."),
        (("noticeNo", "reason", "reason "), "has more than one column reason; leave one of each."),
        (("noticeNo", "noticeNo"), "has more than one column noticeNo"),
        (("newStage",), "has no column noticeNo."),
        (("Notice No", "newStage"), "has no column noticeNo; its titles are 'Notice No', 'newStage'."),
        (("", ""), "its first row has no titles"),
    ],
)
def test_titles_nobody_knows_refuse_the_table(tmp_path: Path, titles: tuple[str, ...], problem: str) -> None:
    with pytest.raises(WrongTitles, match=problem):
        read(tmp_path, workbook([titles, ("A1", "ROV")]))
    with pytest.raises(WrongTitles, match=problem):
        read(tmp_path, f"{','.join(titles)}\nA1,ROV\n".encode(), "moves.csv")


@pytest.mark.rule("S25", "S26")
def test_a_title_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    content = with_cell(workbook(MOVES), "B1", '<c r="B1"><f>A1</f></c>')
    with pytest.raises(WrongTitles, match=r"moves.xlsx: the title in B1 holds a formula without"):
        read(tmp_path, content)


@pytest.mark.rule("S25")
@pytest.mark.parametrize("blank", [" ", "\xa0\t"])
def test_a_blank_under_no_title_is_no_value(tmp_path: Path, blank: str) -> None:
    for content, name in (
        (workbook([(*KNOWN, None), ("A1", "ROV", "SUP", "x", blank)]), "moves.xlsx"),
        (f"noticeNo,newStage,\nA1,ROV,{blank}\n".encode(), "moves.csv"),
    ):
        (row,) = read(tmp_path, content, name).rows
        assert (row.problem, row.cells["noticeNo"], row.cells["newStage"]) == (None, "A1", "ROV")


@pytest.mark.rule("S25")
def test_a_value_under_no_title_fails_its_row(tmp_path: Path) -> None:
    table = read(tmp_path, workbook([(*KNOWN, None), ("A1", "ROV", "SUP", "x", "y"), ("A2",)]))
    assert [row.problem is None for row in table.rows] == [False, True]
    assert first_problem(table)[0] == "cell E2"
    # A remark with a comma, which no quotation marks keep together.
    table = read(tmp_path, b"noticeNo,remark\nA1,seen, and paid\nA2,ok,\n", "moves.csv")
    assert [row.problem is None for row in table.rows] == [False, True]
    assert first_problem(table)[1].startswith("stands under no title; move it to its column, or in CSV")


CSV: dict[str, bytes] = {
    "plain": b"noticeNo,newStage\nA1,ROV\n",
    "with a byte order mark": b"\xef\xbb\xbfnoticeNo,newStage\nA1,ROV\n",
    "of Windows": b"noticeNo,newStage\r\nA1,ROV\r\n",
    "of an old Macintosh": b"noticeNo,newStage\rA1,ROV\r",
    "with semicolons": b"noticeNo;newStage\nA1;ROV\n",
    "with tabs": b"noticeNo\tnewStage\nA1\tROV\n",
    "in quotation marks": b'"noticeNo","newStage"\n"A1","ROV"\n',
    "in quotation marks behind blanks": b'"noticeNo", "newStage"\n"A1", "ROV"\n',
    "with blanks": b" noticeNo , newStage \nA1,ROV\n",
    "with commas in a row's end": b"noticeNo,newStage,,\nA1,ROV,,\n,,,\n",
    "without a last line end": b"noticeNo,newStage\nA1,ROV",
}


@pytest.mark.rule("S25")
@pytest.mark.parametrize("content", CSV.values(), ids=CSV)
def test_csv_as_programs_write_it(tmp_path: Path, content: bytes) -> None:
    assert cells_of(read(tmp_path, content, "moves.CSV")) == [(2, {"noticeNo": "A1", "newStage": "ROV"})]


def without_content(part: str) -> bytes:
    return rewritten(workbook(MOVES), lambda name, data: b"" if name == part else data)


DAMAGED: dict[str, tuple[str, bytes, str]] = {
    "another kind": ("moves.ods", b"", "moves.ods: a table is a .csv or an .xlsx file"),
    "a code page of Windows": (
        "moves.csv",
        "noticeNo,remark\nA1,caf\xe9\n".encode("cp1252"),
        "moves.csv: is not in UTF-8; save it as CSV UTF-8",
    ),
    "Unicode text": (
        "moves.csv",
        "noticeNo\nA1\n".encode("utf-16"),
        "moves.csv: is not in UTF-8; save it as",
    ),
    "Unicode text without a mark": (
        "moves.csv",
        "noticeNo\nA1\n".encode("utf-16-le"),
        "is not in UTF-8; save",
    ),
    "a workbook as CSV": ("moves.csv", workbook(MOVES), "moves.csv: is not in UTF-8; save it as CSV UTF-8"),
    "an open quotation mark": (
        "moves.csv",
        b'noticeNo\n"A1\n',
        "moves.csv: is no CSV at line 2, a quotation mark is not closed, or stands inside a value",
    ),
    "a quotation mark inside": ("moves.csv", b'noticeNo\n"A"1\n', "is no CSV at line 2, a quotation mark"),
    "a value without an end": ("moves.csv", b"noticeNo\n" + b"A" * 200_000, "line 2, a value is too long"),
    "nothing": ("moves.csv", b"", "moves.csv: its first row has no titles"),
    "CSV as a workbook": (
        "moves.xlsx",
        b"noticeNo\nA1\n",
        "moves.xlsx: is no Excel workbook, or a damaged one; save",
    ),
    "a workbook of old": (
        "moves.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "has a password or an older format; save",
    ),
    "a file cut short": ("moves.xlsx", workbook(MOVES)[:-100], "is no Excel workbook, or a damaged one"),
    "a workbook without a book": (
        "moves.xlsx",
        without_content(BOOK),
        "is no Excel workbook, or a damaged one",
    ),
    "a workbook without a sheet": (
        "moves.xlsx",
        without_content(SHEET),
        "is no Excel workbook, or a damaged one",
    ),
    "a text that is not there": (
        "moves.xlsx",
        with_cell(workbook(MOVES), "B2", '<c r="B2" t="s"><v>999</v></c>'),
        "is no Excel workbook, or a damaged one",
    ),
    "a cell without a column": (
        "moves.xlsx",
        with_cell(workbook(MOVES), "B2", '<c r="2"><v>9</v></c>'),
        "is no Excel workbook, or a damaged one",
    ),
    "no sheet that is shown": (
        "moves.xlsx",
        replaced(workbook(MOVES), BOOK, 'state="visible"', 'state="hidden"'),
        "moves.xlsx: has no visible sheet with cells; save it",
    ),
    "an empty sheet": ("moves.xlsx", workbook([]), "moves.xlsx: its first row has no titles"),
    "titles further down": ("moves.xlsx", workbook([(), KNOWN]), "moves.xlsx: its first row has no titles"),
}


@pytest.mark.rule("S26")
@pytest.mark.parametrize("name, content, problem", DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_cannot_be_read_is_one_line_with_its_name(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    with pytest.raises(UnreadableTable, match=problem) as refused:
        read(tmp_path, content, name)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(name)


@pytest.mark.rule("S26")
def test_a_workbook_damaged_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    whole = workbook(MOVES)
    for place in range(0, len(whole), 37):
        content = bytearray(whole)
        content[place] ^= 0xFF
        try:
            read(tmp_path, bytes(content))
        except UnreadableTable as refused:
            assert str(refused).startswith("moves.xlsx: ")  # noqa: PT017  # it may be readable as well


def test_a_file_that_is_not_there_is_no_unreadable_table(tmp_path: Path) -> None:
    for name in ("gone.csv", "gone.xlsx"):
        with pytest.raises(FileNotFoundError):
            read_table(tmp_path / name, KNOWN, ["noticeNo"])


@pytest.mark.parametrize("column, name", [(1, "A7"), (26, "Z7"), (27, "AA7"), (702, "ZZ7"), (16384, "XFD7")])
def test_names_of_cells(column: int, name: str) -> None:
    assert cell_name(7, column) == name
    assert column_number(name) == column


def test_ranges_in_words() -> None:
    assert ranges([9, 3, 4, 5, 7]) == "3 to 5, 7, 9"
    assert ranges([]) == ""

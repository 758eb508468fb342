#!/usr/bin/env bash
# openpyxl 3.1.5 deletes the characters x005F_ from plain text when a workbook keeps the text among its shared strings.
#
# Versions: openpyxl 3.1.5, XlsxWriter 3.2.9 (writes the workbook; its sheet refers to shared strings), Python 3.11.
#
# The text Box005F_2 holds no escape: an escape is _xHHHH_ with an underscore before the x (ECMA-376, part 1,
# 22.4.2.4, ST_Xstring). XlsxWriter writes it as it is, and Excel shows it as it is. openpyxl undoes the escape of an
# underscore, _x005F_, by `text.replace('x005F_', '')` in openpyxl/reader/strings.py, without looking at what stands
# before the x: it returns Bo2, without a warning. Two different texts of a column thus become one, and a key read
# this way finds the wrong row. The same text kept in the cell itself (an inline string, as openpyxl 3.1 writes
# it) comes back whole, so the answer depends on which program saved the file. rich_text=True makes no difference.
#
# Output seen:
#   written   ['Box005F_2', 'Bo2', 'MAx005F_A', 'A_x000D_B']
#   shared    ['Bo2', 'Bo2', 'MAA', 'A_x000D_B']
#   rich text ['Bo2', 'Bo2', 'MAA', 'A_x000D_B']
#   inline    ['Box005F_2', 'Bo2', 'MAx005F_A', 'A_x000D_B']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openpyxl==3.1.5 XlsxWriter==3.2.9
"$folder/venv/bin/python" - "$folder" <<'PY'
import sys
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import xlsxwriter

folder = Path(sys.argv[1])
texts = ["Box005F_2", "Bo2", "MAx005F_A", "A_x000D_B"]


def read(file, **how):
    return [cell.value for cell in openpyxl.load_workbook(file, **how).worksheets[0][1]]


with xlsxwriter.Workbook(folder / "shared.xlsx") as book:
    book.add_worksheet().write_row(0, 0, texts)
with ZipFile(folder / "shared.xlsx") as parts:
    strings = parts.read("xl/sharedStrings.xml").decode()
assert "<t>Box005F_2</t>" in strings and "<t>A_x005F_x000D_B</t>" in strings, strings

book = openpyxl.Workbook()
book.active.append(texts)
book.save(folder / "inline.xlsx")

seen = {
    "written": texts,
    "shared": read(folder / "shared.xlsx"),
    "rich text": read(folder / "shared.xlsx", rich_text=True),
    "inline": read(folder / "inline.xlsx"),
}
for name, values in seen.items():
    print(f"{name:9} {[str(value) for value in values]}")
assert openpyxl.__version__ == "3.1.5"
assert seen["shared"] == ["Bo2", "Bo2", "MAA", "A_x000D_B"], "openpyxl reads shared strings otherwise now"
assert [str(each) for each in seen["rich text"]] == seen["shared"]
assert seen["inline"] == texts
PY

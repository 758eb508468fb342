#!/usr/bin/env bash
# XlsxWriter 3.2.9 escapes only the first of two escapes that share an underscore, and the text is read back as another.
#
# Versions: XlsxWriter 3.2.9, python-calamine 0.9.1 and openpyxl 3.1.5 (they read the workbook), Python 3.11.
#
# A text that looks like an escape of the format, _xHHHH_, is written with its first underscore escaped as _x005F_
# (ECMA-376, part 1, 22.9.2.19, ST_Xstring). In _x0041_x0042_ two of them share the underscore in the middle. XlsxWriter
# looks for the pattern with re.sub, which does not find a match that begins inside the last one: it writes
# _x005F_x0041_x0042_, in which _x0042_ is still an escape. A reader that undoes the escapes as the format says
# (calamine) shows _x0041B, another text than was written, without a warning. openpyxl undoes _x005F_ alone and shows
# what was written; so two programs show two texts of one cell.
#
# Output seen:
#   written         ['_x0041_', '_x0041_x0042_', 'see _x000D_x000A_ below']
#   stored          ['_x005F_x0041_', '_x005F_x0041_x0042_', 'see _x005F_x000D_x000A_ below']
#   calamine 0.9.1  ['_x0041_', '_x0041B', 'see _x000D\n below']
#   openpyxl 3.1.5  ['_x0041_', '_x0041_x0042_', 'see _x000D_x000A_ below']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  openpyxl==3.1.5 python-calamine==0.9.1 XlsxWriter==3.2.9
"$folder/venv/bin/python" - "$folder" <<'PY'
import re
import sys
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import python_calamine
import xlsxwriter

file = Path(sys.argv[1]) / "shared.xlsx"
texts = ["_x0041_", "_x0041_x0042_", "see _x000D_x000A_ below"]
with xlsxwriter.Workbook(file) as book:
    book.add_worksheet().write_row(0, 0, texts)
with ZipFile(file) as parts:
    stored = re.findall("<t>(.*?)</t>", parts.read("xl/sharedStrings.xml").decode())
seen = {
    "written": texts,
    "stored": stored,
    "calamine 0.9.1": python_calamine.CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()[0],
    "openpyxl 3.1.5": [cell.value for cell in openpyxl.load_workbook(file).worksheets[0][1]],
}
for name, values in seen.items():
    print(f"{name:15} {values}")
assert xlsxwriter.__version__ == "3.2.9"
assert stored == ["_x005F_x0041_", "_x005F_x0041_x0042_", "see _x005F_x000D_x000A_ below"]
assert seen["calamine 0.9.1"] == ["_x0041_", "_x0041B", "see _x000D\n below"], "it is escaped otherwise now"
assert seen["openpyxl 3.1.5"] == texts
PY

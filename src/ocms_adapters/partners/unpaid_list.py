"""The list CAS works through: notice numbers, with what CAS has to tell about each."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ocms_adapters.partners.cas import CourtNoticeUpdate
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.notice_numbers import is_notice_no
from ocms_core.kernel.rule_tags import rule

LINES = (".ndjson", ".jsonl")


@frozen
class UnpaidList:
    """The notices of a list in its order, and a fingerprint that tells it from any other."""

    notices: tuple[CourtNoticeUpdate, ...]
    fingerprint: str

    @property
    def notice_nos(self) -> tuple[str, ...]:
        """Every number, for API 1."""
        return tuple(notice.notice_no for notice in self.notices)

    @property
    def updates(self) -> tuple[CourtNoticeUpdate, ...]:
        """The notices there is something to tell about, for API 2."""
        return tuple(notice for notice in self.notices if len(notice.on_the_wire()) > 1)


class BadUnpaidList(OcmsError):
    """The file is no unpaid list; the message says where, and what to do."""


@rule("P43")
def read_list(file: Path) -> UnpaidList:
    """
    The unpaid list is CSV with a header, or one JSON object a line (`.ndjson`, `.jsonl`).

    The columns are those of API 2: `noticeNo`, and where CAS has something to tell `suspensionType`,
    `eprReasonOfSuspension` and `processingStage`. `BadUnpaidList` for a file that is not there or cannot
    be read, for a line without a notice number and for a number that stands twice.
    """
    try:
        content = file.read_bytes()
        rows = list((json_rows if file.suffix in LINES else csv_rows)(content.decode("utf-8-sig")))
    except OSError as error:
        raise BadUnpaidList(f"{file} cannot be read: {error.strerror}; give the path of the list") from None
    except (ValueError, csv.Error):
        form = "one JSON object a line" if file.suffix in LINES else "CSV with a header"
        raise BadUnpaidList(f"{file.name} is not {form}, in UTF-8; have it written anew") from None
    seen: dict[str, CourtNoticeUpdate] = {}
    for place, row in enumerate(rows, start=1):
        number = str(row.get("noticeNo") or "").strip()
        if not is_notice_no(number):
            raise BadUnpaidList(
                f"{file.name}: entry {place} has no noticeNo of 1 to 10 letters and digits; correct it"
            )
        if number in seen:
            raise BadUnpaidList(f"{file.name}: entry {place} repeats a notice number; leave one of them out")
        seen[number] = CourtNoticeUpdate(
            number,
            row.get("suspensionType") or None,
            row.get("eprReasonOfSuspension") or None,
            row.get("processingStage") or None,
        )
    if not seen:
        raise BadUnpaidList(f"{file.name} holds no notice; there is nothing to do")
    return UnpaidList(tuple(seen.values()), hashlib.sha256(content).hexdigest())


def csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Read CSV with a header."""
    yield from csv.DictReader(io.StringIO(text, newline=""), strict=True)


def json_rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Read one JSON object a line."""
    for line in filter(str.strip, io.StringIO(text)):
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("a line is no JSON object")  # noqa: TRY004  # it is the file that is wrong
        yield row

"""The unpaid list of CAS: notice numbers, with the update of each."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ocms_adapters.partners.cas import CourtNoticeUpdate
from ocms_adapters.structuring import JSON_BODIES, MalformedData
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.notice_numbers import is_notice_no
from ocms_core.kernel.rule_tags import rule

JSON_LINES = (".ndjson", ".jsonl")


@frozen
class UnpaidList:
    """The notices of a list in its order, and the SHA-256 of its file."""

    notices: tuple[CourtNoticeUpdate, ...]
    fingerprint: str

    @property
    def notice_nos(self) -> tuple[str, ...]:
        """All notice numbers, for API 1."""
        return tuple(notice.notice_no for notice in self.notices)

    @property
    def updates(self) -> tuple[CourtNoticeUpdate, ...]:
        """The notices with something to update, for API 2."""
        return tuple(notice for notice in self.notices if len(notice.to_json()) > 1)


class BadUnpaidList(OcmsError):
    """The file is no unpaid list; the message says which entry, and what to do."""


@rule("P43")
def read_list(file: Path) -> UnpaidList:
    """
    Read an unpaid list: CSV with a header, or one JSON object a line (`.ndjson`, `.jsonl`) (P43).

    The columns are those of API 2: `noticeNo`, and where CAS has something to update `suspensionType`,
    `eprReasonOfSuspension` and `processingStage`. Raises `BadUnpaidList` for a file that is not there or
    cannot be read, for an entry without a notice number or with a wrong type, and for a number that stands
    twice.
    """
    try:
        content = file.read_bytes()
        rows = list((json_rows if file.suffix in JSON_LINES else csv_rows)(content.decode("utf-8-sig")))
    except OSError as error:
        raise BadUnpaidList(f"{file} cannot be read: {error.strerror}; give the path of the list") from None
    except (ValueError, csv.Error):
        form = "one JSON object a line" if file.suffix in JSON_LINES else "CSV with a header"
        raise BadUnpaidList(f"{file.name} is not {form}, in UTF-8; have it written anew") from None
    seen: dict[str, CourtNoticeUpdate] = {}
    for place, row in enumerate(rows, start=1):
        update = read_update(row, f"{file.name}: entry {place}")
        if update.notice_no in seen:
            raise BadUnpaidList(f"{file.name}: entry {place} repeats a notice number; leave one of them out")
        seen[update.notice_no] = update
    if not seen:
        raise BadUnpaidList(f"{file.name} holds no notice; there is nothing to do")
    return UnpaidList(tuple(seen.values()), hashlib.sha256(content).hexdigest())


def read_update(row: Mapping[str, Any], entry: str) -> CourtNoticeUpdate:
    """Read one entry, blank fields as None. Raises `BadUnpaidList`, naming the entry and the field."""
    number = row.get("noticeNo")
    number = number.strip() if isinstance(number, str) else ""
    if not is_notice_no(number):
        raise BadUnpaidList(f"{entry} has no noticeNo of 1 to 10 letters and digits; correct it")
    filled = {name: value for name, value in row.items() if value} | {"noticeNo": number}
    try:
        return JSON_BODIES.read(filled, CourtNoticeUpdate, entry)
    except MalformedData as error:
        raise BadUnpaidList(f"{error}; correct it") from None


def csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of CSV with a header."""
    yield from csv.DictReader(io.StringIO(text, newline=""), strict=True)


def json_rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of one JSON object a line. Raises `ValueError` for anything else."""
    for line in filter(str.strip, io.StringIO(text)):
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("a line is no JSON object")  # noqa: TRY004  # it is the file that is wrong
        yield row

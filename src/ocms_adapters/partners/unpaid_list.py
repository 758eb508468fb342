"""The unpaid list of CAS: notice numbers, with the update of each."""

import hashlib
import io
import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ocms_adapters.files.tables import WrongTitles, check_titles, read_csv, table_of
from ocms_adapters.partners.cas import CourtNoticeUpdate
from ocms_adapters.structuring import JSON_BODIES, MalformedData
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.notice_numbers import is_notice_no, normal_notice_no
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.texts import stripped

JSON_LINES = (".ndjson", ".jsonl")
TITLES = ("noticeNo", "suspensionType", "eprReasonOfSuspension", "processingStage")
REQUIRED_TITLES = ("noticeNo",)


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
    cannot be read, for titles nobody knows or that stand twice, for an entry without a notice number or with
    a wrong type, and for a number that stands twice.
    """
    is_json = file.suffix.lower() in JSON_LINES
    try:
        content = file.read_bytes()
        if not is_json and content.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            names = " or ".join(JSON_LINES)
            raise BadUnpaidList(f"{file.name} holds JSON, but is read as CSV; let its name end in {names}")
        rows = list((json_rows if is_json else csv_rows)(content, file.name))
    except OSError as error:
        raise BadUnpaidList(f"{file} cannot be read: {error.strerror}; give the path of the list") from None
    except WrongTitles as error:
        raise BadUnpaidList(str(error)) from None
    except ValueError:
        form = "one JSON object a line" if is_json else "CSV with a header"
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
    """
    Read one entry, without blanks around its values, blank ones as None.

    Raises `BadUnpaidList`, naming the entry and the field.
    """
    values = {name: stripped(value) if isinstance(value, str) else value for name, value in row.items()}
    if not is_notice_no(values.get("noticeNo")):
        raise BadUnpaidList(f"{entry} has no noticeNo of 1 to 10 letters and digits; correct it")
    values["noticeNo"] = normal_notice_no(values["noticeNo"])
    filled = {name: value for name, value in values.items() if value}
    try:
        return JSON_BODIES.read(filled, CourtNoticeUpdate, entry)
    except MalformedData as error:
        raise BadUnpaidList(f"{error}; correct it") from None


def csv_rows(content: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of CSV with a header. Raises `UnreadableTable`, and `WrongTitles` for its header."""
    sheet = read_csv(content, name)
    if not any(sheet.rows.values()):
        return
    for row in table_of(sheet, name, TITLES, REQUIRED_TITLES).rows:
        if row.problem:
            raise BadUnpaidList(f"{name}: {row.problem.cell} {row.problem.problem}")
        yield row.cells


def json_rows(content: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """
    Yield the rows of one JSON object a line.

    Raises `ValueError` for anything else, and `WrongTitles` for a key nobody knows or that stands twice.
    """
    lines = filter(str.strip, io.StringIO(content.decode("utf-8-sig")))
    for place, line in enumerate(lines, start=1):
        pairs = json.loads(line, object_pairs_hook=tuple)
        if not isinstance(pairs, tuple):
            raise ValueError("a line is no JSON object")  # noqa: TRY004  # it is the file that is wrong
        keys = dict(enumerate((key for key, _ in pairs), start=1))
        titles = check_titles(keys, f"{name}: entry {place}", TITLES, ()) if keys else {}
        yield {titles[number]: value for number, (_, value) in enumerate(pairs, start=1) if number in titles}

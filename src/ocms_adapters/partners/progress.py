"""The progress of a sync: a file beside the list, one line for each answer, on disk before the next step."""

import json
import os
from collections.abc import Collection, Mapping
from datetime import date
from itertools import count
from pathlib import Path
from typing import TypeAlias

from attrs import define, field, frozen

from ocms_adapters.partners.cas import CourtUpdateResult, PaymentStatus
from ocms_adapters.structuring import RECORDS, MalformedData
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

PAYMENT_STATUS = "sync_cas_payment_status"
COURT_NOTICES = "update_cas_court_notices"

BatchPosition: TypeAlias = tuple[int, int]
"""Where in the list a batch begins, counted from 0, and how many notices it has."""


@frozen
class SyncStart:
    """The first line: the fingerprint of the list, and the day the sync began."""

    list: str
    day: date


@frozen
class PaymentStatusesAnswered:
    """A batch of API 1 that is finished; `answered` is the job."""

    answered: str
    batch: BatchPosition
    answer: tuple[PaymentStatus, ...]


@frozen
class CourtNoticesAnswered:
    """A batch of API 2 that is finished; `answered` is the job."""

    answered: str
    batch: BatchPosition
    answer: CourtUpdateResult


@frozen
class BatchRefused:
    """A batch that OCMS refused, with the application code; `refused` is the job."""

    refused: str
    batch: BatchPosition
    code: str


BatchAnswered: TypeAlias = PaymentStatusesAnswered | CourtNoticesAnswered
Entry: TypeAlias = BatchAnswered | BatchRefused

ANSWER_FORMS: Mapping[str, type[BatchAnswered]] = {
    PAYMENT_STATUS: PaymentStatusesAnswered,
    COURT_NOTICES: CourtNoticesAnswered,
}


class DamagedProgress(OcmsError):
    """The file is no progress of a sync; the message says which line and which field."""


@define
class Progress:
    """The batches of a sync that are finished, and those refused and so to be sent again in halves."""

    file: Path
    _entries: list[Entry] = field(init=False, factory=list)

    @classmethod
    @rule("P43")
    def open(cls, file: Path, fingerprint: str, day: date) -> "Progress":
        """
        Open the progress of a list on a day; archive that of another day or list and begin anew (P43).

        A line cut off by a kill counts for nothing. Raises `DamagedProgress` for any other file.
        """
        progress = cls(file)
        start = SyncStart(fingerprint, day)
        content = file.read_bytes() if file.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        try:
            first, *others = [
                json_line(line, number) for number, line in enumerate(whole.splitlines(), start=1)
            ] or [None]
            earlier = None if first is None else RECORDS.read(first, SyncStart, "line 1")
            if earlier == start:
                progress._entries = [read_entry(line, number) for number, line in enumerate(others, start=2)]
        except MalformedData as error:
            raise DamagedProgress(
                f"{file.name} cannot be read: {error}; move it away to start anew"
            ) from None
        if earlier == start:
            os.truncate(file, len(whole))
            return progress
        if earlier:
            file.rename(archived_name(file, earlier.day))
        file.unlink(missing_ok=True)
        progress._append(start)
        return progress

    def finished(self, job: str) -> Collection[BatchPosition]:
        """Return the finished batches of a job, in the order they were answered."""
        return [entry.batch for entry in self._answers() if entry.answered == job]

    def payment_statuses(self) -> tuple[PaymentStatus, ...]:
        """Return the payment statuses of all finished batches (API 1)."""
        answers = (entry.answer for entry in self._answers() if isinstance(entry, PaymentStatusesAnswered))
        return tuple(status for answer in answers for status in answer)

    def court_updates(self) -> tuple[CourtUpdateResult, ...]:
        """Return the result of each finished batch of API 2."""
        return tuple(entry.answer for entry in self._answers() if isinstance(entry, CourtNoticesAnswered))

    def refused(self, job: str) -> Mapping[BatchPosition, str]:
        """Return the batches of a job that were refused, with the application code."""
        refusals = (entry for entry in self._entries if isinstance(entry, BatchRefused))
        return {entry.batch: entry.code for entry in refusals if entry.refused == job}

    def record(self, entry: Entry) -> None:
        """Write down that a batch is finished or was refused; it is on disk when this returns."""
        self._append(entry)
        self._entries.append(entry)

    def _answers(self) -> list[BatchAnswered]:
        return [entry for entry in self._entries if not isinstance(entry, BatchRefused)]

    def _append(self, line: Entry | SyncStart) -> None:
        with self.file.open("ab") as file:
            file.write(json.dumps(RECORDS.unstructure(line), default=str).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def json_line(line: bytes, number: int) -> object:
    """Parse a line of a file. Raises `MalformedData`, naming the line."""
    try:
        return json.loads(line)
    except ValueError:
        raise MalformedData(f"line {number}", ["it is not JSON"]) from None


def read_entry(line: object, number: int) -> Entry:
    """Read a line after the first. Raises `MalformedData`, naming line and field."""
    fields = line if isinstance(line, Mapping) else {}
    form: type[Entry] = BatchRefused
    if "answered" in fields:
        form = ANSWER_FORMS.get(str(fields["answered"]), BatchRefused)
    return RECORDS.read(line, form, f"line {number}")


def archived_name(file: Path, day: date) -> Path:
    """Return a name, not yet taken, for the progress of another day or list."""
    names = (f"{file.name}.{day}{f'-{number}' if number > 1 else ''}" for number in count(1))
    return next(free for name in names if not (free := file.with_name(name)).exists())

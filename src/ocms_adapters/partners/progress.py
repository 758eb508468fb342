"""The progress of a sync: a file beside the list, one line for each answer, on disk before the next step."""

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from ocms_adapters.partners.cas import CourtUpdateResult, PaymentStatus
from ocms_adapters.partners.folder_lock import folder_locked
from ocms_adapters.structuring import RECORDS, MalformedData
from ocms_core.kernel.dates import today
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

PAYMENT_STATUS = "sync_cas_payment_status"
COURT_NOTICES = "update_cas_court_notices"

ONE_DAY = timedelta(days=1)
# Behind the name of the progress: the day it was begun, and a number where there are more of that day.
ARCHIVED = r"\.(\d{4}-\d\d-\d\d)(-\d+)?"

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


class SyncReplaced(OcmsError):
    """The file is the progress of another sync by now, which has begun since."""


@define
class Progress:
    """The batches of a sync that are finished, and those refused and so to be sent again in halves."""

    file: Path
    start: SyncStart
    _entries: list[Entry] = field(init=False, factory=list)

    @classmethod
    def find(cls, file: Path, fingerprint: str, day: date) -> "Progress":
        """
        Return the progress that is there of a list, of a day or the one before; else one without a batch.

        Nothing is begun and nothing archived. Raises `DamagedProgress`.
        """
        with folder_locked(file.parent):
            kept = read_start(file)
            if kept is None or kept.list != fingerprint or kept.day not in (day, day - ONE_DAY):
                return cls(file, SyncStart(fingerprint, day))
            progress = cls(file, kept)
            # One of the day before that cannot be read is only to be archived.
            with suppress(DamagedProgress) if kept.day != day else nullcontext():
                progress._read_entries()
        return progress

    @rule("P43")
    def begin(self, day: date) -> None:
        """Open the progress of a day; archive that of another day or list and begin anew (P43)."""
        self.start = evolve(self.start, day=day)
        with folder_locked(self.file.parent):
            kept = read_start(self.file)
            if kept == self.start:
                self._read_entries()
                return
            if kept:
                self.file.rename(archived_name(self.file, kept.day))
            self.file.write_bytes(b"")
            self._entries = []
            self._append(self.start)

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
        """
        Write down that a batch is finished or was refused; it is on disk when this returns.

        Raises `SyncReplaced`, and writes nothing into the progress of another sync.
        """
        with folder_locked(self.file.parent):
            if read_start(self.file) != self.start:
                raise SyncReplaced(f"{self.file.name} is the progress of another sync by now")
            self._append(entry)
        self._entries.append(entry)

    def _answers(self) -> list[BatchAnswered]:
        return [entry for entry in self._entries if not isinstance(entry, BatchRefused)]

    def _read_entries(self) -> None:
        """Read the lines after the first; one cut off by a kill counts for nothing and is taken out."""
        content = self.file.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        with reading_lines_of(self.file):
            _, *lines = whole.splitlines()
            self._entries = [
                read_entry(json_line(line, number), number) for number, line in enumerate(lines, start=2)
            ]
        os.truncate(self.file, len(whole))

    def _append(self, line: Entry | SyncStart) -> None:
        with self.file.open("ab") as file:
            file.write(json.dumps(RECORDS.unstructure(line), default=str).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def reading_lines_of(file: Path) -> Iterator[None]:
    """Raise `DamagedProgress` for a line that is malformed."""
    try:
        yield
    except MalformedData as error:
        raise DamagedProgress(f"{file.name} cannot be read: {error}; move it away to start anew") from None


def read_start(file: Path) -> SyncStart | None:
    """Return the first line of a progress; None where there is none, or was cut off by a kill."""
    if not file.exists():
        return None
    with file.open("rb") as content, reading_lines_of(file):
        first = content.readline()
        return RECORDS.read(json_line(first, 1), SyncStart, "line 1") if first.endswith(b"\n") else None


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


def progress_of(unpaid_list: Path) -> Path:
    """Return the file of the progress of a list."""
    return unpaid_list.with_name(f"{unpaid_list.name}.progress")


@rule("K3")
def remove_archived(unpaid_list: Path, before: datetime, most: int) -> int:
    """Remove what is archived of a list from before a day, the oldest first; return how many (K3)."""
    file = progress_of(unpaid_list)
    archived = re.compile(re.escape(file.name) + ARCHIVED)
    found = [(match[1], path) for path in file.parent.glob("*") if (match := archived.fullmatch(path.name))]
    old = sorted((day, path) for day, path in found if day < today(before).isoformat())[:most]
    for _, path in old:
        path.unlink(missing_ok=True)
    return len(old)

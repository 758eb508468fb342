"""The report store in a folder."""

import os
import re
import secrets
import time
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import file_digest
from pathlib import Path

from attrs import field, frozen

from ocms_adapters.files.links import SignedLinks
from ocms_adapters.files.xlsx import write_workbook
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.sheets import Sheet

REPORT_STORE = "the report store"
WORD = r"[0-9A-Za-z_-][0-9A-Za-z._-]*"
NAME = re.compile(rf"{WORD}(/{WORD})*")
LONGEST_NAME = 200

PART = ".part"
# A file that is being written is locked, and none takes an hour; what both do not hold for was left behind.
LEFT_BEHIND_SECONDS = 3600
SWEEP_SECONDS = 3600


@frozen
class FolderStore:
    """
    A store of workbooks below a folder; a file appears under its name only when it is whole.

    What a process that was killed left half written is removed when a later report is put beside it.
    """

    folder: Path
    links: SignedLinks
    _swept: MutableMapping[Path, float] = field(factory=dict, init=False, eq=False, repr=False)

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        """Write a sheet as a workbook over an earlier one, whole or not at all. Raises `Unavailable`."""
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{secrets.token_hex(8)}{PART}")
            try:
                return self._write(sheet, part, path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(REPORT_STORE) from error

    def _write(self, sheet: Sheet, part: Path, path: Path) -> StoredReport:
        with part.open("x+b") as file:
            with suppress(OSError):  # a disk without locks: there the age alone tells
                flock(file, LOCK_EX)
            rows = write_workbook(sheet, file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
        part.replace(path)
        self._sweep(path)
        return StoredReport(rows, digest)

    @rule("K3")
    def _sweep(self, written: Path) -> None:
        """Remove half-written files left behind for an hour in the folder of a file just written (K3)."""
        folder = written.parent
        if time.monotonic() - self._swept.get(folder, -SWEEP_SECONDS) < SWEEP_SECONDS:
            return
        self._swept[folder] = time.monotonic()
        # Whatever goes wrong here, the report is written.
        with suppress(OSError):
            # The time of the disk that the file has been written on, whatever this machine's clock says.
            oldest = written.stat().st_mtime - LEFT_BEHIND_SECONDS
            for part in folder.glob(f".*{PART}"):
                if part.stat().st_mtime < oldest:
                    remove_unlocked(part)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a workbook, None when there is none of that name. Raises `Unavailable`."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(REPORT_STORE) from error

    def remove_old(self, kind: str, before: datetime, most: int) -> int:
        """Remove workbooks of a kind, by the time of their files. Raises `Unavailable`."""
        removed = 0
        try:
            for path in self._path(kind).glob("[!.]*"):
                if removed < most and path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    removed += 1
        except FileNotFoundError:
            return removed
        except OSError as error:
            raise Unavailable(REPORT_STORE) from error
        return removed

    def link(self, name: str, expires_at: datetime) -> str:
        """Return a link that opens the workbook until it expires."""
        check_name(name)
        return self.links.make(name, expires_at)

    def _path(self, name: str) -> Path:
        return self.folder.joinpath(*check_name(name).split("/"))


def remove_unlocked(part: Path) -> None:
    """Remove a file unless a process that writes it has it locked. Raises `OSError`."""
    with suppress(BlockingIOError, FileNotFoundError), part.open("rb") as file:
        flock(file, LOCK_EX | LOCK_NB)
        part.unlink()


def check_name(name: str) -> str:
    """Return a report's name unchanged. Raises `ValueError` for one that could leave the folder."""
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise ValueError("A report's name is words of letters, digits, '.', '_' and '-', joined by '/'.")
    return name

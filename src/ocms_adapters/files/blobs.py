"""The report store in a folder."""

import os
import re
import secrets
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from attrs import frozen

from ocms_adapters.files.links import SignedLinks
from ocms_adapters.files.xlsx import write_workbook
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.sheets import Sheet

REPORT_STORE = "the report store"
WORD = r"[0-9A-Za-z_-][0-9A-Za-z._-]*"
NAME = re.compile(rf"{WORD}(/{WORD})*", re.ASCII)
LONGEST_NAME = 200


@frozen
class FolderStore:
    """A store of workbooks below a folder; a file appears under its name only when it is whole."""

    folder: Path
    links: SignedLinks

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        """Write a sheet as a workbook over an earlier one, whole or not at all. Raises `Unavailable`."""
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
            try:
                return self._write(sheet, part, path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(REPORT_STORE) from error

    def _write(self, sheet: Sheet, part: Path, path: Path) -> StoredReport:
        with part.open("x+b") as file:
            rows = write_workbook(sheet, file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
        part.replace(path)
        return StoredReport(rows, digest)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a workbook, None when there is none of that name. Raises `Unavailable`."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(REPORT_STORE) from error

    def link(self, name: str, expires_at: datetime) -> str:
        """Return a link that opens the workbook until it expires."""
        check_name(name)
        return self.links.make(name, expires_at)

    def _path(self, name: str) -> Path:
        return self.folder.joinpath(*check_name(name).split("/"))


def check_name(name: str) -> str:
    """Return a report's name unchanged. Raises `ValueError` for one that could leave the folder."""
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise ValueError("A report's name is words of letters, digits, '.', '_' and '-', joined by '/'.")
    return name

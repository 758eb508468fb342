"""How far a sync has come: a file beside the list, one line for each answer, on disk before the next step."""

import json
import os
from collections.abc import Mapping
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define, field

from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

BatchPosition: TypeAlias = tuple[int, int]
"""Where in the list a batch begins, and how many notices it has."""


class DamagedProgress(OcmsError):
    """The file is no progress of a sync."""


@define
class Progress:
    """What each batch was answered: finished, or refused and so to be looked at in halves."""

    file: Path
    _entries: list[dict[str, Any]] = field(init=False, factory=list)

    @classmethod
    @rule("P43")
    def of(cls, file: Path, fingerprint: str, day: date) -> "Progress":
        """
        A sync is gone on with on its own day and with its own list; any other is put aside and begun anew.

        A line cut off by a kill counts for nothing.
        """
        progress = cls(file)
        startup = {"list": fingerprint, "day": day.isoformat()}
        kept = file.read_bytes() if file.exists() else b""
        whole = kept[: kept.rfind(b"\n") + 1]
        try:
            progress._entries = [dict(json.loads(line)) for line in whole.splitlines()]
        except (ValueError, TypeError):
            raise DamagedProgress(f"{file.name} cannot be read; move it away to start anew") from None
        if progress._entries[:1] == [startup]:
            os.truncate(file, len(whole))
            return progress
        if progress._entries:
            file.rename(archived_name(file, str(progress._entries[0].get("day", "earlier"))))
        progress._entries = []
        file.unlink(missing_ok=True)
        progress._keep(startup)
        return progress

    def finished(self, job: str) -> Mapping[BatchPosition, Any]:
        """Give the answers of a job's finished batches."""
        return {
            batch_position(entry): entry["answer"] for entry in self._entries if entry.get("answered") == job
        }

    def refused(self, job: str) -> Mapping[BatchPosition, str]:
        """Give the batches of a job that were refused, with the application code."""
        return {
            batch_position(entry): entry["code"] for entry in self._entries if entry.get("refused") == job
        }

    def answered(self, job: str, batch: BatchPosition, answer: object) -> None:
        """Put on record that a batch is finished."""
        self._keep({"answered": job, "batch": batch, "answer": answer})

    def was_refused(self, job: str, batch: BatchPosition, code: str) -> None:
        """Put on record that a batch was refused."""
        self._keep({"refused": job, "batch": batch, "code": code})

    def _keep(self, entry: dict[str, Any]) -> None:
        with self.file.open("ab") as file:
            file.write(json.dumps(entry, default=str).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._entries.append(entry)


def batch_position(entry: Mapping[str, Any]) -> BatchPosition:
    """Read where a batch is."""
    first, many = entry["batch"]
    return first, many


def archived_name(file: Path, day: str) -> Path:
    """Give a name for the progress of another day or list that nothing has yet."""
    names = (f"{file.name}.{day}{f'-{number}' if number > 1 else ''}" for number in count(1))
    return next(free for name in names if not (free := file.with_name(name)).exists())

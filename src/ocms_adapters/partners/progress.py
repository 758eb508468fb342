"""How far a sync has come: a file beside the list, one line for each call, on disk before the next step."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import define, field


class OtherList(ValueError):
    """The progress on record belongs to a list of other content."""


@define
class Progress:
    """What was called when, and what each finished batch was answered."""

    file: Path
    _entries: list[dict[str, Any]] = field(init=False, factory=list)

    @classmethod
    def of(cls, file: Path, fingerprint: str) -> "Progress":
        """Open the progress of a list; a line cut off by a kill counts for nothing."""
        progress = cls(file)
        kept = file.read_bytes() if file.exists() else b""
        whole = kept[: kept.rfind(b"\n") + 1]
        if whole != kept:
            os.truncate(file, len(whole))
        progress._entries = [json.loads(line) for line in whole.splitlines()]
        if not progress._entries:
            progress._keep({"list": fingerprint})
        elif progress._entries[0]["list"] != fingerprint:
            raise OtherList(f"{file.name} is the progress of another list; move it away to start anew")
        return progress

    def calls(self, job: str) -> Sequence[datetime]:
        """Give when a job called OCMS."""
        return [datetime.fromisoformat(entry["at"]) for entry in self._of("call", job)]

    def finished(self, job: str) -> Mapping[int, Any]:
        """Give the answers of a job's finished batches by number."""
        return {entry["batch"]: entry["answer"] for entry in self._of("answered", job)}

    def calling(self, job: str, batch: int, at: datetime) -> None:
        """Put on record that a call is about to be made: it counts, whatever becomes of it."""
        self._keep({"call": job, "batch": batch, "at": at.isoformat()})

    def answered(self, job: str, batch: int, answer: object) -> None:
        """Put on record that a batch is finished."""
        self._keep({"answered": job, "batch": batch, "answer": answer})

    def _of(self, kind: str, job: str) -> list[dict[str, Any]]:
        return [entry for entry in self._entries if entry.get(kind) == job]

    def _keep(self, entry: dict[str, Any]) -> None:
        with self.file.open("ab") as file:
            file.write(json.dumps(entry, default=str).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._entries.append(entry)

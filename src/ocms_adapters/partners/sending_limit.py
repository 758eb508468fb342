"""The limit CAS keeps by itself: ten requests to an API in any hour, each one sent counted."""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from attrs import define, field, frozen

from ocms_adapters.partners.folder_lock import folder_locked
from ocms_adapters.structuring import RECORDS
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

REQUESTS = 10
PERIOD = timedelta(hours=1)
# What is sent later may arrive sooner.
MARGIN = timedelta(seconds=1)


@frozen
class SentRequest:
    """A line of the file: the path of a request, and when it was sent."""

    request: tuple[str, datetime]


@define
class SendingLimit:
    """
    The requests sent, in a file that all lists of a folder share and that outlives the process.

    A request counts from the moment it is about to be sent, whatever becomes of it.
    """

    file: Path
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    _sent: dict[str, list[datetime]] = field(init=False, factory=lambda: defaultdict(list))

    def __attrs_post_init__(self) -> None:
        """
        Read what was sent within the last hour, and drop the rest. Raises `MalformedData`.

        A request that a wrong clock dated in the future counts as sent now.
        """
        with folder_locked(self.file.parent):
            self._read()

    def _read(self) -> None:
        now = self.now()
        since = now - PERIOD - MARGIN
        lines = self.file.read_bytes().splitlines() if self.file.exists() else ()
        for number, line in enumerate(lines, start=1):
            try:
                parsed = json.loads(line)
            except ValueError:
                continue  # cut off by a kill, before anything was sent
            source = f"line {number} of {self.file.name}"
            path, at = RECORDS.read({"request": parsed}, SentRequest, source).request
            if at >= since:
                self._sent[path].append(min(at, now))
        rewritten = self.file.with_name(self.file.name + ".new")
        kept = [line_of(path, at) for path, moments in self._sent.items() for at in moments]
        rewritten.write_bytes(b"".join(kept))
        rewritten.replace(self.file)

    @rule("P43")
    def wait(self, path: str) -> None:
        """Wait until one more request is within ten an hour, repeated and earlier ones counted (P43)."""
        latest = self._sent[path][-REQUESTS:]
        if len(latest) == REQUESTS:
            left = (latest[0] + PERIOD + MARGIN - self.now()).total_seconds()
            if left > 0:
                log.info("waits_for_limit", api=path, seconds=round(left))
                self.sleep(left)

    def record(self, path: str) -> None:
        """Write down that a request is about to be sent; it is on disk when this returns."""
        at = self.now()
        with folder_locked(self.file.parent), self.file.open("ab") as file:
            file.write(line_of(path, at))
            file.flush()
            os.fsync(file.fileno())
        self._sent[path].append(at)


def line_of(path: str, at: datetime) -> bytes:
    """Return a request as a line of the file."""
    return json.dumps([path, at.isoformat()]).encode() + b"\n"

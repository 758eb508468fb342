"""How often OCMS may be called: ten requests to an API in any hour, each one sent counted."""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from attrs import define, field

from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

REQUESTS = 10
PERIOD = timedelta(hours=1)
# What is sent later may arrive sooner.
MARGIN = timedelta(seconds=1)


@define
class SendingLimit:
    """
    When requests were sent, in a file that all lists of a folder share and that outlives the process.

    A request counts from the moment it is about to be sent, whatever becomes of it.
    """

    file: Path
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    _sent: dict[str, list[datetime]] = field(init=False, factory=lambda: defaultdict(list))

    def __attrs_post_init__(self) -> None:
        """Read what was sent within the last hour, and forget the rest."""
        since = self.now() - PERIOD - MARGIN
        for line in self.file.read_bytes().splitlines() if self.file.exists() else ():
            try:
                path, at = json.loads(line)
            except ValueError:
                continue  # cut off by a kill, before anything was sent
            if datetime.fromisoformat(at) >= since:
                self._sent[path].append(datetime.fromisoformat(at))
        beside = self.file.with_name(self.file.name + ".new")
        kept = [line_of(path, at) for path, moments in self._sent.items() for at in moments]
        beside.write_bytes(b"".join(kept))
        beside.replace(self.file)

    @rule("P43")
    def wait(self, path: str) -> None:
        """At most ten requests to an API are sent in any hour, repeated ones and earlier runs' counted."""
        latest = self._sent[path][-REQUESTS:]
        if len(latest) == REQUESTS:
            left = (latest[0] + PERIOD + MARGIN - self.now()).total_seconds()
            if left > 0:
                log.info("waits_for_limit", api=path, seconds=round(left))
                self.sleep(left)

    def sending(self, path: str) -> None:
        """Put on record, on disk, that a request is about to be sent."""
        at = self.now()
        with self.file.open("ab") as file:
            file.write(line_of(path, at))
            file.flush()
            os.fsync(file.fileno())
        self._sent[path].append(at)


def line_of(path: str, at: datetime) -> bytes:
    """Write a request as a line."""
    return json.dumps([path, at.isoformat()]).encode() + b"\n"

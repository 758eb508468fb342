"""
`ocms partner cas-sync` in a process of its own, on a clock that only sleeping moves.

`python -m tests.support.sync_process LIST CLOCK` keeps the clock in a file, where the next one finds it.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen

from ocms_adapters.partners import CasClient
from ocms_app.cli.partners import run_sync
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.startup import startup


@frozen
class KeptClock:
    """A clock in a file."""

    file: Path

    def now(self) -> datetime:
        """Read it."""
        return datetime.fromisoformat(self.file.read_text())

    def sleep(self, seconds: float) -> None:
        """Move it on."""
        self.file.write_text((self.now() + timedelta(seconds=seconds)).isoformat())


def main(unpaid: str, clock: str) -> int:
    """Do as the command does."""
    settings, time = startup(), KeptClock(Path(clock))
    client = CasClient(settings.partner_url, settings.partner_api_key, sleep=time.sleep, now=time.now)
    return run_sync(Path(unpaid), client, JobRunner(settings, open_databases(settings)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

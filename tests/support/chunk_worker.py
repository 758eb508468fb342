"""A chunk worker in a process of its own: it reports late, and counts as dead early."""

import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Event

from attrs import evolve, field, frozen
from sqlalchemy import Connection

from ocms_adapters.job_queue import ChunkQueue
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.transactions import unchecked
from ocms_app.databases import open_databases
from ocms_app.distributed_reconciliation import reconciliation
from ocms_app.settings import load
from ocms_core.jobs.runs import LockRequest

LEASE = 1.5


@frozen
class Lingering(SqlJobRuns):
    """Lets time pass between the work and its being put on record."""

    seconds: float = field(kw_only=True)

    def record(
        self,
        ask: LockRequest,
        startup: datetime,
        ended: datetime,
        counts: Mapping[str, int],
        check: Callable[[Connection], None] = unchecked,
    ) -> None:
        """Wait, then record."""
        time.sleep(self.seconds)
        super().record(ask, startup, ended, counts, check)


def main() -> None:
    """Work until SIGTERM on the databases of the environment; first tell this process's network namespace."""
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    settings = load()
    databases = open_databases(settings)
    job_runs = Lingering(databases.intranet, seconds=float(sys.argv[1]))
    ours = evolve(reconciliation(settings, databases), job_runs=job_runs)
    sys.stdout.write(f"{Path('/proc/self/ns/net').readlink()}\n")
    sys.stdout.flush()
    ChunkQueue(databases.intranet).work(ours.do, stopping, lease=LEASE)


if __name__ == "__main__":
    main()

"""A relay in a process of its own that is killed between showing a row and marking it."""

import os
import signal
from datetime import datetime
from multiprocessing import get_context

from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql.internet_copy import InternetCopy
from ocms_adapters.sql.replication import SqlReplication
from ocms_core.replication.replicated_tables import State
from tests.support import engines
from tests.support.databases import Databases

# A server that has everything loaded forks each process in no time.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


class Dying(InternetCopy):
    """Shows what it is given, for good, and does not live to say so."""

    def show(self, state: State, now: datetime) -> frozenset[str]:
        """Show, then die."""
        super().show(state, now)
        os.kill(os.getpid(), signal.SIGKILL)
        return frozenset()


def deliver_and_die(databases: Databases, key: bytes, now: datetime) -> None:
    """Deliver one round; never returns when there was something to deliver."""
    intranet, internet = engines.create(databases.intranet), engines.create(databases.internet)
    SqlReplication(intranet, Dying(internet, FieldCipher({"k1": key}))).run_once(now)


def killed(databases: Databases, key: bytes, now: datetime) -> bool:
    """Run a relay that dies; tell whether it did."""
    process = PROCESSES.Process(target=deliver_and_die, args=(databases, key, now))
    process.start()
    process.join(60)
    return process.exitcode == -signal.SIGKILL

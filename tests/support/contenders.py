"""
Processes that contend for one lock, each with a clock of its own that is up to five minutes off.

`python -m tests.support.contenders URL PROCESSES TRIES` ends when all of them have; a process that
meets what it does not expect makes the whole fail. What they did is in the table `contention`.
"""

import os
import random
import sys
import time
from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import Engine, text

from ocms_adapters.clock import SystemClock
from ocms_core.jobs.runs import LockLease, LockLost, LockRequest, RunResult
from ocms_core.kernel.errors import Unavailable
from tests.support import engines
from tests.support.job_locks import fenced, locks_of

MOST_OFF = 300.0
AT_MOST = timedelta(seconds=0.15)
SLOT = 50_000
# One in so many holders sleeps past its time.
SLEEPERS = 12
ENTER, LEAVE = "enter", "leave"
MARK = text("INSERT INTO contention (fence, mark) VALUES (:fence, :mark)")


@frozen
class Contender:
    """A machine: its clock, its connection, and its luck."""

    engine: Engine
    name: str
    off: timedelta
    chance: random.Random

    def slot(self) -> datetime:
        """Return the time of the schedule this machine's clock shows."""
        now = SystemClock().now() + self.off
        return now.replace(microsecond=now.microsecond // SLOT * SLOT)

    def contend(self, tries: int) -> None:
        """Try to take the lock so often; whoever has it marks when it enters and when it leaves."""
        locks = locks_of(self.engine)
        for turn in range(tries):
            slot = self.slot() if turn % 2 else None
            held = locks.take(LockRequest("contended", self.name, AT_MOST, slot=slot))
            if isinstance(held, LockLease):
                locks.end(held, self._work(held), {}, None)

    def _work(self, held: LockLease) -> RunResult:
        sleeper = self.chance.randrange(SLEEPERS) == 0
        try:
            for mark, seconds in ((ENTER, AT_MOST.total_seconds() * 1.5 if sleeper else 0.001), (LEAVE, 0)):
                with fenced(self.engine, held) as connection:
                    connection.execute(MARK, {"fence": held.fence, "mark": mark})
                time.sleep(seconds)
        except (LockLost, Unavailable):  # PostgreSQL ends whoever is inside a transaction when its time is up
            return RunResult.LOST
        return RunResult.DONE


def main(url: str, processes: str, tries: str) -> int:
    """Fork the contenders, which spares each of them the loading; 0 when all ended well."""
    children = []
    for number in range(int(processes)):
        child = os.fork()
        if not child:
            chance = random.Random(number)
            off = timedelta(seconds=chance.uniform(-MOST_OFF, MOST_OFF))
            engine = engines.create(url, pool_size=1)
            Contender(engine, f"machine-{number}", off, chance).contend(int(tries))
            engine.dispose()
            os._exit(0)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""OCMS in processes of its own on a PostgreSQL of its own, any of which can be killed and started again."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import TypeVar

import httpx
import psycopg
from attrs import define, field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocms_core.kernel.errors import OcmsError
from tests.campaigns.kills.processes import RELAY, WEB, WORKER, OcmsProcess, forking
from tests.campaigns.kills.subjects import put_reversal_days
from tests.support.databases import postgres_databases
from tests.support.http_server import Deployment
from tests.support.postgres import PostgresServer, running_server

Result = TypeVar("Result")

BACKEND, POSTMASTER = "backend", "postmaster"
RECOVERY_SECONDS = 120
ONE_EACH: Mapping[str, int] = {WEB: 1, WORKER: 1, RELAY: 1}
SEVERAL: Mapping[str, int] = {WEB: 3, WORKER: 2, RELAY: 2}
"""So many that one can be killed while others go on: starting one takes a second of a core."""
AT_WORK_SECONDS = 3.0
"""How long a process has to run before it is killed, where others of its kind go on."""
REFUSALS = ("is unavailable", "choose another with --port.")
"""How the reasons end for which a process ends by itself."""
SCHEDULES = """\
[ocms.schedules]
suspend_hst_new_notices = "* * * * *"
remove_old_rows = "* * * * *"
report_stuck_cases = "* * * * *"
"""
"""Jobs of the night run every minute, so that a kill meets them."""


class NotRecovered(AssertionError):
    """The system does not work again after a kill."""


@define
class System:
    """The processes of one deployment; `started_again` counts starts that were refused."""

    server: PostgresServer
    deployment: Deployment
    processes: list[OcmsProcess] = field(factory=list)
    started_again: int = 0

    @property
    def addresses(self) -> Sequence[str]:
        """The addresses of the API, of each process that serves it."""
        return [each.address for each in self.processes if each.kind == WEB]

    def kill(self, name: str, random: Random) -> None:
        """Kill a process with SIGKILL, of several of a kind the oldest, and start it again if nobody does."""
        if name == BACKEND:
            self._kill_backend(random)
        elif name == POSTMASTER:
            self._kill_postmaster()
        else:
            of_kind = [each for each in self.processes if each.kind == name]
            oldest = min(of_kind, key=lambda each: each.started)
            if len(of_kind) > 1:
                time.sleep(max(0.0, AT_WORK_SECONDS - oldest.age))
            oldest.stop()
            oldest.start()

    def stop_all(self) -> None:
        """Kill every process of OCMS."""
        for each in self.processes:
            each.stop()

    def _kill_postmaster(self) -> None:
        """Kill PostgreSQL's first process, wait for its others to end, and start it on the same data."""
        file = self.server.data / "postmaster.pid"
        os.kill(int(file.read_text().splitlines()[0]), signal.SIGKILL)
        deadline = time.monotonic() + RECOVERY_SECONDS
        while runs_in(self.server.data):
            if time.monotonic() > deadline:
                raise NotRecovered("the processes of a PostgreSQL that was killed do not end")
            time.sleep(0.05)
        file.unlink(
            missing_ok=True
        )  # where nobody waits for the dead process, its number seems to be at work
        retried(self.server.start)

    def _kill_backend(self, random: Random) -> None:
        """Kill a backend at work for OCMS: PostgreSQL ends all of them and recovers as after a crash."""
        url = self.server.url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            pids = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname <> 'postgres'"
                " AND backend_type = 'client backend' ORDER BY pid"
            ).fetchall()
        if pids:
            os.kill(random.choice(pids)[0], signal.SIGKILL)

    def wait_until_ready(self) -> None:
        """Wait until every process of the API says it is ready."""

        def ready() -> None:
            self.start_ended()
            for address in self.addresses:
                httpx.get(f"{address}/health/ready", trust_env=False, timeout=10).raise_for_status()

        retried(ready)

    def start_ended(self) -> None:
        """Start again what has refused to start while its database was away, as its supervisor does."""
        for each in self.processes:
            if each.has_ended():
                self._start_again(each)

    def _start_again(self, ended: OcmsProcess) -> None:
        log = ended.log.read_text()
        if not log.rstrip().endswith("is unavailable"):
            raise NotRecovered(f"{ended.kind} has ended: {log[-2000:]}")
        self.started_again += 1
        ended.stop()
        ended.start()

    def query(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """Return the rows of a statement on the Intranet database."""
        return self.queries([statement], **values)[0]

    def queries(self, statements: Sequence[str], **values: object) -> list[list[tuple[object, ...]]]:
        """Return the rows of statements on the Intranet database, all as of one moment."""

        def asked() -> list[list[tuple[object, ...]]]:
            engine = self.deployment.engine.execution_options(isolation_level="REPEATABLE READ")
            with engine.connect() as connection:
                return [list(map(tuple, connection.execute(text(each), values))) for each in statements]

        return retried(asked)


def runs_in(folder: Path) -> bool:
    """Return whether a process works in a folder."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                return True
    return False


def retried(attempt: Callable[[], Result]) -> Result:
    """Attempt something until the system has recovered from a kill."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return attempt()
        except (OcmsError, DBAPIError, psycopg.Error, httpx.HTTPError, RuntimeError) as error:
            if time.monotonic() > deadline:
                raise NotRecovered(f"{RECOVERY_SECONDS} s after a kill: {error}") from error
            time.sleep(0.1)


@contextmanager
def system(folder: Path, many: Mapping[str, int]) -> Iterator[System]:
    """Yield a running system below a folder, with so many processes of each kind."""
    config = folder / "ocms.toml"
    config.write_text(SCHEDULES)
    with (
        running_server() as server,
        postgres_databases(server) as databases,
        forking() as starting,
        ExitStack() as running,
    ):
        deployment = Deployment(databases, folder)
        running.callback(deployment.engine.dispose)
        put_reversal_days(deployment.engine)
        found = System(server, deployment)
        running.callback(found.stop_all)
        for kind, number in many.items():
            for place in range(number):
                each = OcmsProcess(kind, place, deployment, config, starting)
                found.processes.append(each)
                each.start()
        found.wait_until_ready()
        yield found

"""OCMS in processes of its own on a PostgreSQL of its own, any of which can be killed and started again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
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
from tests.support.databases import postgres_databases
from tests.support.http_server import GUARD, OCMS, Deployment
from tests.support.postgres import PostgresServer, free_port, running_server

Result = TypeVar("Result")

WEB, WORKER, RELAY, BACKEND, POSTMASTER = "web", "worker", "relay", "backend", "postmaster"
RECOVERY_SECONDS = 120
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
    """The processes of one deployment; `started_again` counts starts that met no database."""

    server: PostgresServer
    deployment: Deployment
    port: int
    config: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(factory=dict)
    guards: dict[str, subprocess.Popen[bytes]] = field(factory=dict)
    started_again: int = 0

    @property
    def address(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        """Start a process of OCMS; it dies with this one."""
        words = {
            WEB: ("serve", "--port", str(self.port)),
            WORKER: ("work",),
            RELAY: ("replication", "run", "--pause", "0.1"),
        }[name]
        folder = self.deployment.folder
        environment = self.deployment.environment(config=self.config, reports=folder / "reports")
        with (folder / f"{name}.log").open("ab") as log:
            self.processes[name] = process = subprocess.Popen(
                [OCMS, *words], env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
            )
        guard = subprocess.Popen(
            ["sh", "-c", GUARD, str(process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
        self.guards[name] = guard

    def kill(self, name: str, random: Random) -> None:
        """Kill a process with SIGKILL, and start it again where nobody else does."""
        if name in self.processes:
            self.stop(name)
            self.start(name)
        elif name == BACKEND:
            self._kill_backend(random)
        else:
            self._kill_postmaster()

    def stop(self, name: str) -> None:
        """Kill a process with all that it has started, and its guard: its number may be given anew."""
        with suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()
        guard = self.guards.pop(name)
        guard.kill()
        guard.wait()
        if guard.stdin:
            guard.stdin.close()

    def stop_all(self) -> None:
        """Kill every process of OCMS."""
        for name in tuple(self.guards):
            self.stop(name)

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
        """Wait until the API says it is ready and every process runs."""

        def ready() -> None:
            for name, process in tuple(self.processes.items()):
                if process.poll() is not None:
                    self._start_again(name)
            httpx.get(f"{self.address}/health/ready", trust_env=False, timeout=10).raise_for_status()

        retried(ready)

    def _start_again(self, name: str) -> None:
        """Start a process that refused to start while its database was away, as its supervisor does."""
        log = (self.deployment.folder / f"{name}.log").read_text()
        if not log.rstrip().endswith("is unavailable"):
            raise NotRecovered(f"{name} has ended: {log[-2000:]}")
        self.started_again += 1
        self.stop(name)
        self.start(name)

    def query(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """Return the rows of a statement on the Intranet database, all as of one moment."""

        def asked() -> list[tuple[object, ...]]:
            with self.deployment.engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(statement), values)]

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
def system(folder: Path) -> Iterator[System]:
    """Yield a running system below a folder."""
    config = folder / "ocms.toml"
    config.write_text(SCHEDULES)
    with (
        running_server() as server,
        postgres_databases(server) as databases,
        ExitStack() as running,
    ):
        deployment = Deployment(databases, folder)
        running.callback(deployment.engine.dispose)
        found = System(server, deployment, free_port(), config)
        running.callback(found.stop_all)
        for name in (WEB, WORKER, RELAY):
            found.start(name)
        found.wait_until_ready()
        yield found

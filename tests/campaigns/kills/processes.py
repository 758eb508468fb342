"""A process of OCMS that is killed and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import define, frozen

from ocms_adapters.encryption import KEY_BYTES
from tests.support.http_server import Deployment
from tests.support.postgres import free_port

AUDIT_KEYS = f"t1={b64encode(bytes(KEY_BYTES)).decode()}"
"""The key of all tests, with which this process too writes audit rows, of the credentials it issues."""
WEB, WORKER, RELAY = "web", "worker", "relay"
WORDS: Mapping[str, Callable[[int], Sequence[str]]] = {
    WEB: lambda port: ("serve", "--port", str(port)),
    WORKER: lambda _: ("work",),
    RELAY: lambda _: ("replication", "run", "--pause", "0.5"),
}
FORKING = (sys.executable, "-m", "tests.campaigns.kills.forking")
PROJECT = Path(__file__).parents[3]


@frozen
class Forking:
    """The process whose children those of OCMS are."""

    process: subprocess.Popen[str]

    def start(self, words: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str]) -> int:
        """Start an `ocms` and return its number; it is also that of its process group."""
        order = {"words": words, "folder": str(folder), "log": str(log), "environment": environment}
        return self._answer_to(order)

    def wait_for(self, number: int) -> None:
        """Wait until a process that was killed has ended; its number may be that of another from then on."""
        self._answer_to(number)

    def _answer_to(self, order: object) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def forking() -> Iterator[Forking]:
    """Yield what starts processes of OCMS; they end with the block or with this process, in whatever way."""
    with subprocess.Popen(
        FORKING, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield Forking(process)


@define
class OcmsProcess:
    """
    One of the processes of a kind, on a new port each time: one that is left may be taken at once.

    `number` is that of the process, `started` when it was started last, by the monotonic clock.
    """

    kind: str
    place: int
    deployment: Deployment
    config: Path
    forking: Forking
    port: int = 0
    number: int = 0
    started: float = 0.0

    @property
    def address(self) -> str:
        """The address of the API it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The file with all that it and those before it have logged."""
        return self.deployment.folder / f"{self.kind}-{self.place}.log"

    @property
    def age(self) -> float:
        """How many seconds it runs."""
        return time.monotonic() - self.started

    def start(self) -> None:
        """Start it."""
        self.port = free_port()
        folder = self.deployment.folder
        environment = self.deployment.environment(
            config=self.config, reports=folder / "reports", audit_keys=AUDIT_KEYS
        )
        self.number = self.forking.start(WORDS[self.kind](self.port), folder, self.log, environment)
        self.started = time.monotonic()

    def has_ended(self) -> bool:
        """Return whether it has ended by itself."""
        return not runs(self.number)

    def stop(self) -> None:
        """Kill it with all that it has started, and wait until it has ended."""
        os.killpg(self.number, signal.SIGKILL)
        self.forking.wait_for(self.number)


def runs(number: int) -> bool:
    """Return whether a process has not ended; one that nobody has waited for yet has."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False

"""OCMS served over HTTP from a fork of this process, with a change of the core put into it."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType

import httpx
from attrs import define, field

from tests.support.http_server import Deployment
from tests.support.postgres import free_port
from tools.mutation import CORE
from tools.mutation.patches import Key, Patch, key_of

START_SECONDS, STOP_SECONDS = 60, 20
CORE_PATH = str(CORE)


def loaded() -> None:
    """Import all that a serving process needs, so that a fork of this one has it."""
    for name in ("ocms_app.asgi", "ocms_app.cli.serve", "ocms_app.wiring", "ocms_app.deployment_check"):
        import_module(name)


@define
class CalledFunctions:
    """The functions of the core a served process calls, written to a file; each once in a period."""

    file: Path
    period: "multiprocessing.sharedctypes.Synchronized[int]" = field(
        factory=lambda: multiprocessing.Value("i", 0)
    )
    _seen: set[Key] = field(factory=set)
    _of: int = -1

    def begin_period(self) -> None:
        """Remove what was noted; a served process notices with its next call."""
        self.file.write_text("")
        self.period.value += 1

    def called(self) -> set[Key]:
        """Return what has been called in this period."""
        lines = (line.split("\t") for line in self.file.read_text().splitlines())
        return {(file, name, int(first)) for file, name, first in lines}

    def watch(self) -> None:
        """Note every function this process calls from now on, in threads that are started later too."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(CORE_PATH):
            return
        if self._of != self.period.value:
            self._of = self.period.value
            self._seen.clear()
        key = key_of(code)
        if key not in self._seen:
            self._seen.add(key)
            with self.file.open("a") as out:
                out.write("\t".join(map(str, key)) + "\n")


@contextmanager
def served_fork(
    deployment: Deployment, change: Patch | None = None, watched: CalledFunctions | None = None
) -> Iterator[str | None]:
    """Yield the address of a system with a change while the block lasts; None when it does not start."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = os.fork()
    if not process:
        with suppress(BaseException):
            serve(deployment.environment(workers=1, threads=2), deployment.folder, port, change, watched)
        os._exit(1)
    try:
        yield url if answers(url, process) else None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(process, 0)


def serve(
    environment: Mapping[str, str],
    folder: Path,
    port: int,
    change: Patch | None,
    watched: CalledFunctions | None,
) -> None:
    """Serve until killed, as `ocms serve` does."""
    os.setsid()
    os.environ.clear()  # noqa: TID251  # this process becomes a server
    os.environ.update(environment)  # noqa: TID251  # see above
    os.chdir(folder)
    log = os.open(folder / f"mutant-{port}.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if change is not None:
        change.apply()
    if watched is not None:
        watched.watch()
    run: Callable[..., None] = import_module("ocms_app.cli.serve").serve
    run(port=port)


def answers(url: str, process: int) -> bool:
    """Return whether a server has started."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if os.waitpid(process, os.WNOHANG)[0]:
            return False
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/live", trust_env=False).is_success:
                return True
        time.sleep(0.05)
    return False

"""Real programs in a temporary folder of their own, on ports of 127.0.0.1 that the kernel chose."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from attrs import frozen

from tests.support.postgres import DROPPED, NOBODY, unprivileged

# Waits until its holder has gone, in whatever way, then ends what is left of the program's processes.
GUARD = 'cat >/dev/null; kill -s KILL -- "-$0" 2>/dev/null'
START_SECONDS = 60
STOP_SECONDS = 10
# Where Debian puts servers; it is not on every user's path.
SYSTEM_PATH = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))

# The PostgreSQL of operators: with ICU, which the one of the tests has not.
DEBIAN_POSTGRESQL = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))


@frozen
class Program:
    """A running program and what it said."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return what the program said so far."""
        return self.log.read_text(errors="replace")


@contextmanager
def program_folder(name: str) -> Iterator[Path]:
    """Yield a temporary folder that an unprivileged user may write to."""
    folder = Path(tempfile.mkdtemp(prefix=f"ocms-{name}-"))
    folder.chmod(0o755)
    hand_over(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hand_over(path: Path) -> None:
    """Let the unprivileged user own a file or folder; where namespaces stand for one, it does already."""
    if unprivileged() == DROPPED:
        os.chown(path, NOBODY, NOBODY)


@contextmanager
def running(
    command: Sequence[object],
    folder: Path,
    ready: Callable[[], bool],
    environment: dict[str, str] | None = None,
) -> Iterator[Program]:
    """Run a program in a folder until the block ends, or this process dies in whatever way."""
    words = [str(word) for word in command]
    log = folder / "said.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=folder,
            env=(os.environ | {"PATH": SYSTEM_PATH} | (environment or {})),
            start_new_session=True,
        ) as process,
        subprocess.Popen(
            ["sh", "-c", GUARD, str(process.pid)], stdin=subprocess.PIPE, start_new_session=True
        ) as guard,
    ):
        program = Program(process, log)
        try:
            wait_until(lambda: process.poll() is not None or ready(), program.said)
            if process.poll() is not None:
                raise RuntimeError(f"{words} ended with {process.returncode}:\n{program.said()}")
            yield program
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            assert guard.stdin
            guard.stdin.close()


def wait_until(
    condition: Callable[[], bool], explain: Callable[[], object] = str, seconds: float = START_SECONDS
) -> None:
    """Wait for a condition; AssertionError with an explanation when it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Return whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Return whether an address answers."""
    try:
        return httpx.get(url, timeout=10, trust_env=False).is_success
    except httpx.TransportError:
        return False


def version_of(*command: str) -> str:
    """Return the first line a program says about its version."""
    environment = os.environ | {"PATH": SYSTEM_PATH}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return (ended.stdout + ended.stderr).splitlines()[0]

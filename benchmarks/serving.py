"""Contenders as they are served: each a Granian of one worker, with the settings `ocms serve` has."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from attrs import frozen

from benchmarks.frame import BEFORE, Measure
from benchmarks.ground import ROOT, Ground
from benchmarks.http import Client
from tests.support.postgres import free_port

STARTS_WITHIN = 30
GRANIAN = ("--workers", "1", "--no-ws", "--log-level", "warning")


@frozen
class Program:
    """
    What is served: `module:factory`, its environment, and the checkout it is of.

    A `command` of its own serves it in place of Granian's; it is given the port.
    """

    target: str
    environment: Mapping[str, str]
    checkout: Path = ROOT
    command: tuple[str, ...] = ()


def interpreter(checkout: Path) -> str:
    """Return the interpreter that a checkout runs on: this one, or its own."""
    return sys.executable if checkout == ROOT else str(checkout / ".venv/bin/python")


@contextmanager
def served(programs: Mapping[str, Program]) -> Iterator[dict[str, Client]]:
    """Serve each program in a process of its own, and give a client of each."""
    with ExitStack() as held:
        started = {name: held.enter_context(running(program)) for name, program in programs.items()}
        yield {name: held.enter_context(client_of(*process)) for name, process in started.items()}


@contextmanager
def running(program: Program) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a server; what it said is shown when things go wrong."""
    port = free_port()
    served = ("-m", "granian", "--interface", "asgi", "--factory", program.target, *GRANIAN)
    command = [*(program.command or (interpreter(program.checkout), *served)), "--port", str(port)]
    environment = {**os.environ, **program.environment}
    with (
        TemporaryFile() as said,
        subprocess.Popen(command, env=environment, cwd=program.checkout, stdout=said, stderr=said) as process,
    ):
        try:
            yield process, port
        except Exception as error:
            said.seek(0)
            error.add_note(said.read()[-4000:].decode(errors="replace"))
            raise
        finally:
            process.terminate()


@contextmanager
def client_of(process: subprocess.Popen[bytes], port: int) -> Iterator[Client]:
    """Give a client of a server once it answers."""
    wait_for(process, port)
    client = Client(port)
    try:
        yield client
    finally:
        client.close()


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until a server answers on its port."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("A contender did not start.")


@contextmanager
def service_before(ground: Ground, name: str, *arguments: object) -> Iterator[dict[str, Measure]]:
    """
    Yield the build before as a contender that calls one of its services, in a process of its own.

    It is called once with each argument; the seconds are the median. Nothing is yielded where no build before
    is given.
    """
    before = ground.before
    if not before:
        yield {}
        return
    # Not the folder of the program, which is this build's.
    command = [interpreter(before.checkout), "-P", str(ROOT / "benchmarks/services.py")]
    environment = {**os.environ, "PYTHONPATH": str(before.checkout)}
    with subprocess.Popen(
        [*command, before.databases.intranet, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=before.checkout,
    ) as process:

        def run() -> float:
            print(json.dumps(arguments), file=process.stdin, flush=True)
            answer = process.stdout.readline() if process.stdout else ""
            if not answer:
                raise RuntimeError("The build before has failed.")
            return float(answer)

        yield {BEFORE: run}

"""Machines made of network namespaces, each connected to this one by its own virtual link."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from attrs import frozen


@frozen
class Machine:
    """A network namespace: how to run a command in it, and under which address it sees this machine."""

    command: Sequence[str]
    server: str


NAMESPACES, PROCESSES = "network namespaces", "processes in one network"


def means() -> str:
    """Return what machines can be made of here: namespaces need root and iproute2."""
    name = f"ocms{os.getpid() % 100_000}-probe"
    try:
        run("ip", "netns", "add", name)
        run("ip", "netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return PROCESSES
    return NAMESPACES


@contextmanager
def machines(count: int) -> Iterator[Sequence[Machine]]:
    """Yield the given number of machines made of network namespaces."""
    with ExitStack() as undo:
        yield [machine(number, undo) for number in range(count)]


def machine(number: int, undo: ExitStack) -> Machine:
    """Make one, in a block of addresses kept for tests of networks (RFC 2544)."""
    name = f"ocms{os.getpid() % 100_000}-{number}"
    ours, theirs = (f"198.18.{os.getpid() % 250}.{4 * number + end}" for end in (1, 2))
    run("ip", "netns", "add", name)
    undo.callback(run, "ip", "netns", "del", name)
    run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    run("ip", "addr", "add", f"{ours}/30", "dev", name)
    run("ip", "link", "set", name, "up")
    run("ip", "-n", name, "addr", "add", f"{theirs}/30", "dev", "eth0")
    run("ip", "-n", name, "link", "set", "eth0", "up")
    return Machine(("ip", "netns", "exec", name), ours)


def run(*command: str) -> None:
    """Run a command that must do."""
    subprocess.run(command, check=True, capture_output=True)

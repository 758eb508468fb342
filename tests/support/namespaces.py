"""Machines made of network namespaces, each joined to this one by a cable of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from attrs import frozen


@frozen
class Machine:
    """A network namespace: how to run a command in it, and under which address it sees this machine."""

    command: Sequence[str]
    server: str


@contextmanager
def machines(count: int) -> Iterator[Sequence[Machine]]:
    """Give so many machines; none where namespaces cannot be made, for want of root or of iproute2."""
    with ExitStack() as undo:
        try:
            made = [machine(number, undo) for number in range(count)]
        except (OSError, subprocess.CalledProcessError):
            made = []
        yield made


def machine(number: int, undo: ExitStack) -> Machine:
    """Make one, in a block of addresses kept for tests of networks (RFC 2544)."""
    if not shutil.which("ip"):
        raise OSError("there is no iproute2")
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

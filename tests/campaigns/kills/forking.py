"""
A process that has loaded OCMS and forks: each child goes on as a new `ocms` does, without loading it again.

It reads orders as JSON, a line each: what the child is to be, whose number it prints, or the number of a
child that was killed, which it prints once it has ended; until then no other process gets that number. At the
end of its input it kills all other children with what they have started.
"""

import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Mapping
from typing import Any

import granian.server  # noqa: F401  # `ocms serve` loads it when it starts
import psycopg  # noqa: F401  # as does the first engine

import ocms_adapters
import ocms_app
import ocms_core
import ocms_web


def load() -> None:
    """Load every module of OCMS."""
    for package in (ocms_core, ocms_adapters, ocms_web, ocms_app):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def become(order: Mapping[str, Any]) -> None:
    """Go on as the `ocms` of an order, in a session of its own."""
    os.setsid()
    os.chdir(order["folder"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["ocms", *order["words"]]
    importlib.import_module("ocms_app.command").main()


def main() -> None:
    """Fork a child for each order, and wait for those that were killed."""
    load()
    children = set[int]()
    for line in sys.stdin:
        order = json.loads(line)
        if isinstance(order, int):
            os.waitpid(order, 0)
            children.discard(order)
            answer = order
        else:
            answer = os.fork()
            if not answer:
                become(order)
                return
            children.add(answer)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for child in children:
        os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()

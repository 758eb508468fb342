"""
A process that has loaded OCMS and forks: each child goes on as a new `ocms` does, without loading it again.

It reads orders as JSON, a line each, and prints the number of the child. At the end of its input it kills all
children with what they have started.
"""

import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
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
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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
    """Fork a child for each order."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever has ended is gone at once, nobody waits for it
    children = []
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line))
            return
        children.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for child in children:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()

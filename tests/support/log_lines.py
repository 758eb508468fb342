"""Logging left as it was found, for tests in which a command sets it up."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def logs_as_before() -> Iterator[None]:
    """Put the handlers and the level of the root logger, and Python's hooks, back when the block ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    try:
        yield
    finally:
        structlog.reset_defaults()
        forget_set_up_loggers()
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks


def forget_set_up_loggers() -> None:
    """Have every module's logger look up how to log: one that a command has used keeps what that set up."""
    for name, module in list(sys.modules.items()):
        log = getattr(module, "log", None) if name.startswith("ocms_") else None
        if "bind" in getattr(log, "__dict__", {}):
            del log.bind  # type: ignore[union-attr]  # kept by the proxy of structlog at its first use

"""Logging: one event a line, without identity numbers."""

import json
import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, BinaryIO, cast

import msgspec
import structlog

from ocms_core.kernel.masking import masked_text
from ocms_core.kernel.rule_tags import rule

AUTO = "auto"
"""The format of the log is text at a terminal and JSON anywhere else."""

ENCODER = msgspec.json.Encoder(enc_hook=str)
NOT_PLAIN = b"\xff"

# The HTTP server's own lines go the way of all others; by itself it prints them as they are.
SERVER_LOGGING: Mapping[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def masked(value: object) -> object:
    """Return a value with the identity numbers in it, at any depth, hidden."""
    if isinstance(value, str):
        return masked_text(
            str(value)
        )  # the encoder takes no text of a class of its own, as of a mail's header
    if isinstance(value, Mapping):
        return {masked(key): masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else masked(str(value))


@rule("G2")
def without_identities(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Return a log event without identity numbers, wherever in it they stand (G2)."""
    return {masked_name(key): masked(value) for key, value in event.items()}


@lru_cache(1024)
def masked_name(name: str) -> str:
    """Return the name of a field with the identity numbers in it hidden; there are few names."""
    return masked_text(str(name))


def json_line(_logger: object, _method: str, event: Mapping[str, Any]) -> bytes:
    """Return an event, which holds JSON values only, as one line of JSON, in ASCII."""
    try:
        line = ENCODER.encode(event)
    except (UnicodeEncodeError, OverflowError):  # half a surrogate, a number of more than 64 bits
        line = NOT_PLAIN
    # Beyond ASCII there are characters that a reader may take for the end of a line.
    return line if line.isascii() else json.dumps(event).encode()


def json_text(logger: object, method: str, event: Mapping[str, Any]) -> str:
    """Return an event as one line of JSON, for `logging`."""
    return json_line(logger, method, event).decode()


class StandardError:
    """
    Standard error for bytes, whatever it is when a line is written.

    A line that cannot be written, as on a full disk, stops nothing: `logging` does the same.
    """

    def write(self, line: bytes) -> None:
        """Write a line, in one piece."""
        with suppress(OSError, ValueError):
            sys.stderr.buffer.write(line)

    def flush(self) -> None:
        """Write what waits in the buffer."""
        with suppress(OSError, ValueError):
            sys.stderr.buffer.flush()


def log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends a process, as Python would print it; an interrupt from the keyboard says nothing."""
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().critical("uncaught", exc_info=(kind, error, trace))


def log_uncaught_of_thread(given: threading.ExceptHookArgs) -> None:
    """Log what ends a thread."""
    if given.exc_value is not None and not issubclass(given.exc_type, SystemExit):
        log_uncaught(given.exc_type, given.exc_value, given.exc_traceback)


def set_up(log_format: str, log_level: str) -> None:
    """Send every log line, ours and the libraries', and tracebacks to standard error in one format."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_identities,
    ]
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    for_people = log_format == "text" or (log_format == AUTO and sys.stderr.isatty())
    renderer = people if for_people else json_text
    level = logging.getLevelNamesMapping()[log_level.upper()]
    # As bytes and past `logging`, whose record and formatter take longer than the line itself.
    to_bytes = structlog.BytesLoggerFactory(cast(BinaryIO, StandardError()))
    ours: Any = structlog.stdlib.ProcessorFormatter.wrap_for_formatter if for_people else json_line
    structlog.configure(
        processors=[*shared, ours],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory() if for_people else to_bytes,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # At INFO httpx and azure log addresses, which may hold what nobody should read, asyncssh every step of
    # a connection, and alembic its plugins.
    for library in ("httpx", "azure", "asyncssh", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
    sys.excepthook = log_uncaught
    threading.excepthook = log_uncaught_of_thread

"""Logging: one event a line, without identity numbers."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from ocms_core.kernel.rule_tags import rule

# The forms of the contract's identity numbers: NRIC and FIN, and company numbers (UEN).
PERSON, COMPANY = r"[STFGM]\d{7}[A-Z]", r"[TSR]\d{2}[A-Z]{2}\d{4}[A-Z]"
# In capitals they are masked whatever is beside them. In small letters, and bare digits with a letter,
# only apart from letters and digits: one request id in sixty, in hexadecimal digits, holds such a run.
IDENTITY = re.compile(
    rf"{PERSON}|{COMPANY}|(?i:(?<![0-9A-Z])(?:{PERSON}|{COMPANY}|\d{{8,9}}[A-Z])(?![0-9A-Z]))", re.ASCII
)
MASK = "***"


def masked(value: object) -> object:
    """Return a value with the identity numbers in it, at any depth, hidden."""
    if isinstance(value, str):
        return IDENTITY.sub(MASK, value)
    if isinstance(value, Mapping):
        return {masked(key): masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else masked(str(value))


@rule("G2")
def without_identities(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Return a log event without identity numbers, wherever in it they stand (G2)."""
    return {str(key): masked(value) for key, value in event.items()}


def set_up(log_format: str, log_level: str) -> None:
    """Send every log line, ours and the libraries', to standard error in one format."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_identities,
    ]
    people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer = people if log_format == "text" else structlog.processors.JSONRenderer()
    level = logging.getLevelNamesMapping()[log_level.upper()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
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

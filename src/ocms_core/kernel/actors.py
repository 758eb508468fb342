"""Who acts: what the audit row of every change names."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object


@value_object
class Actor:
    """
    Who makes changes: a caller with its credential, a job, or somebody at the command line.

    `role` is the caller's, or `job` or `command`; `credential` is what it was let in by, never a secret;
    `operation` is the call's, the job's or the command's name; `request_id` ties it to the log.
    """

    name: str
    role: str
    credential: str
    operation: str
    request_id: str | None = None


UNNAMED = Actor("unnamed", "none", "none", "none")
"""Who acts where nobody says so: a program that uses the stores without the API, a job or the command."""

_PRESENT: ContextVar[Actor] = ContextVar("ocms_actor", default=UNNAMED)


@rule("K2")
@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Name who makes the changes of this thread or task while the block lasts (K2)."""
    token = _PRESENT.set(actor)
    try:
        yield
    finally:
        _PRESENT.reset(token)


def present_actor() -> Actor:
    """Return who makes the changes of this thread or task."""
    return _PRESENT.get()

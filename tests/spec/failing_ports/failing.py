"""Ports one call of which fails: each method of a port, and the ends of its transactions, is a call."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast

from attrs import define, field
from sqlalchemy import Connection, Engine, event

from ocms_core.kernel.errors import OcmsError, RowRejected, Unavailable

Port = TypeVar("Port")

BEGIN = "begin"
COMMIT = "commit"
IN_DOUBT = "in doubt"
"""The call after which a transaction is committed, and nobody learns of it."""

WRITES = frozenset(
    {
        "record",
        "keep_answer",
        "complete_answer",
        "register",
        "record_stored",
        "queue_listed",
        "close_reported",
    }
    | {"keep", "mark_sent", "mark_failed", "remove", COMMIT}
)
"""The calls that write rows, any of which may be refused."""


def may_raise(error: type[OcmsError], call: str) -> bool:
    """
    Return whether a call may raise an error.

    Only writing meets a row that is refused, and a conflict leaves no commit in doubt.
    """
    if error is RowRejected:
        return call in WRITES
    return error is Unavailable or call != IN_DOUBT


@define
class Failure:
    """
    Counts the calls of the ports it is in, and raises `error` in place of the one numbered `at`, from 1.

    `before_call` is called before each of them.
    """

    error: OcmsError | None = None
    at: int = 0
    before_call: Callable[[], object] = lambda: None
    calls: list[str] = field(factory=list)

    def count(self, call: str) -> None:
        """Count a call; raise the error when it is the one that is to fail."""
        self.before_call()
        self.calls.append(call)
        if self.error and len(self.calls) == self.at:
            raise self.error


def failing(port: Port, failure: Failure) -> Port:
    """
    Return a port with the same methods, each counted as a call, and the same attributes.

    Of an engine of a database the calls are where its transactions begin and end.
    """
    if isinstance(port, Engine):
        return cast("Port", failing_engine(port, failure))
    attributes = {name: getattr(port, name) for name in dir(port) if not name.startswith("_")}
    members = {
        name: staticmethod(counted(name, value, failure)) if callable(value) else value
        for name, value in attributes.items()
    }
    return cast("Port", type(f"Failing{type(port).__name__}", (), members)())


def failing_engine(engine: Engine, failure: Failure) -> Engine:
    """Return an engine on the same connections whose transactions are counted as they begin and end."""
    failing_one = engine.execution_options()

    def commit(connection: Connection) -> None:
        failure.count(COMMIT)
        connection.dialect.do_commit(connection.connection)
        failure.count(IN_DOUBT)

    event.listen(failing_one, "begin", lambda _: failure.count(BEGIN))
    event.listen(failing_one, "commit", commit)
    return failing_one


def counted(name: str, method: Callable[..., Any], failure: Failure) -> Callable[..., Any]:
    """Return a method that is counted before it is called; a transaction it opens is a port too."""

    def call(*args: Any, **kwargs: Any) -> Any:
        failure.count(name)
        returned = method(*args, **kwargs)
        return transaction(returned, failure) if hasattr(returned, "__enter__") else returned

    return call


@contextmanager
def transaction(opened: AbstractContextManager[Any], failure: Failure) -> Iterator[Any]:
    """Open a transaction whose calls and commit are counted."""
    with opened as inner:
        yield inner if isinstance(inner, Iterator) else failing(inner, failure)
        failure.count(COMMIT)
    failure.count(IN_DOUBT)

"""A call delivered twice happens once: its key, the answer kept of it, and what its repeat gets (K1)."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from enum import Enum, unique
from typing import Generic, Protocol, TypeVar, runtime_checkable

from attrs import frozen

from ocms_core.kernel.access import Operation
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

Outcome = TypeVar("Outcome")

COMPLETION = timedelta(minutes=1)
"""How long what is added to an answer after its commit, such as the link to a report, is waited for."""


@unique
class KeyOrigin(Enum):
    """Where the key of a call stands."""

    HEADER = "header"
    REQUEST_ID = "requestId"


@value_object
class IdempotencyKey:
    """What a call and its repeats have in common: caller, operation, key, and a hash of what is asked."""

    operation: Operation
    credential: str
    source: KeyOrigin
    key: str
    body_hash: str


@value_object
class StoredAnswer:
    """An answer as it was sent; until `is_final`, something may still be added to it."""

    body_hash: str
    status: int
    body: bytes
    answered_at: datetime
    is_final: bool = True


@frozen
class IdempotentCall(Generic[Outcome]):
    """
    A call with its key; `answer_of` renders the answer that is kept with what the call writes.

    It is None for an outcome that is not to be kept: a refused call can be tried again.
    """

    key: IdempotencyKey
    answer_of: Callable[[Outcome], StoredAnswer | None]


class RepeatedCall(Exception):
    """The key has been used before, so nothing is to be written."""


class AlreadyAnswered(RepeatedCall):
    """The same call was answered; its repeat gets that answer."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__()
        self.answer = answer


class StillRunning(RepeatedCall):
    """The same call has not been answered yet."""


class KeyReused(RepeatedCall):
    """The key was used for another call."""


@runtime_checkable
class AnswerStore(Protocol):
    """What the transaction of a call with a key must do besides: it keeps the answers of calls."""

    def claim(self, key: IdempotencyKey, now: datetime) -> None:
        """Keep repeats of a call out until the end; raise a `RepeatedCall` where it is one itself (K1)."""

    def keep_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Keep the answer of a call; raise `Conflict` when another delivery of it was faster."""

    def complete_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Replace a kept answer that was not final yet."""


def answer_store(store: object) -> AnswerStore:
    """Return a store as one that keeps answers. Raise TypeError when it does not."""
    if not isinstance(store, AnswerStore):
        raise TypeError(f"{type(store).__name__} keeps no answers, so it takes no call with a key")
    return store


@rule("K1")
def check_repeat(key: IdempotencyKey, stored: Collection[StoredAnswer], now: datetime) -> None:
    """
    Raise what the repeat of a call gets, and nothing for a call that is new (K1).

    `stored` are the answers kept under its caller, operation and key. The same request id with another
    body is a new call, the same header with another body a mistake.
    """
    for answer in stored:
        if answer.body_hash == key.body_hash:
            if answer.is_final or now - answer.answered_at > COMPLETION:
                raise AlreadyAnswered(answer)
            raise StillRunning
    if stored and key.source is KeyOrigin.HEADER:
        raise KeyReused

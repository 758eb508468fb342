"""Load, decide, record: the only loop of its kind in the house."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from attrs import evolve

from ocms_core.kernel.changes import Change
from ocms_core.kernel.codes import Code
from ocms_core.kernel.faults import Conflict
from ocms_core.kernel.spec import rule
from ocms_core.kernel.verdicts import Refusal, Settled


class Store(Protocol):
    """One transaction on the Intranet database: it is committed on leaving, undone on an error."""

    def record(self, changes: Sequence[Change], now: datetime) -> frozenset[str]:
        """
        Write every change, with its outbox rows; give the notice numbers the database refused.

        A refused row never undoes the others.
        """


AnyStore = TypeVar("AnyStore", bound=Store)
Facts = TypeVar("Facts")
Detail = TypeVar("Detail")


@rule("P25", "G13")
def settle(
    open_store: Callable[[], AbstractContextManager[AnyStore]],
    load: Callable[[AnyStore], Facts],
    decide: Callable[[Facts], Settled[Detail] | Refusal],
    *,
    now: datetime,
    refused_by_database: Code,
    attempts: int = 3,
) -> Settled[Detail] | Refusal:
    """
    A decision is made on locked facts and written in the same transaction; one bad row never undoes the others.

    Deciding is pure, so after a `Conflict` it is simply done again on fresh facts, `attempts` times
    at most. An item whose row the database refuses is answered with `refused_by_database`.
    """
    for left in reversed(range(attempts)):
        try:
            with open_store() as store:
                verdict = decide(load(store))
                if isinstance(verdict, Refusal):
                    return verdict
                return without(verdict, store.record(verdict.changes, now), refused_by_database)
        except Conflict:
            if not left:
                raise
    raise AssertionError("attempts is at least 1")


def without(settled: Settled[Detail], refused: frozenset[str], code: Code) -> Settled[Detail]:
    """Take what the database refused out of the changes and answer those items with `code`."""
    if not refused:
        return settled
    return Settled(
        answers=tuple(
            evolve(answer, code=code, detail=None)
            if answer.key in refused and answer.detail is not None
            else answer
            for answer in settled.answers
        ),
        changes=tuple(change for change in settled.changes if change.notice_no not in refused),
    )

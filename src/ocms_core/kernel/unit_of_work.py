"""Load, decide, record: the only loop of its kind in the house."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from attrs import evolve

from ocms_core.kernel.changes import Change, notice_of
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.rule_tags import rule


class Store(Protocol):
    """One transaction on the Intranet database: it is committed on leaving, undone on an error."""

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """
        Write every change, one statement for each kind, with its outbox rows.

        A row the database refuses raises `RowRejected`; with `isolate` the notices of such rows are
        given back instead and all others stand.
        """


AnyStore = TypeVar("AnyStore", bound=Store)
Facts = TypeVar("Facts")
Detail = TypeVar("Detail")


@rule("P25", "G13")
def execute(
    open_store: Callable[[], AbstractContextManager[AnyStore]],
    load: Callable[[AnyStore], Facts],
    decide: Callable[[Facts], Decision[Detail] | Refusal],
    *,
    now: datetime,
    refused_by_database: Code,
    attempts: int = 3,
    all_or_nothing: bool = False,
) -> Decision[Detail] | Refusal:
    """
    A decision is made on locked facts and written with them; one bad row never undoes the others.

    Deciding is pure, so after a `Conflict` it is simply done again on fresh facts, `attempts` times
    at most; after a `RowRejected` likewise, now isolating the row. An item whose row the database
    refuses is answered with `refused_by_database`; with `all_or_nothing` the `RowRejected` is raised
    instead and nothing is written.
    """
    isolate = False
    conflicts = 0
    while True:
        try:
            with open_store() as store:
                verdict = decide(load(store))
                if isinstance(verdict, Refusal):
                    return verdict
                refused = store.record(verdict.changes, now, isolate=isolate)
            return without_refused_rows(verdict, refused, refused_by_database)
        except Conflict:
            conflicts += 1
            if conflicts == attempts:
                raise
        except RowRejected:
            if isolate or all_or_nothing:
                raise
            isolate = True


@rule("H3", "G13")
def execute_whole(
    open_store: Callable[[], AbstractContextManager[AnyStore]],
    load: Callable[[AnyStore], Facts],
    decide: Callable[[Facts], Decision[Detail] | Refusal],
    *,
    now: datetime,
    refused_by_database: Code,
    attempts: int = 3,
) -> Decision[Detail] | Refusal:
    """
    What belongs together is written whole or not at all: a row the database refuses refuses the call.

    After a `Conflict` the decision is made again on fresh facts, `attempts` times at most.
    """
    for left in reversed(range(attempts)):
        try:
            with open_store() as store:
                verdict = decide(load(store))
                if isinstance(verdict, Refusal):
                    return verdict
                store.record(verdict.changes, now, isolate=False)
        except RowRejected:
            return Refusal(refused_by_database)
        except Conflict:
            if not left:
                raise
        else:
            return verdict
    raise AssertionError("attempts is at least 1")


def without_refused_rows(decision: Decision[Detail], refused: frozenset[str], code: Code) -> Decision[Detail]:
    """Take what the database refused out of the changes and answer those items with `code`."""
    if not refused:
        return decision
    return Decision(
        answers=tuple(
            evolve(answer, code=code, detail=None)
            if answer.key in refused and answer.detail is not None
            else answer
            for answer in decision.answers
        ),
        changes=tuple(change for change in decision.changes if notice_of(change) not in refused),
    )

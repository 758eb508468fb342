"""The unit of work of every writing operation: load facts, decide, record, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from attrs import evolve, frozen

from ocms_core.kernel.changes import Change, by_notice, notice_of
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.decision_moments import moment_after
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.idempotency import IdempotentCall, answer_store
from ocms_core.kernel.rule_tags import rule


class Store(Protocol):
    """One transaction on the Intranet database: it is committed on leaving, undone on an error."""

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """
        Write every change with its outbox rows; the number of statements does not depend on the batch.

        A row the database refuses raises `RowRejected`; with `isolate` the notices of such rows are
        returned instead and all other changes are written.
        """


AnyStore = TypeVar("AnyStore", bound=Store)
Facts = TypeVar("Facts")
Detail = TypeVar("Detail")


@frozen(eq=False)
class IsolateRow:
    """Policy for a refused row: its item is answered with `code`, all others are written."""

    code: Code


@frozen(eq=False)
class RefuseCall:
    """Policy for a refused row: nothing is written and the call is refused with `code`."""

    code: Code


@frozen(eq=False)
class RaiseRowRejected:
    """Policy for a refused row: nothing is written and `RowRejected` is raised."""


RefusedRowPolicy: TypeAlias = IsolateRow | RefuseCall | RaiseRowRejected


def no_dates(_facts: object) -> Iterable[datetime]:
    """Return no date: the facts have none that a decision is to follow."""
    return ()


@rule("P25", "H3", "G13", "G20", "K1")
def execute(
    open_store: Callable[[], AbstractContextManager[AnyStore]],
    load: Callable[[AnyStore, datetime], Facts],
    decide: Callable[[Facts, datetime], Decision[Detail] | Refusal],
    *,
    now: datetime,
    on_refused_row: RefusedRowPolicy,
    call: IdempotentCall[Decision[Detail]] | None = None,
    dates: Callable[[Facts], Iterable[datetime]] = no_dates,
    attempts: int = 3,
) -> Decision[Detail] | Refusal:
    """
    Decide on locked facts and write the decision with them; a refused row is treated by its policy.

    The moment both are given is `now`, or later than the newest of the facts' `dates` (G20): what was waited
    for may have been decided since. Facts of another day are loaded again, under the same locks.

    Deciding is pure, so after a `Conflict` it is simply done again on fresh facts, `attempts` times at
    most; the last `Conflict` is raised. With `IsolateRow` it is done again after a `RowRejected` too, then
    isolating the row; other policies refuse the call or raise the `RowRejected`, and nothing is written.

    With a `call` its answer is kept in the same transaction, by a store that is an `AnswerStore` too, and a
    repeat of it raises a `RepeatedCall`.
    """
    isolate = False
    conflicts = 0
    while True:
        try:
            with open_store() as store:
                if call:
                    answer_store(store).claim(call.key, now)
                facts = load(store, now)
                moment = moment_after(now, dates(facts))
                if singapore(moment).date() != singapore(now).date():
                    facts = load(store, moment)
                decision = decide(facts, moment)
                if isinstance(decision, Refusal):
                    return decision
                changes = tuple(by_notice(decision.changes)) if isolate else decision.changes
                refused = store.record(changes, moment, isolate=isolate)
                decision = evolve(decision, changes=changes, decided_at=moment)
                if isinstance(on_refused_row, IsolateRow):
                    decision = without_refused_rows(decision, refused, on_refused_row.code)
                if call and (answer := call.answer_of(decision)):
                    answer_store(store).keep_answer(call.key, answer)
        except Conflict:
            conflicts += 1
            if conflicts == attempts:
                raise
        except RowRejected:
            if isinstance(on_refused_row, RefuseCall):
                return Refusal(on_refused_row.code)
            if isolate or isinstance(on_refused_row, RaiseRowRejected):
                raise
            isolate = True
        else:
            return decision


def without_refused_rows(decision: Decision[Detail], refused: frozenset[str], code: Code) -> Decision[Detail]:
    """Return a decision without the changes the database refused, their items answered with `code`."""
    if not refused:
        return decision
    return evolve(
        decision,
        answers=tuple(
            evolve(answer, code=code, detail=None)
            if answer.key in refused and answer.detail is not None
            else answer
            for answer in decision.answers
        ),
        changes=tuple(change for change in decision.changes if notice_of(change) not in refused),
    )

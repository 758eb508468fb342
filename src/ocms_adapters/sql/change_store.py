"""What every writing transaction does at its end: it records its changes, and the answer of its call."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from ocms_adapters.sql import idempotent_answers
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.found_rows import NOTHING_FOUND, FindingStatement, Found, FoundRows
from ocms_core.kernel.changes import Change
from ocms_core.kernel.idempotency import IdempotencyKey, StoredAnswer


class ChangeStore:
    """The part of a writing transaction that is the same for every capability."""

    _connection: Connection
    _changes: ChangeWriter
    _found_before: Found = NOTHING_FOUND

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """Write every change with its outbox rows."""
        # From here on what was found is no longer what is there.
        found, self._found_before = self._found_before, NOTHING_FOUND
        return self._changes.record(self._connection, changes, now, isolate=isolate, found=found)

    def claim(self, key: IdempotencyKey, now: datetime) -> None:
        """Keep repeats of a call out until the end; raise a `RepeatedCall` where it is one itself (K1)."""
        idempotent_answers.claim(self._connection, key, now)

    def keep_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Keep the answer of a call; raise `Conflict` when another delivery of it was faster."""
        idempotent_answers.keep_answer(self._connection, key, answer)

    def complete_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Replace a kept answer that was not final yet."""
        idempotent_answers.complete_answer(self._connection, key, answer)

    def _find(self, statement: FindingStatement, notice_nos: Collection[str]) -> FoundRows:
        """Return what a statement finds of locked notices, which is what was before they change."""
        found = statement.rows(self._connection, notice_nos)
        self._found_before = {**self._found_before, statement.table: found}
        return found

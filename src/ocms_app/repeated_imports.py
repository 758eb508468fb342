"""The chunks of a bulk move: those an earlier import of the same rows has moved are not moved again (K1)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import count

from attrs import define, evolve, field

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.dates import local, today
from ocms_core.kernel.decisions import Answer, Decision
from ocms_core.kernel.idempotency import (
    AlreadyAnswered,
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    StillRunning,
    StoredAnswer,
)
from ocms_core.kernel.rule_tags import rule
from ocms_core.stages import service
from ocms_core.stages.officer_changes import SOURCE
from ocms_core.stages.ports import WritingStageStores
from ocms_core.stages.reports import ReportBatch
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.stage_transition import StageTransition

STILL_RUNNING = "The same rows are being imported at this moment; import the file again when that has ended."

ItemAnswer = Answer[StageTransition]


@define
class StageImport:
    """
    A bulk move by an officer, chunk by chunk, at the moment it began or, after a midnight, began again.

    `reports` are the batches it has moved, `repeated` the answers of an earlier import. With `again` nothing
    is a repeat.
    """

    officer: str
    stores: WritingStageStores
    clock: Callable[[], datetime]
    again: bool = False
    began: datetime = field(init=False)
    reports: list[ReportBatch] = field(factory=list)
    repeated: list[ItemAnswer] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        """Begin now."""
        self.began = self.clock()

    @rule("K1", "S30")
    def decide(self, items: Sequence[ChangeItem]) -> Decision[StageTransition]:
        """
        Submit the items that no earlier import of the same items has moved; the others keep their answer.

        What was refused is tried again, under a key of its own each time.
        """
        hashed = hash_of(items)
        known: dict[str, ItemAnswer] = {}
        for attempt in count():
            left = [item for item in items if item.notice_no not in known]
            if not left:
                break
            try:
                decision = self._submit(left, hashed, attempt)
            except AlreadyAnswered as earlier:
                before = moved_before(earlier.answer)
                self.repeated.extend(before.values())
                known |= before
            except StillRunning:
                raise ValueError(STILL_RUNNING) from None
            else:
                known |= {answer.key: answer for answer in decision.answers}
                break
        return Decision(tuple(known[item.notice_no] for item in items), ())

    def _submit(self, items: Sequence[ChangeItem], hashed: str, attempt: int) -> Decision[StageTransition]:
        now = self._moment()
        key = IdempotencyKey(
            Operation.CHANGE_STAGES, f"import {self.officer}", KeyOrigin.HEADER, f"{hashed} {attempt}", hashed
        )
        call = None if self.again else IdempotentCall(key, partial(stored, hashed, now))
        decision = service.submit(items, self.officer, stores=self.stores, now=now, call=call)
        if decision.changes and decision.decided_at:
            batch = ReportBatch(self.officer, SOURCE, decision.decided_at, now)
            if batch not in self.reports:
                self.reports.append(batch)
        return decision

    @rule("G18")
    def _moment(self) -> datetime:
        """Return when the import began, for all it has moved on that day is one report; else now (G18)."""
        now = self.clock()
        if today(now) != today(self.began):
            self.began = now
        return self.began


def hash_of(items: Sequence[ChangeItem]) -> str:
    """Return the SHA-256, in hex, of what items ask for."""
    asked = [
        [item.notice_no, each.target, each.reason, each.remarks, each.confirmed, item.check_addresses]
        for item in items
        for each in [item.requested]
    ]
    return sha256(json.dumps(asked).encode()).hexdigest()


def stored(hashed: str, now: datetime, decision: Decision[StageTransition]) -> StoredAnswer | None:
    """Return what is kept of a chunk: its notices that were moved; None where none was."""
    moved = {
        each.key: (each.detail.previous_stage, each.detail.new_stage)
        for each in decision.answers
        if each.detail
    }
    return StoredAnswer(hashed, 200, json.dumps(moved).encode(), now) if moved else None


def moved_before(answer: StoredAnswer) -> Mapping[str, ItemAnswer]:
    """Return the answers of the notices that an earlier import has moved, which say so."""
    at = local(answer.answered_at).isoformat(sep=" ", timespec="seconds")
    code = evolve(codes.CPS_SUCCESS, text=f"Moved by an earlier import of the same rows, at {at}")
    moved = json.loads(answer.body)
    return {number: Answer(number, code, StageTransition(*stages)) for number, stages in moved.items()}

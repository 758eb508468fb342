"""The check of all suspensions, page by page; and the repair, which writes each page for itself."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import Enum, unique
from itertools import chain
from typing import TypeAlias

from ocms_core.kernel.codes import INTERNAL_ERROR
from ocms_core.kernel.decision_moments import suspension_dates
from ocms_core.kernel.decisions import Decision, decision_by_item
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.unit_of_work import IsolateRow, execute
from ocms_core.kernel.value_objects import value_object
from ocms_core.suspensions.contradictions import Contradiction, decide
from ocms_core.suspensions.facts import SuspensionFacts
from ocms_core.suspensions.ports import SuspensionStores

PAGE = 500

Progress: TypeAlias = Callable[[int], object]
"""Called after each page with how many notices have been looked at."""


@unique
class Outcome(Enum):
    """What became of a notice that contradicts itself."""

    FOUND = "found"
    REPAIRED = "repaired"
    UNCLEAR = "needs a person"
    REFUSED = "refused by the database"


@value_object
class CheckedNotice:
    """A notice that contradicts itself, and what became of it."""

    contradiction: Contradiction
    outcome: Outcome


def check(*, stores: SuspensionStores, now: datetime, progress: Progress) -> Iterator[CheckedNotice]:
    """
    Yield every notice that contradicts itself, in order; nothing is locked or written.

    Row and records are read one after the other, and a call may change both in between: what contradicts
    itself is read a second time, and has to do so then too.
    """
    for first in pages(stores, progress):
        found = [answer.key for answer in decide(first, "", now).answers]
        if not found:
            continue
        with stores.reading() as reader:
            facts = reader.facts(found)
        for answer in decide(facts, "", now).answers:
            if answer.detail:
                unclear = answer.detail.unclear
                yield CheckedNotice(answer.detail, Outcome.UNCLEAR if unclear else Outcome.FOUND)


@rule("U1", "U2", "U5")
def repair(
    *, officer: str, stores: SuspensionStores, now: datetime, progress: Progress
) -> Iterator[CheckedNotice]:
    """
    Put right every notice that contradicts itself, page by page, and yield it (U1, U2, U5).

    What is written is decided on locked facts, and each page stands when a later one fails; so it is safe
    to repeat. A notice that needs a person is yielded and left alone.
    """
    for facts in pages(stores, progress):
        found = [answer.key for answer in decide(facts, officer, now).answers]
        if found:
            yield from repaired(found, officer, stores, now)


def repaired(
    notice_nos: Sequence[str], officer: str, stores: SuspensionStores, now: datetime
) -> Iterator[CheckedNotice]:
    """Put right the notices of a page, and yield what became of each."""
    before: dict[str, Contradiction] = {}

    def decide_locked(facts: SuspensionFacts, now: datetime) -> Decision[Contradiction]:
        decision = decide(facts, officer, now)
        before.update({answer.key: answer.detail for answer in decision.answers if answer.detail})
        return decision

    decision = execute(
        stores.writing,
        load=lambda store, _: store.locked_facts(notice_nos),
        decide=decide_locked,
        dates=lambda facts: chain.from_iterable(suspension_dates(each.suspensions) for each in facts.notices),
        now=now,
        on_refused_row=IsolateRow(INTERNAL_ERROR),
    )
    for answer in decision_by_item(decision).answers:
        found = before[answer.key]
        unclear = Outcome.UNCLEAR if found.unclear else Outcome.REPAIRED
        yield CheckedNotice(found, unclear if answer.detail else Outcome.REFUSED)


def pages(stores: SuspensionStores, progress: Progress) -> Iterator[SuspensionFacts]:
    """Yield the notices that are suspended in any way, page by page, each page read for itself."""
    after, looked_at = "", 0
    while True:
        with stores.reading() as reader:
            notice_nos = reader.suspended(after, PAGE)
            facts = reader.facts(notice_nos) if notice_nos else None
        if facts is None:
            return
        yield facts
        after, looked_at = notice_nos[-1], looked_at + len(notice_nos)
        progress(looked_at)

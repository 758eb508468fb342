"""Random sequences of calls over one to three notices; after each call the invariants are looked at."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from attrs import define, evolve, field
from hypothesis import strategies as st

from ocms_conformance import requests
from ocms_conformance.comparison import Difference
from ocms_conformance.example import Answered, Example, example_on
from ocms_conformance.finding import Failure, Found, failed, find
from ocms_conformance.given_notices import NOTICES, GivenNotice
from ocms_conformance.invariants import INVARIANTS
from ocms_conformance.observed import Observed
from ocms_conformance.reference_data import ReferenceData
from ocms_conformance.runner import Runner
from ocms_conformance.sequence_steps import READS, REVERSIBLE, SEQUENCES, Scene, Step
from ocms_conformance.target import NotTried

Drawn = tuple[list[GivenNotice], list[Step]]
DRAWN = st.tuples(NOTICES, SEQUENCES)
# So many calls are left out in vain, before sequences are given up.
CALLS_LEFT_OUT = 30


@define
class Sequences:
    """Sequences on a target; `not_made` counts the calls that were left out, by reason."""

    runner: Runner
    reference: ReferenceData
    not_made: Counter[str] = field(factory=Counter)
    made: int = 0

    def run(self, chosen: Collection[int], examples: int, number: int) -> Iterator[tuple[int, Found]]:
        """
        Yield what became of each chosen invariant.

        An invariant that has failed is left out and the same sequences are made again, so that one broken
        rule does not hide another.
        """
        left = list(chosen)
        while left:
            found = find(DRAWN, lambda drawn: self.attempt(drawn, left), examples=examples, number=number)
            if not self.made:
                reason = next(iter(self.not_made), "no call could be made")
                found = Found(not_tried=found.not_tried or reason)
            if found.failure is None:
                yield from ((each, found) for each in left)
                return
            yield found.failure.subject, found
            left.remove(found.failure.subject)

    def attempt(self, drawn: Drawn, left: Sequence[int]) -> Failure | None:
        """Make the calls of a sequence; return the first invariant that does not hold after one."""
        notices, steps = drawn
        if not self.made and self.not_made.total() > CALLS_LEFT_OUT:
            raise NotTried(next(iter(self.not_made)))
        with example_on(self.runner, len(notices)) as example:
            example.put(*notices)
            scene = Scene(example.numbers, example.rows())
            type_alone: set[str] = set()
            for step in steps:
                ask = step.ask(scene)
                try:
                    answer = example.ask(ask)
                except NotTried as reason:
                    self.not_made[str(reason)] += 1
                    continue
                self.made += 1
                rows = example.rows()
                changed = step.kind in REVERSIBLE and answer.succeeded and rows != scene.rows
                last = (step.kind, scene.notice(step.which)) if changed else scene.last
                after = Scene(example.numbers, rows, last)
                type_alone |= types_alone(step, ask.json, answer, scene)
                seen = Observed(step, answer, scene, after, self.reference, frozenset(type_alone))
                if step.kind not in READS and any(INVARIANTS[each].of_reads for each in left):
                    seen = self.read(example, seen)
                failure = first_broken(seen, left, example)
                if failure:
                    return failure
                scene = after
        return None

    def read(self, example: Example, seen: Observed) -> Observed:
        """Return what is seen with what search and details show."""
        count = len(example.steps)
        try:
            found = example.ask(requests.search(vehicleNo=example.numbers.vehicle))
            details = {each: example.ask(requests.details(each)).json for each in seen.numbers}
        except NotTried as reason:
            self.not_made[str(reason)] += 1
            return seen
        finally:
            example.steps[count:] = []
        return evolve(seen, search=found.json or {}, details=details)


def first_broken(seen: Observed, left: Sequence[int], example: Example) -> Failure | None:
    """Return the failure of the first invariant that does not hold."""
    for each in left:
        found: list[Difference] = list(INVARIANTS[each].broken(seen))
        if found:
            return failed(each, found, example.steps, example.numbers.all)
    return None


def types_alone(step: Step, asked: Any, answer: Answered, scene: Scene) -> set[str]:
    """Return the notice that CAS has just given a type without a reason, which its row shows alone (P21)."""
    if step.kind != "court_update" or not answer.succeeded:
        return set()
    (item,) = asked["notices"]
    alone = "suspensionType" in item and "eprReasonOfSuspension" not in item
    number = item["noticeNo"]
    return {number} if alone and not scene.row(number)["epr_reason_of_suspension"] else set()

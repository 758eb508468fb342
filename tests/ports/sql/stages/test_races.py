"""Two callers at one notice at the same moment: what is answered and stands then is that of some order."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.court.service import update_court_notices
from ocms_core.kernel.decisions import Refusal
from ocms_core.stages import service
from ocms_core.stages.client_checks import ToppanRun
from tests.support.builders import LATER, NOW
from tests.support.rows import notice_numbers, rows_of
from tests.support.stage_builders import item, requested
from tests.support.stage_rows import in_stage

RACES = 200
# All that the callers may write of a notice.
TABLES = (
    t.ocms_valid_offence_notice,
    t.ocms_offence_notice_owner_driver,
    t.ocms_change_of_processing,
    t.ocms_suspended_notice,
    t.ocms_outbox,
)
Caller = Callable[[str], object]


@frozen
class Callers:
    """Officers, the court and Toppan at one database; each gives what it was answered."""

    stages: SqlStageStores
    courts: SqlCourtStores

    def officer(self, number: str, target: str = "DN2", name: str = "USER01", seconds: int = 0) -> object:
        """Move a notice by hand."""
        decision = service.submit(
            [item(number, change=requested(target))],
            name,
            stores=self.stages,
            now=NOW + timedelta(seconds=seconds),
        )
        return [(answer.code.code, answer.detail) for answer in decision.answers]

    def court(self, number: str) -> object:
        """Move a notice as CAS does."""
        decision = update_court_notices(
            [CourtUpdate(number, processing_stage="WAR")], stores=self.courts, now=LATER
        )
        if isinstance(decision, Refusal):
            return decision.code.code
        return [answer.code.code for answer in decision.answers]

    def toppan(self, number: str) -> object:
        """Print the DN2 letter of a notice."""
        tally = service.update_toppan_stages(ToppanRun((number,), "DN2", NOW), stores=self.stages, now=LATER)
        return tally.automatic, tally.manual, len(tally.errors)


@pytest.fixture
def callers(engine: Engine) -> Callers:
    return Callers(SqlStageStores(engine), SqlCourtStores(engine))


def standing(engine: Engine, number: str) -> object:
    """Return every row of a notice, but for its number and those the database itself has counted."""
    return [
        [
            {name: value for name, value in row.items() if name not in ("id", "notice_no")}
            for row in rows_of(engine, table, number)
        ]
        for table in TABLES
    ]


def together(*calls: Callable[[], object]) -> list[object]:
    """Make calls at the same moment and give what they returned."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[object] = [None] * len(calls)

    def run(place: int) -> None:
        barrier.wait()
        try:
            outcomes[place] = calls[place]()
        except Exception as fault:  # noqa: BLE001  # no order explains it
            outcomes[place] = fault

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def some_order_explains(engine: Engine, numbers: list[str], one: Caller, other: Caller) -> None:
    """
    Let two callers meet at each notice but the last two, where they come one after the other.

    Each answer and all rows have to be those of one of these two orders.
    """
    *raced, one_first, other_first = numbers
    explained = [([one(one_first), other(one_first)], standing(engine, one_first))]
    later, earlier = other(other_first), one(other_first)
    explained.append(([earlier, later], standing(engine, other_first)))
    assert explained[0] != explained[1]
    for number in raced:
        answers = together(lambda number=number: one(number), lambda number=number: other(number))  # type: ignore[misc]  # bound at once
        assert (answers, standing(engine, number)) in explained


@pytest.fixture
def numbers() -> list[str]:
    return notice_numbers(RACES + 2)


@pytest.mark.rule("S30", "G13")
def test_of_two_officers_at_the_same_moment_one_is_warned(
    engine: Engine, callers: Callers, numbers: list[str]
) -> None:
    in_stage(engine, numbers)
    some_order_explains(
        engine, numbers, callers.officer, lambda number: callers.officer(number, name="USER02", seconds=1)
    )
    changes = rows_of(engine, t.ocms_change_of_processing, *numbers)
    assert [row["notice_no"] for row in changes] == numbers


@pytest.mark.rule("G13")
def test_an_officer_beside_the_court(engine: Engine, callers: Callers, numbers: list[str]) -> None:
    in_stage(engine, numbers, "CPC", next_processing_stage="CSD")
    some_order_explains(engine, numbers, callers.officer, callers.court)
    # Court first: the officer is refused. Officer first: DN2 is no court notice, so CAS is refused.
    stages = {row["last_processing_stage"] for row in rows_of(engine, t.ocms_valid_offence_notice, *numbers)}
    assert stages == {"WAR", "DN2"}


@pytest.mark.rule("G13", "S73", "S74")
def test_an_officer_beside_toppan(engine: Engine, callers: Callers, numbers: list[str]) -> None:
    in_stage(engine, numbers, next_processing_stage="DN2")
    some_order_explains(engine, numbers, lambda number: callers.officer(number, "DR3"), callers.toppan)
    # Toppan first: DN1 to DN2 to DR3. Officer first: DN1 to DR3, and Toppan finds nothing of its own.
    for row in rows_of(engine, t.ocms_valid_offence_notice, *numbers):
        assert (row["last_processing_stage"], row["amount_payable"]) == ("DR3", 80)


@pytest.mark.rule("G13", "S72", "S73", "S18")
def test_an_officer_beside_toppan_at_the_same_stage(
    engine: Engine, callers: Callers, numbers: list[str]
) -> None:
    in_stage(engine, numbers, next_processing_stage="DN2")
    *_, officer_first, toppan_first = numbers
    some_order_explains(engine, numbers, callers.officer, callers.toppan)
    # Officer first: Toppan counts it as manual. Toppan first: the officer finds it there already.
    assert len(rows_of(engine, t.ocms_change_of_processing, officer_first)) == 1
    assert rows_of(engine, t.ocms_change_of_processing, toppan_first) == []
    for row in rows_of(engine, t.ocms_valid_offence_notice, *numbers):
        assert (row["last_processing_stage"], row["prev_processing_stage"]) == ("DN2", "DN1")

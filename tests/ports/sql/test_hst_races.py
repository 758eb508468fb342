"""Officers, jobs, the court and furnishing at the same notices at the same moment."""

import threading
from collections.abc import Callable, Iterator

import pytest

from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import batch_jobs, service
from ocms_core.hst.request_checks import HstRevival
from ocms_core.kernel.offender_details import FurnishDetail, Person
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import ActionOutcome
from tests.support.databases import Databases
from tests.support.hst_facts import NOW, OFFICER
from tests.support.hst_rows import HstDatabase, application, hst_database
from tests.support.offender_rows import Undelivered

ROUNDS = 200
OTHER = "S9999999Z"


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    yield opened
    opened.engine.dispose()


def identity(number: int) -> str:
    return f"S{number:07}A"


def apply(database: HstDatabase, number: int) -> None:
    service.apply(application(identity(number)), officer=OFFICER, stores=database.stores, now=NOW)


def revive(database: HstDatabase, number: int) -> None:
    service.revive(HstRevival(identity(number), "found"), officer=OFFICER, stores=database.stores, now=NOW)


def race(first: Callable[[int], object], second: Callable[[int], object]) -> None:
    """Let both run at the same moment, once for each number; what either raises is raised."""
    start, problems = threading.Barrier(2, timeout=60), []

    def run(work: Callable[[int], object]) -> None:
        for number in range(ROUNDS):
            start.wait()
            try:
                work(number)
            except Exception as problem:  # noqa: BLE001  # shown by the test below
                problems.append(problem)

    threads = [threading.Thread(target=run, args=(work,)) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def outcome(database: HstDatabase) -> tuple[set[str], set[str]]:
    """Return notices of listed identities that are not suspended, and those of others under TS-HST."""
    listed, held = set(database.listed()), set(database.held())
    shown = database.shown()
    unsuspended, kept = set(), set()
    for notice_no, id_no, current in database.rows(
        t.ocms_offence_notice_owner_driver, "notice_no", "id_no", "offender_indicator"
    ):
        kind, reason = shown[notice_no][:2]
        if current == "Y" and id_no in listed and (kind is None or (kind == "TS" and notice_no not in held)):
            unsuspended.add(notice_no)
        if current == "Y" and id_no not in listed and (notice_no in held or reason == "HST"):
            kept.add(notice_no)
    return unsuspended, kept


def notices_of_each(database: HstDatabase, **columns: str) -> None:
    for number in range(ROUNDS):
        database.notices([f"A{number}", f"B{number}"], id_no=identity(number), **columns)


TAKEN = ("furnish H", "furnish D", "redirect H")


def take(database: HstDatabase, how: str) -> Callable[[int], None]:
    """Return an officer's furnish or redirect of each notice F to the identity of its number."""
    deed, role = how.split()
    carry_out = offenders.furnish if deed == "furnish" else offenders.redirect
    stores = SqlOffenderStores(database.engine)

    def work(number: int) -> None:
        person = Person("N", identity(number), "John Tan")
        furnished = FurnishRequest(f"F{number}", role, person, None, FurnishDetail(), from_role="O")
        outcome = carry_out(furnished, OFFICER, stores=stores, delivery=Undelivered(), now=NOW)
        assert isinstance(outcome, ActionOutcome)

    return work


@pytest.mark.rule("G13", "F20", "F31")
@pytest.mark.parametrize("how", TAKEN)
def test_furnish_and_redirect_beside_apply(database: HstDatabase, how: str) -> None:
    notices_of_each(database)
    database.notices((f"F{number}" for number in range(ROUNDS)), id_no=OTHER, last_processing_stage="ENA")
    race(lambda number: apply(database, number), take(database, how))
    assert outcome(database) == (set(), set())
    assert len(database.held()) == 3 * ROUNDS
    numbers = database.rows(t.ocms_suspended_notice, "notice_no", "sr_no")
    assert {sr_no for _, sr_no in numbers} == {1}, "each notice is suspended once"


@pytest.mark.rule("G13", "F20", "F31")
@pytest.mark.parametrize("how", TAKEN)
def test_furnish_and_redirect_beside_revive(database: HstDatabase, how: str) -> None:
    for number in range(ROUNDS):
        apply(database, number)
    database.notices((f"F{number}" for number in range(ROUNDS)), id_no=OTHER, last_processing_stage="ENA")
    race(lambda number: revive(database, number), take(database, how))
    assert outcome(database) == (set(), set())
    assert database.listed() == database.held() == []


@pytest.mark.rule("G13")
def test_apply_beside_revive(database: HstDatabase) -> None:
    notices_of_each(database)
    for number in range(0, ROUNDS, 2):
        apply(database, number)
    race(lambda number: apply(database, number), lambda number: revive(database, number))
    assert outcome(database) == (set(), set())
    assert len(database.held()) == 2 * len(database.listed())


@pytest.mark.rule("G13")
def test_apply_beside_an_update_by_the_court(database: HstDatabase) -> None:
    notices_of_each(database, last_processing_stage="CPC")
    stores = SqlCourtStores(database.engine)

    def update(number: int) -> None:
        permanent = CourtUpdate(f"A{number}", suspension_type="PS", epr_reason="WWP")
        court.update_court_notices(
            [permanent, CourtUpdate(f"B{number}", processing_stage="CSD")], stores=stores, now=NOW
        )

    race(lambda number: apply(database, number), update)
    # What the court has moved on to its own stages before the identity was listed is the court's.
    unsuspended, kept = outcome(database)
    assert {notice_no[0] for notice_no in unsuspended} <= {"B"}
    assert kept == set()
    held = set(database.held())
    assert not unsuspended & held
    stages = dict(database.rows(t.ocms_valid_offence_notice, "notice_no", "last_processing_stage"))
    assert {stages[notice_no] for notice_no in unsuspended} <= {"CSD"}
    types = {notice_no: shown[0] for notice_no, shown in database.shown().items()}
    assert {types[f"A{number}"] for number in range(ROUNDS)} == {"PS"}


@pytest.mark.rule("G13")
def test_the_job_for_new_notices_beside_revive(database: HstDatabase) -> None:
    for number in range(ROUNDS):
        apply(database, number)
    notices_of_each(database)
    race(
        lambda _: batch_jobs.suspend_hst_new_notices(stores=database.stores, now=NOW),
        lambda number: revive(database, number),
    )
    assert outcome(database) == (set(), set())
    assert database.listed() == database.held() == []

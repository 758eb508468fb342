"""The paths of calls that once contradicted each other, over the stores on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import update

from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.current_offenders import notices_with_several
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.schema import intranet as t
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.court import service as court
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.hst import batch_jobs
from ocms_core.hst import service as hst
from ocms_core.hst.facts import JobResult
from ocms_core.hst.request_checks import HstRevival, HstUpdate
from ocms_core.kernel.codes import (
    CPS_PS_BLOCKED,
    CPS_SEARCH_PS_ACTIVE,
    INVALID_EPR_REASON,
    INVALID_SUSPENSION_TYPE,
    PERMANENT_SUSPENSION,
    SUCCESS,
    Code,
)
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import ActionOutcome
from ocms_core.stages import eligibility, search
from ocms_core.stages.eligibility import Eligible
from ocms_core.stages.request_checks import Criteria
from tests.support.builders import at
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, NEW_ADDRESS, NOW, OFFICER
from tests.support.hst_rows import HstDatabase, application, hst_database, offender
from tests.support.offender_builders import EMPLOYEE, JOHN, ORCHARD
from tests.support.offender_rows import Undelivered
from tests.support.stage_builders import requested

OTHER = "S7654321B"
NOBODY_LISTED = evolve(JOHN, id_no="S5555555Z")


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    yield opened
    opened.engine.dispose()


def record(number: str, reason: str, kind: str = "PS", sr_no: int = 1, **columns: Any) -> dict[str, Any]:
    return {
        "notice_no": number,
        "date_of_suspension": local(at("2024-12-05T10:00:00")),
        "sr_no": sr_no,
        "suspension_source": "OCMS",
        "suspension_type": kind,
        "reason_of_suspension": reason,
        "officer_authorising_suspension": "OIC9",
    } | columns


def cas(database: HstDatabase, *updates: CourtUpdate) -> list[Code]:
    decision = court.update_court_notices(updates, stores=SqlCourtStores(database.engine), now=NOW)
    assert isinstance(decision, Decision)
    return [answer.code for answer in decision.answers]


def furnished(database: HstDatabase, number: str, role: str = "H") -> ActionOutcome | Refusal:
    return offenders.furnish(
        FurnishRequest(number, role, NOBODY_LISTED, ORCHARD, EMPLOYEE),
        OFFICER,
        stores=SqlOffenderStores(database.engine),
        delivery=Undelivered(),
        now=NOW,
    )


def officer_verdict(database: HstDatabase, number: str, target: str = "RD2") -> str | Code:
    stores = SqlStageStores(database.engine)
    with stores.reading() as reader:
        unlocked = reader.stage_facts([number], None)
    with stores.writing() as store:
        facts = store.stage_facts([number], None)
        printed = store.toppan_facts([number])
    assert facts == unlocked
    assert printed.notices == {number: evolve(facts.notices[number], role=None)}
    verdict = eligibility.eligibility(
        requested(target), facts.notices[number], facts.reference, changed_today=False
    )
    return verdict.target if isinstance(verdict, Eligible) else verdict


def search_refusal(database: HstDatabase, number: str) -> Code | None:
    with SqlStageStores(database.engine).reading() as reader:
        found, total = reader.search(Criteria(notice_no=number), 10)
    assert total == 1
    return search.search_refusal(found[0])


def applied(database: HstDatabase, id_no: str = IDENTITY) -> list[str]:
    decision = hst.apply(application(id_no), officer=OFFICER, stores=database.stores, now=NOW)
    assert isinstance(decision, Decision)
    return [each.key for each in decision.answers]


def revived(database: HstDatabase, id_no: str = IDENTITY) -> dict[str, str | None]:
    decision = hst.revive(HstRevival(id_no, "x"), officer=OFFICER, stores=database.stores, now=NOW)
    assert isinstance(decision, Decision)
    return {each.key: each.detail for each in decision.answers}


def open_records(database: HstDatabase) -> list[tuple[str, str, str]]:
    columns = ("notice_no", "suspension_type", "reason_of_suspension", "date_of_revival")
    return [row[:3] for row in database.rows(t.ocms_suspended_notice, *columns) if row[3] is None]


def pair_shown(database: HstDatabase, number: str) -> tuple[Any, ...]:
    return database.shown()[number][:2]


def change(database: HstDatabase, **columns: Any) -> None:
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_valid_offence_notice).values(columns))


@pytest.mark.rule("U1", "U3", "P21", "S12", "S2", "F10")
def test_a_permanent_record_that_the_row_does_not_show_refuses_everywhere(
    database: HstDatabase,
) -> None:
    database.notices(["A"], last_processing_stage="RD1", suspension_type="TS", epr_reason_of_suspension="UNC")
    database.put(t.ocms_suspended_notice, [record("A", "WWP"), record("A", "UNC", "TS", 2)])
    assert officer_verdict(database, "A") == CPS_PS_BLOCKED
    assert search_refusal(database, "A") == CPS_SEARCH_PS_ACTIVE
    assert furnished(database, "A") == Refusal(PERMANENT_SUSPENSION)
    assert applied(database) == []
    assert batch_jobs.suspend_hst_new_notices(stores=database.stores, now=NOW) == JobResult(0)
    change(database, last_processing_stage="CPC")
    assert cas(database, CourtUpdate("A", "TS")) == [INVALID_SUSPENSION_TYPE]
    assert cas(database, CourtUpdate("A", processing_stage="CSD")) == [SUCCESS]
    assert pair_shown(database, "A") == ("PS", "WWP")


@pytest.mark.rule("P21", "U2", "P24", "H7", "H9")
def test_cas_makes_no_pair_the_table_lacks_and_a_revival_shows_what_cas_has_suspended(
    database: HstDatabase,
) -> None:
    database.notices(["A", "B"], last_processing_stage="CPC")
    assert applied(database) == ["A", "B"]
    wanted = (CourtUpdate("A", "PS"), CourtUpdate("B", "TS", "WWP"))
    assert cas(database, *wanted) == [INVALID_SUSPENSION_TYPE, INVALID_EPR_REASON]
    assert open_records(database) == [("A", "TS", "HST"), ("B", "TS", "HST")]
    assert cas(database, CourtUpdate("A", "PS", "WWP")) == [SUCCESS]
    assert cas(database, CourtUpdate("A", "PS", "OTH")) == [SUCCESS]
    columns = ("sr_no", "reason_of_suspension", "revival_reason", "officer_authorising_revival")
    assert database.rows(t.ocms_suspended_notice, *columns)[:3] == [
        (1, "HST", None, None),
        (2, "WWP", "CSR", "CAS"),
        (3, "OTH", None, None),
    ]
    assert revived(database) == {"A": "PS-OTH", "B": "ACTIVE"}
    assert pair_shown(database, "A") == ("PS", "OTH")
    assert pair_shown(database, "B") == (None, None)


@pytest.mark.rule("H10", "U5", "U1")
def test_furnished_to_somebody_not_listed_a_notice_leaves_ts_hst(database: HstDatabase) -> None:
    database.notices(["A"], last_processing_stage="RD1")
    assert applied(database) == ["A"]
    assert isinstance(furnished(database, "A"), ActionOutcome)
    columns = ("date_of_revival", "revival_reason", "officer_authorising_revival")
    assert database.rows(t.ocms_suspended_notice, *columns) == [(local(NOW), "RDN", OFFICER)]
    assert pair_shown(database, "A") == (None, None)


@pytest.mark.rule("H10", "U5", "H31")
def test_ts_hst_of_a_paid_notice_that_nobody_listed_holds_ends_on_its_day(database: HstDatabase) -> None:
    database.notices(["A"])
    assert applied(database) == ["A"]
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_offence_notice_owner_driver).values(id_no=OTHER))
    change(database, suspension_type="PS", payment_status="FP", crs_reason_of_suspension="FP")
    due_day = NOW + timedelta(days=31)
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=due_day) == JobResult(1)
    assert open_records(database) == []
    assert pair_shown(database, "A")[0] == "PS"


@pytest.mark.rule("P21", "U1", "S12")
def test_a_paid_notice_stays_permanently_suspended(database: HstDatabase) -> None:
    paid = {"suspension_type": "PS", "payment_status": "FP", "crs_reason_of_suspension": "FP"}
    database.notices(["A"], last_processing_stage="CPC", **paid)
    before = database.shown()
    assert cas(database, CourtUpdate("A", "TS")) == [INVALID_SUSPENSION_TYPE]
    assert database.shown() == before
    assert officer_verdict(database, "A", "RD1") == CPS_PS_BLOCKED
    change(database, suspension_type="TS")
    assert officer_verdict(database, "A", "RD1") == CPS_PS_BLOCKED


@pytest.mark.rule("U8", "H30")
def test_a_notice_back_from_court_is_taken_up_by_the_job(database: HstDatabase) -> None:
    database.notices(["A"], last_processing_stage="CSD")
    assert applied(database) == []
    run = batch_jobs.suspend_hst_new_notices
    assert run(stores=database.stores, now=NOW) == JobResult(0)
    assert cas(database, CourtUpdate("A", processing_stage="CPC")) == [SUCCESS]
    assert run(stores=database.stores, now=NOW) == JobResult(1)
    assert pair_shown(database, "A") == ("TS", "HST")


@pytest.mark.rule("U7", "H3", "H4", "H2", "H6")
def test_a_notice_with_two_current_rows_of_one_identity_counts_once(database: HstDatabase) -> None:
    database.notices(["A", "B"])
    database.put(t.ocms_offence_notice_owner_driver, [offender("A", indicator="D")])
    found = hst.find(IDENTITY, stores=database.stores)
    assert found.notices == 2
    assert notices_with_several(database.engine) == ["A"]
    assert applied(database) == ["A", "B"]
    assert open_records(database) == [("A", "TS", "HST"), ("B", "TS", "HST")]
    change_address = HstUpdate(IDENTITY, "New Name", NEW_ADDRESS)
    decision = hst.update(change_address, stores=database.stores, now=NOW)
    assert isinstance(decision, Decision)
    assert [each.key for each in decision.answers] == ["A", "B"]
    assert revived(database) == {"A": "ACTIVE", "B": "ACTIVE"}
    assert open_records(database) == []


@pytest.mark.rule("U7", "S3", "S14")
def test_a_notice_with_two_current_offenders_is_the_first_one_s_by_role_everywhere(
    database: HstDatabase,
) -> None:
    database.notices(["A"], last_processing_stage="RD1")
    database.put(
        t.ocms_offence_notice_owner_driver,
        [offender("A", OTHER, "H"), offender("A", NOBODY_LISTED.id_no, "D")],
    )
    assert applied(database) == []
    assert applied(database, OTHER) == []
    assert applied(database, NOBODY_LISTED.id_no) == ["A"]
    with SqlStageStores(database.engine).reading() as reader:
        assert reader.stage_facts(["A"], None).notices["A"].role == "D"
        ((found,), _) = reader.search(Criteria(notice_no="A"), 10)
    shown = search.offender_shown(found.offenders)
    assert shown
    assert shown.indicator == "D"
    with SqlOffenderStores(database.engine).reading() as offender_reader:
        notice = offender_reader.notice("A")
    assert notice
    assert notice.current
    assert notice.current.role == "D"
    assert revived(database, NOBODY_LISTED.id_no) == {"A": "ACTIVE"}

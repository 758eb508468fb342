"""The HST list and its suspensions on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict
from sqlalchemy import ClauseElement, delete, event, update
from sqlalchemy.dialects.mssql.base import MSDialect

from ocms_adapters.sql.change_statements import CHANGE_STATEMENTS
from ocms_adapters.sql.change_writer import ChangeWriter
from ocms_adapters.sql.hst_queries import Queries, with_new_notices
from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_core.hst import address_check, batch_jobs, explaining, service
from ocms_core.hst.facts import JobResult, KnownOffender, UnreportedAnswer
from ocms_core.hst.reports import month_bounds
from ocms_core.hst.request_checks import HstListQuery, HstRevival, HstUpdate
from ocms_core.kernel.addresses import DATAHIVE, MHA, RegisteredAddress
from ocms_core.kernel.changes import AddressAnswered, EnquirySent
from ocms_core.kernel.codes import HST_ID_EXISTS, HST_ID_NOT_FOUND, HST_NOT_CREATED
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Decision, Refusal
from tests.support import engines
from tests.support.builders import at
from tests.support.databases import Databases, sqlite_databases
from tests.support.hst_facts import (
    ADDRESS,
    APPLICATION,
    DUE,
    IDENTITY,
    NEW_ADDRESS,
    NOW,
    OFFICER,
    answer,
)
from tests.support.hst_rows import OFFENCE_AT, HstDatabase, application, hst_database, offender
from tests.support.statements import recorded

OTHER = "S7654321B"
HELD = ("TS", "HST", local(NOW), local(DUE))
FREE = (None, None, None, None)
IN_TWO_DAYS = local(NOW + timedelta(days=2))


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    yield opened
    opened.engine.dispose()


def applied(database: HstDatabase, id_no: str = IDENTITY, now: datetime = NOW) -> list[str]:
    decision = service.apply(application(id_no), officer=OFFICER, stores=database.stores, now=now)
    assert isinstance(decision, Decision)
    return [each.key for each in decision.answers]


def revived(database: HstDatabase, now: datetime = NOW) -> dict[str, str | None]:
    decision = service.revive(
        HstRevival(IDENTITY, "why: so"), officer=OFFICER, stores=database.stores, now=now
    )
    assert isinstance(decision, Decision)
    return {each.key: each.detail for each in decision.answers}


@pytest.mark.rule("H3", "H4", "H20")
def test_apply_lists_the_identity_and_suspends_its_notices_alone(database: HstDatabase) -> None:
    database.notices(["A", "B"])
    database.notices(["C"], id_no=OTHER)
    assert applied(database) == ["A", "B"]
    assert database.rows(t.ocms_hst, "id_no", "id_type", "name", "postal_code", "cre_user_id") == [
        (IDENTITY, "N", "John Tan", "123456", "ocmsiz_app_conn")
    ]
    columns = (
        *("notice_no", "date_of_suspension", "sr_no", "suspension_source", "suspension_type"),
        *("reason_of_suspension", "officer_authorising_suspension", "due_date_of_revival"),
        *("suspension_remarks", "date_of_revival", "cre_user_id"),
    )
    remark = "HST Suspension - Address invalid"
    assert database.rows(t.ocms_suspended_notice, *columns) == [
        (number, local(NOW), 1, "OCMS", "TS", "HST", OFFICER, local(DUE), remark, None, "ocmsiz_app_conn")
        for number in ("A", "B")
    ]
    assert database.shown() == {
        "A": (*HELD, OFFENCE_AT),
        "B": (*HELD, OFFENCE_AT),
        "C": (*FREE, OFFENCE_AT),
    }
    synced = database.rows(t.ocms_valid_offence_notice, "notice_no", "is_sync")
    assert synced == [("A", "N"), ("B", "N"), ("C", "Y")]
    assert database.rows(housekeeping.ocms_outbox, "kind", "notice_no") == [("NOTICE", "A"), ("NOTICE", "B")]


@pytest.mark.rule("H4")
def test_apply_leaves_out_notices_of_a_former_offender(database: HstDatabase) -> None:
    database.notices(["A"])
    database.put(t.ocms_valid_offence_notice, [])
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_offence_notice_owner_driver).values(offender_indicator="N"))
    database.put(t.ocms_offence_notice_owner_driver, [offender("A", OTHER, "D")])
    assert applied(database) == []
    assert applied(database, OTHER) == ["A"]


@pytest.mark.rule("H4", "H2", "H6", "H7", "H8")
def test_a_notice_with_two_current_rows_of_the_identity_is_one_notice(database: HstDatabase) -> None:
    database.notices(["A", "B"])
    database.put(
        t.ocms_offence_notice_owner_driver, [offender("A", indicator="D"), offender("A", indicator="H")]
    )
    since = {"date_of_suspension": OFFENCE_AT, "sr_no": 1, "suspension_source": "AVSS"}
    unc = {"suspension_type": "TS", "reason_of_suspension": "UNC", "officer_authorising_suspension": "X"}
    due = {"due_date_of_revival": local(DUE - timedelta(days=1))}
    database.put(t.ocms_suspended_notice, [{"notice_no": "A", **since, **unc, **due}])
    with database.stores.reading() as reader:
        assert reader.known_offender(IDENTITY).notices == 2
    assert applied(database) == ["A", "B"]
    assert database.held() == ["A", "B"]
    with database.stores.reading() as reader:
        assert [row.notices for row in reader.listing(HstListQuery())[1]] == [2]
        (notice,) = reader.notice_facts("A").notices
    assert (notice.owner_driver_indicator, notice.further_roles) == ("D", ("O", "H"))
    assert [str(each.reason) for each in notice.suspensions.open_records] == ["TS-UNC", "TS-HST"]
    updated = service.update(
        HstUpdate(IDENTITY, "John Tan Updated", NEW_ADDRESS), stores=database.stores, now=NOW
    )
    assert isinstance(updated, Decision)
    assert [each.key for each in updated.answers] == ["A", "B"]
    names = database.rows(t.ocms_offence_notice_owner_driver, "notice_no", "name")
    assert names == [(number, "John Tan Updated") for number in ("A", "A", "A", "B")]
    again = NOW + timedelta(days=31)
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=again) == JobResult(2)
    assert database.held() == ["A", "B"]
    assert revived(database, NOW + timedelta(days=32)) == {"A": "TS-UNC", "B": "ACTIVE"}
    assert database.held() == []


@pytest.mark.rule("H4", "H31")
def test_a_notice_with_current_rows_of_two_identities_is_renewed_for_the_first_by_role(
    database: HstDatabase,
) -> None:
    database.notices(["A"])
    applied(database)
    database.put(t.ocms_offence_notice_owner_driver, [offender("A", OTHER, "H")])
    with database.stores.reading() as reader:
        (notice,) = reader.notice_facts("A").notices
    assert (notice.id_no, notice.owner_driver_indicator, notice.further_roles) == (IDENTITY, "O", ())
    assert database.held() == ["A"]


@pytest.mark.rule("H3")
def test_a_second_application_is_refused_and_changes_nothing(database: HstDatabase) -> None:
    database.notices(["A"])
    applied(database)
    again = service.apply(APPLICATION, officer=OFFICER, stores=database.stores, now=NOW)
    assert again == Refusal(HST_ID_EXISTS)
    assert database.held() == ["A"]


@pytest.mark.rule("H3")
def test_what_the_database_refuses_is_refused_whole(database: HstDatabase) -> None:
    """The record the notice would get is there already, under a number the application counts again."""
    database.notices(["A", "B"])
    database.put(
        t.ocms_suspended_notice,
        [
            {
                "notice_no": "B",
                "date_of_suspension": local(NOW),
                "sr_no": 1,
                "suspension_source": "OCMS",
                "suspension_type": "TS",
                "reason_of_suspension": "UNC",
                "officer_authorising_suspension": "X",
            }
        ],
    )
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE UNIQUE INDEX one_at_a_time ON ocms_suspended_notice (notice_no, date_of_suspension)"
        )
    refused = service.apply(APPLICATION, officer=OFFICER, stores=database.stores, now=NOW)
    assert refused == Refusal(HST_NOT_CREATED)
    assert database.listed() == []
    assert database.held() == []
    assert database.shown()["A"] == (*FREE, OFFENCE_AT)


@pytest.mark.rule("H7")
def test_revive_lifts_what_apply_laid_on(database: HstDatabase) -> None:
    database.notices(["A", "B"])
    applied(database)
    assert revived(database) == {"A": "ACTIVE", "B": "ACTIVE"}
    assert database.listed() == []
    columns = (
        *("notice_no", "date_of_revival", "revival_reason", "officer_authorising_revival", "revival_remarks"),
    )
    assert database.rows(t.ocms_suspended_notice, *columns) == [
        (number, local(NOW), "HAV", OFFICER, "why: so") for number in ("A", "B")
    ]
    assert set(database.shown().values()) == {(*FREE, IN_TWO_DAYS)}
    again = service.revive(HstRevival(IDENTITY, "x"), officer=OFFICER, stores=database.stores, now=NOW)
    assert again == Refusal(HST_ID_NOT_FOUND)


@pytest.mark.rule("H20", "H7")
def test_a_notice_suspended_again_gets_the_next_number(database: HstDatabase) -> None:
    database.notices(["A"])
    for days in (0, 1, 2):
        applied(database, now=NOW + timedelta(days=days))
        revived(database, now=NOW + timedelta(days=days, hours=1))
    assert [row[0] for row in database.rows(t.ocms_suspended_notice, "sr_no")] == [1, 2, 3]


@pytest.mark.rule("H9", "H7")
def test_a_paid_notice_stays_paid_through_a_revival(database: HstDatabase) -> None:
    database.notices(["A"])
    applied(database)
    paid = {
        "suspension_type": "PS",
        "payment_status": "FP",
        "crs_reason_of_suspension": "FP",
        "epr_reason_of_suspension": None,
    }
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_valid_offence_notice).values(paid))
    assert listed_row(database)["notices"] == 1
    assert revived(database) == {"A": "PS-FP"}
    assert database.held() == []
    shown = database.rows(t.ocms_valid_offence_notice, "suspension_type", "crs_reason_of_suspension")
    assert shown == [("PS", "FP")]


@pytest.mark.rule("H6")
def test_update_reaches_the_list_the_names_and_the_furnished_addresses(database: HstDatabase) -> None:
    database.notices(["A", "B"])
    database.put(
        t.ocms_offence_notice_owner_driver_addr,
        [
            {"notice_no": "A", "owner_driver_indicator": "O", "type_of_address": kind, "street_name": "Old"}
            for kind in ("furnished_mail", "lta_reg")
        ],
    )
    applied(database)
    before = database.shown()
    decision = service.update(HstUpdate(IDENTITY, "New Name", NEW_ADDRESS), stores=database.stores, now=NOW)
    assert isinstance(decision, Decision)
    assert [each.key for each in decision.answers] == ["A", "B"]
    assert database.rows(t.ocms_hst, "name", "postal_code", "bldg_name", "date_of_addr_change") == [
        ("New Name", "654321", "New Building", local(NOW))
    ]
    assert database.rows(t.ocms_offence_notice_owner_driver, "notice_no", "name", "is_sync") == [
        ("A", "New Name", "N"),
        ("B", "New Name", "N"),
    ]
    columns = ("notice_no", "type_of_address", "street_name", "postal_code")
    assert database.rows(t.ocms_offence_notice_owner_driver_addr, *columns) == [
        ("A", "furnished_mail", "New Street", "654321"),
        ("A", "lta_reg", "Old", None),
        ("B", "furnished_mail", "New Street", "654321"),
    ]
    assert database.shown() == before
    assert database.rows(housekeeping.ocms_outbox, "kind", "notice_no", "owner_driver_indicator")[2:] == [
        ("OFFENDER", "A", "O"),
        ("OFFENDER", "B", "O"),
    ]


def address_row(
    kind: str, street: str, effective: datetime | None, processed: datetime | None
) -> dict[str, Any]:
    return {
        "notice_no": "A",
        "owner_driver_indicator": "O",
        "type_of_address": kind,
        "street_name": street,
        "effective_date": effective,
        "processing_date_time": processed,
    }


@pytest.mark.rule("H6", "H2")
def test_the_address_an_update_gave_is_the_one_that_is_shown_from_then_on(database: HstDatabase) -> None:
    database.notices(["A"])
    stale = {"invalid_addr_tag": "G", "error_code": "E1"}
    last_year, later = local(NOW) - timedelta(days=365), NOW + timedelta(days=1)
    for kind in ("furnished_mail", "mha_reg"):
        row = address_row(kind, "Old", last_year, last_year)
        database.put(t.ocms_offence_notice_owner_driver_addr, [row | stale])
    applied(database)
    service.update(HstUpdate(IDENTITY, "New Name", NEW_ADDRESS), stores=database.stores, now=NOW)
    columns = (
        *("type_of_address", "street_name", "invalid_addr_tag", "error_code"),
        *("effective_date", "processing_date_time"),
    )
    assert database.rows(t.ocms_offence_notice_owner_driver_addr, *columns) == [
        ("furnished_mail", "New Street", None, None, local(NOW), local(NOW)),
        ("mha_reg", "Old", "G", "E1", last_year, last_year),
    ]
    revived(database, now=later)
    assert service.find(IDENTITY, stores=database.stores) == KnownOffender(False, "New Name", NEW_ADDRESS, 1)


@pytest.mark.rule("H2", "F20")
def test_a_blanked_address_is_none(database: HstDatabase) -> None:
    database.notices(["A"])
    database.put(
        t.ocms_offence_notice_owner_driver_addr,
        [
            address_row("lta_reg", "Known", None, None),
            address_row("furnished_mail", "", local(NOW), local(NOW)) | {"street_name": None},
        ],
    )
    assert service.find(IDENTITY, stores=database.stores).address == RegisteredAddress(street_name="Known")


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    "part", ["postal_code", "blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name"]
)
def test_an_address_of_any_part_is_one_and_one_of_blanks_is_none(database: HstDatabase, part: str) -> None:
    database.notices(["A", "B"])
    earlier, later = local(NOW) - timedelta(days=9), local(NOW)
    nothing = dict(zip(asdict(ADDRESS), ("", " ", None, "", " ", None), strict=True))
    for row in (
        address_row("lta_reg", "Old", earlier - timedelta(days=1), earlier),
        address_row("furnished_mail", "", earlier, earlier) | {"street_name": None, part: "7"},
        address_row("furnished_mail", "", later, later) | {"notice_no": "B"} | nothing,
    ):
        database.put(t.ocms_offence_notice_owner_driver_addr, [row])
    assert service.find(IDENTITY, stores=database.stores).address == RegisteredAddress(**{part: "7"})


@pytest.mark.rule("H2")
def test_the_latest_address_is_the_newest_effective_then_the_newest_processed(database: HstDatabase) -> None:
    find = service.find
    assert find(IDENTITY, stores=database.stores) == KnownOffender(False)
    database.notices(["A", "B"])
    assert find(IDENTITY, stores=database.stores) == KnownOffender(False, "John Tan", None, 2)
    earlier, later = local(NOW) - timedelta(days=9), local(NOW)
    rows = [
        address_row("lta_reg", "Undated", None, later),
        address_row("lta_mail", "Old", earlier, later),
        address_row("mha_reg", "New", later, earlier),
        address_row("furnished_mail", "Newest", later, later),
    ]
    for row, street in zip(rows, ("Undated", "Old", "New", "Newest"), strict=True):
        database.put(t.ocms_offence_notice_owner_driver_addr, [row])
        assert find(IDENTITY, stores=database.stores) == KnownOffender(
            False, "John Tan", RegisteredAddress(street_name=street), 2
        )
    applied(database)
    assert find(IDENTITY, stores=database.stores) == KnownOffender(True)


def listed_row(database: HstDatabase, query: HstListQuery | None = None) -> dict[str, Any]:
    page = service.show_list(query or HstListQuery(), stores=database.stores)
    (row,) = page.rows
    return {"id_no": row.identity.id_no, "notices": row.notices, "last": row.last_check, "total": page.total}


@pytest.mark.rule("H8")
def test_the_list_is_filtered_paged_and_newest_first(database: HstDatabase) -> None:
    ids = [f"S000000{number}A" for number in range(5)]
    for days, id_no in enumerate(ids):
        applied(database, id_no, NOW + timedelta(days=days))
    stores = database.stores
    everything = service.show_list(HstListQuery(), stores=stores)
    assert [row.identity.id_no for row in everything.rows] == ids[::-1]
    page = service.show_list(HstListQuery(skip=1, limit=2), stores=stores)
    assert (page.total, [row.identity.id_no for row in page.rows]) == (5, [ids[3], ids[2]])
    first, last = (NOW + timedelta(days=1)).date(), (NOW + timedelta(days=3)).date()
    between = service.show_list(HstListQuery(since=first, before=last), stores=stores)
    assert [row.identity.id_no for row in between.rows] == [ids[2], ids[1]]
    assert service.show_list(HstListQuery(since=date.max), stores=stores).rows == ()
    assert listed_row(database, HstListQuery(id_no=ids[4]))["total"] == 1
    assert service.show_list(HstListQuery(skip=9), stores=stores).rows == ()


@pytest.mark.rule("H8", "H36")
def test_an_answer_upserts_and_only_a_later_one_counts(database: HstDatabase) -> None:
    database.notices(["A"])
    applied(database)
    assert listed_row(database)["last"] is None
    for days, street in ((1, "First"), (3, "Third"), (2, "Second"), (3, "Again")):
        given = answer(answered_at=NOW + timedelta(days=days), address=RegisteredAddress(street_name=street))
        with database.stores.writing() as store:
            store.record([AddressAnswered(given)], NOW, isolate=False)
    assert listed_row(database)["last"] == NOW + timedelta(days=3)
    columns = ("id_no", "query_reason", "street_name", "source", "type_of_address", "report_generated")
    assert database.rows(t.ocms_temp_unc_hst_addr, *columns) == [
        (IDENTITY, "HST", "Third", "MHA", "mha_reg", "N")
    ]
    assert database.rows(t.ocms_hst, "street_name") == [("Example Street",)]


@pytest.mark.rule("H8", "H31")
def test_an_answer_to_an_earlier_listing_is_none_of_this_one(database: HstDatabase) -> None:
    database.notices(["A"])
    applied(database)
    given = answer(answered_at=NOW + timedelta(hours=1))
    with database.stores.writing() as store:
        store.record([AddressAnswered(given)], NOW, isolate=False)
    assert listed_row(database)["last"] == given.answered_at
    again = NOW + timedelta(hours=2)
    revived(database, now=again)
    applied(database, now=again)
    assert listed_row(database)["last"] is None
    due_day = DUE.replace(hour=2)
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=due_day) == JobResult(1)
    assert database.held() == ["A"]


@pytest.mark.rule("H31", "H6")
def test_an_answer_goes_on_counting_when_the_list_takes_its_address_over(database: HstDatabase) -> None:
    database.notices(["A"])
    applied(database)
    with database.stores.writing() as store:
        store.record([AddressAnswered(answer(answered_at=NOW + timedelta(hours=1)))], NOW, isolate=False)
    taken_over = HstUpdate(IDENTITY, "John Tan", NEW_ADDRESS)
    service.update(taken_over, stores=database.stores, now=NOW + timedelta(hours=2))
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=DUE.replace(hour=2)) == JobResult(1)
    assert database.held() == []


@pytest.mark.rule("H30")
def test_new_notices_of_listed_identities_are_suspended_chunk_by_chunk(
    database: HstDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_jobs, "CHUNK", 2)
    ids = [f"S000000{number}A" for number in range(5)]
    for id_no in ids:
        applied(database, id_no)
    database.notices(["A"], id_no=ids[0])
    database.notices(["B", "C"], id_no=ids[4])
    database.notices(["D"], id_no=ids[2], last_processing_stage="CPC")
    database.notices(["E"], id_no=OTHER)
    database.notices(["F"], id_no=ids[2], last_processing_stage="CSD")
    database.notices(["G"], id_no=ids[3], payment_status="FP")
    database.notices(["H"], id_no=ids[3], crs_reason_of_suspension="FP")
    run = batch_jobs.suspend_hst_new_notices
    assert run(stores=database.stores, now=NOW) == JobResult(4)
    assert database.held() == ["A", "B", "C", "D"]
    assert run(stores=database.stores, now=NOW) == JobResult(0)


@pytest.mark.rule("H31")
def test_a_job_asked_to_stop_ends_at_its_next_chunk_and_goes_on_another_time(
    database: HstDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_jobs, "CHUNK", 2)
    database.notices(["A", "B", "C"])
    applied(database)
    run, due_day = batch_jobs.loop_hst_suspensions, DUE.replace(hour=2)
    assert run(stores=database.stores, now=due_day, progress=lambda _: False) == JobResult(2)
    assert run(stores=database.stores, now=due_day) == JobResult(1)
    assert run(stores=database.stores, now=due_day) == JobResult(0)
    assert database.held() == ["A", "B", "C"]
    columns = ("sr_no", "date_of_revival", "revival_reason")
    assert database.rows(t.ocms_suspended_notice, *columns) == 3 * [
        (1, local(due_day), "SPO"),
        (2, None, None),
    ]


@pytest.mark.rule("H31")
def test_of_an_identity_no_longer_the_offender_the_suspension_expires(database: HstDatabase) -> None:
    database.notices(["A"])
    applied(database)
    with database.engine.begin() as connection:
        connection.execute(update(t.ocms_offence_notice_owner_driver).values(id_no=OTHER))
    due_day = DUE.replace(hour=2)
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=due_day) == JobResult(1)
    assert database.held() == []
    assert database.shown()["A"] == (*FREE, local(due_day + timedelta(days=2)))


@pytest.mark.rule("H10", "U5")
def test_of_nobody_the_suspension_expires_too(database: HstDatabase) -> None:
    """Another system has taken the only offender away: no revival would find the notice."""
    database.notices(["A", "B"])
    applied(database)
    onod = t.ocms_offence_notice_owner_driver
    with database.engine.begin() as connection:
        connection.execute(update(onod).where(onod.c.notice_no == "A").values(offender_indicator="N"))
        connection.execute(delete(onod).where(onod.c.notice_no == "B"))
    due_day = DUE.replace(hour=2)
    for number in ("A", "B"):
        explained = explaining.explain(number, stores=database.stores, now=due_day)
        assert [each.answer for each in explained] == [explaining.NOBODY, "expires now"]
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=due_day) == JobResult(2)
    assert database.held() == []
    assert database.shown()["A"] == (*FREE, local(due_day + timedelta(days=2)))


@pytest.mark.rule("H30", "H31")
@pytest.mark.parametrize("stage", ["ROV", "RD1"])
def test_what_the_loop_lets_go_the_job_for_new_notices_leaves_free(database: HstDatabase, stage: str) -> None:
    """The loop at two, new notices at three; no address is looked up by the second."""
    database.notices(["A"], last_processing_stage=stage)
    applied(database)
    with database.stores.writing() as store:
        store.record([AddressAnswered(answer(answered_at=NOW + timedelta(days=1)))], NOW, isolate=False)
    for night in range(3):
        two = DUE.replace(hour=2) + timedelta(days=night)
        three = two + timedelta(hours=1)
        assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=two) == JobResult(
            0 if night else 1
        )
        with database.stores.reading() as reader:
            assert reader.with_new_notices("", 10) == [], "nobody is looked at in vain"
        assert batch_jobs.suspend_hst_new_notices(stores=database.stores, now=three) == JobResult(0)
        assert database.held() == []
    # What comes in afterwards is new.
    database.notices(["B"])
    assert batch_jobs.suspend_hst_new_notices(stores=database.stores, now=DUE) == JobResult(1)
    assert database.held() == ["B"]


@pytest.mark.rule("H32")
def test_every_listed_identity_is_queued_once_a_month(database: HstDatabase) -> None:
    applied(database)
    run, columns = address_check.query_hst_addresses, ("id_no", "query_reason", "id_type", "sent_to_mha_date")
    assert run(stores=database.stores, now=NOW) == JobResult(1)
    assert run(stores=database.stores, now=NOW) == JobResult(0)
    with database.stores.writing() as store:
        store.record([EnquirySent(IDENTITY, MHA, NOW)], NOW, isolate=False)
    assert run(stores=database.stores, now=NOW + timedelta(days=10)) == JobResult(0)
    assert database.rows(t.ocms_adhoc_nro_queue, *columns) == [(IDENTITY, "HST", "N", local(NOW))]
    next_month = NOW.replace(month=2, day=1)
    assert run(stores=database.stores, now=next_month) == JobResult(1)
    assert database.rows(t.ocms_adhoc_nro_queue, *columns) == [(IDENTITY, "HST", "N", None)]


@pytest.mark.rule("H32")
def test_who_has_answered_this_month_is_not_queued_again(database: HstDatabase) -> None:
    for id_no in (IDENTITY, OTHER):
        applied(database, id_no)
    run, first, later = address_check.query_hst_addresses, at("2025-02-01T00:00:00"), NOW.replace(month=2)
    given = [AddressAnswered(answer(id_no=IDENTITY)), AddressAnswered(answer(id_no=OTHER))]
    with database.stores.writing() as store:  # one has answered last month, the other this month
        store.record(given[:1], first - timedelta(seconds=1), isolate=False)
        store.record(given[1:], first, isolate=False)
    assert run(stores=database.stores, now=later) == JobResult(1)
    assert database.rows(t.ocms_adhoc_nro_queue, "id_no") == [(IDENTITY,)]
    assert run(stores=database.stores, now=NOW.replace(month=3)) == JobResult(1)
    assert database.rows(t.ocms_adhoc_nro_queue, "id_no") == [(IDENTITY,), (OTHER,)]


@pytest.mark.rule("H33", "H7")
def test_only_who_is_listed_is_sent_and_a_revival_empties_the_queue_of_them(database: HstDatabase) -> None:
    applied(database)
    address_check.query_hst_addresses(stores=database.stores, now=NOW)
    stranger = {"id_type": "N", "query_reason": "HST"}
    database.put(
        t.ocms_adhoc_nro_queue,
        [stranger | {"id_no": OTHER}, stranger | {"id_no": IDENTITY, "query_reason": "UNC"}],
    )
    with database.stores.reading() as reader:
        for system in (MHA, DATAHIVE):
            assert dict(reader.queued_identities(system, ["N"], "", 10)) == {IDENTITY: "N"}
    revived(database)
    queued = database.rows(t.ocms_adhoc_nro_queue, "id_no", "query_reason")
    assert queued == [(IDENTITY, "UNC"), (OTHER, "HST")]


@pytest.mark.rule("H35")
def test_an_identity_leaves_the_queue_when_reported_and_sent_to_all(database: HstDatabase) -> None:
    applied(database)
    address_check.query_hst_addresses(stores=database.stores, now=NOW)
    given = answer(answered_at=NOW)
    with database.stores.writing() as store:
        store.record([AddressAnswered(given), EnquirySent(IDENTITY, DATAHIVE, NOW)], NOW, isolate=False)
        store.close_reported([UnreportedAnswer(IDENTITY, NOW, NOW)], NOW)
    assert database.rows(t.ocms_temp_unc_hst_addr, "report_generated") == [("Y",)]
    assert len(database.rows(t.ocms_adhoc_nro_queue, "id_no")) == 1
    with database.stores.writing() as store:
        store.record([EnquirySent(IDENTITY, MHA, NOW)], NOW, isolate=False)
        store.close_reported([UnreportedAnswer(IDENTITY, NOW, NOW)], NOW)
    assert database.rows(t.ocms_adhoc_nro_queue, "id_no") == []


@pytest.mark.rule("H35")
def test_an_answer_newer_than_the_report_stays_unreported(database: HstDatabase) -> None:
    applied(database)
    with database.stores.writing() as store:
        store.record([AddressAnswered(answer(answered_at=NOW))], NOW, isolate=False)
        store.close_reported([UnreportedAnswer(IDENTITY, NOW - timedelta(days=1), NOW)], NOW)
    assert database.rows(t.ocms_temp_unc_hst_addr, "report_generated") == [("N",)]


@pytest.mark.rule("H35")
def test_the_month_of_an_answer_is_that_of_its_receipt(database: HstDatabase) -> None:
    applied(database)
    given, came_in = NOW.replace(month=2, day=28), NOW.replace(month=3, day=1)
    with database.stores.writing() as store:
        store.record([AddressAnswered(answer(answered_at=given))], came_in, isolate=False)
    with database.stores.reading() as reader:
        assert reader.unreported_answers() == [UnreportedAnswer(IDENTITY, given, came_in)]
        assert list(reader.checked_identities(*month_bounds(date(2025, 2, 1)))) == []
        (found,) = reader.checked_identities(*month_bounds(date(2025, 3, 1)))
    assert found.answer.answered_at == given


@pytest.mark.rule("H35", "K4")
def test_a_record_in_the_place_of_one_closed_by_mistake_is_no_further_suspension(
    database: HstDatabase,
) -> None:
    """As a reversal of a revival leaves them: since when the former one was, under the next number."""
    database.notices(["A", "B"])
    applied(database)
    later = NOW + timedelta(days=30)
    assert batch_jobs.loop_hst_suspensions(stores=database.stores, now=later) == JobResult(2)
    january, february = (month_bounds(date(2025, month, 1)) for month in (1, 2))

    def counted() -> list[tuple[int, int, int]]:
        with database.stores.reading() as reader:
            found = [reader.statistics(*month) for month in (january, february)]
        return [(each.new_suspensions, each.reapplied, each.active_suspensions) for each in found]

    assert counted() == [(2, 0, 2), (0, 2, 2)]
    with database.engine.begin() as connection:
        connection.execute(
            update(t.ocms_suspended_notice)
            .where(t.ocms_suspended_notice.c.sr_no == 2)
            .values(date_of_revival=local(later), revival_reason="HAV")
        )
    common = {"suspension_source": "OCMS", "suspension_type": "TS", "reason_of_suspension": "HST"}
    common |= {"officer_authorising_suspension": "X"}
    renewed = {"date_of_suspension": local(later), "sr_no": 3, **common}
    first = {"date_of_suspension": local(NOW), "sr_no": 4, **common}
    database.put(t.ocms_suspended_notice, [{"notice_no": "A", **each} for each in (renewed, first)])
    assert counted() == [(2, 0, 2), (0, 2, 2)]


@pytest.mark.rule("H37")
def test_an_identity_is_shown_as_listed_with_the_latest_answer(database: HstDatabase) -> None:
    assert service.show_identity(IDENTITY, stores=database.stores) == (None, None)
    applied(database)
    listed, none = service.show_identity(IDENTITY, stores=database.stores)
    assert listed is not None
    assert (listed.id_no, none) == (IDENTITY, None)
    with database.stores.writing() as store:
        store.record([AddressAnswered(answer(answered_at=NOW))], NOW, isolate=False)
    with recorded(database.engine) as statements:
        shown = service.show_identity(IDENTITY, stores=database.stores)
    assert shown == (listed, answer(answered_at=NOW))
    assert len(statements) == 2


@pytest.mark.rule("H37")
def test_the_outcomes_of_months_take_as_many_statements_for_one_identity_as_for_many(
    database: HstDatabase,
) -> None:
    counts = []
    for many in (0, 1, 20):
        for place in range(many):
            service.apply(application(f"S{place:07}Z"), officer="O", stores=database.stores, now=NOW)
        with database.stores.writing() as store:
            answers = [AddressAnswered(answer(id_no=f"S{place:07}Z")) for place in range(many)]
            store.record(answers, NOW, isolate=False)
        with recorded(database.engine) as statements:
            found = service.count_outcomes(months=2, stores=database.stores, now=NOW)
        assert sum(found[-1].identities) == many
        counts.append(len(statements))
    assert len(set(counts)) == 1


@pytest.mark.rule("H35", "H41")
def test_an_answer_of_another_system_is_of_the_month_it_was_kept_in(database: HstDatabase) -> None:
    empty = dict.fromkeys(
        ("bldg_name", "blk_hse_no", "street_name", "floor_no", "unit_no", "postal_code"), ""
    )
    never = at("9999-12-31T23:59:59")
    kept = {"response_date_time": local(never), "cre_date": local(NOW), "type_of_address": "mha_reg"}
    database.put(t.ocms_temp_unc_hst_addr, [{"id_no": IDENTITY, "query_reason": "HST", **empty, **kept}])
    with database.stores.reading() as reader:
        assert reader.unreported_answers() == [UnreportedAnswer(IDENTITY, never, NOW)]


@pytest.mark.rule("H21")
def test_apply_update_and_revive_take_as_many_statements_for_one_notice_as_for_many(
    database: HstDatabase,
) -> None:
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: sent.append(args[2]), named=False)

    def statements(many: int) -> list[int]:
        database.notices(f"{many}N{number}" for number in range(many))
        counts = []
        for call in (
            lambda: applied(database, now=NOW + timedelta(hours=many)),
            lambda: service.update(HstUpdate(IDENTITY, "X", ADDRESS), stores=database.stores, now=NOW),
            lambda: revived(database, now=NOW + timedelta(hours=many)),
        ):
            sent.clear()
            call()
            counts.append(len(sent))
        return counts

    # Lock (PostgreSQL), list, notices, suspensions, answers, reference; then one for each kind of change,
    # for the audit row, and two to read for it what was before.
    one = statements(1)
    assert one == statements(300)
    assert max(one) <= 14


@pytest.mark.rule("H36")
def test_an_answer_another_system_kept_without_a_time_gives_way(database: HstDatabase) -> None:
    empty = dict.fromkeys(
        ("bldg_name", "blk_hse_no", "street_name", "floor_no", "unit_no", "postal_code"), ""
    )
    database.put(
        t.ocms_temp_unc_hst_addr,
        [{"id_no": IDENTITY, "query_reason": "HST", "type_of_address": "mha_reg", **empty}],
    )
    with database.stores.writing() as store:
        store.record([AddressAnswered(answer())], NOW, isolate=False)
    assert database.rows(t.ocms_temp_unc_hst_addr, "street_name") == [("New Street",)]


def test_every_statement_of_hst_can_be_built_for_sql_server() -> None:
    dialect = MSDialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    queries = [each for each in vars(Queries(dialect)).values() if isinstance(each, ClauseElement)]
    writings = [ChangeWriter(dialect).statement(kind)[1] for kind in CHANGE_STATEMENTS]
    assert len(queries) >= 20
    for statement in (*queries, *writings):
        assert isinstance(statement, ClauseElement)
        assert "ocms_" in str(statement.compile(dialect=dialect))


@pytest.mark.rule("H30")
def test_sqlite_looks_for_new_notices_among_those_of_listed_identities(
    sqlite_templates: Path, tmp_path: Path
) -> None:
    engine = engines.create(sqlite_databases(sqlite_templates, tmp_path).intranet)
    statements = list[tuple[str, Any]]()
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
    with engine.connect() as connection:
        connection.execute(with_new_notices(), {"after": "", "most": 10})
        statement, bound = statements[-1]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)
        steps = [row.detail for row in plan if "ocms_valid_offence_notice" in row.detail]
    engine.dispose()
    assert steps
    assert all("(notice_no=?)" in step for step in steps), "no search by stage goes through all notices"

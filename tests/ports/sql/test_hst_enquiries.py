"""Enquiries for addresses and their answers on SQLite and PostgreSQL: one that fails holds up no other."""

from collections.abc import Iterator

import pytest

from ocms_adapters.sql.schema import intranet as t
from ocms_core.hst import address_check, mha_exchange, mha_file, service
from ocms_core.hst.facts import JobResult
from ocms_core.hst.mha_file import MhaRecord, MhaRequest, encode_response
from ocms_core.kernel.addresses import DATAHIVE, RegisteredAddress
from ocms_core.kernel.dates import local
from tests.support.databases import Databases
from tests.support.hst_facts import NOW, OFFICER, answer
from tests.support.hst_rows import HstDatabase, application, hst_database
from tests.support.in_memory_hst import Alarm, InMemoryDataHive, Outbox

MANY = tuple(f"S000000{number}A" for number in range(5))
NO_ADDRESS = dict.fromkeys(
    ("bldg_name", "blk_hse_no", "street_name", "floor_no", "unit_no", "postal_code"), ""
)
TAKEN = RegisteredAddress(street_name="Taken")


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    for id_no in MANY:
        service.apply(application(id_no), officer=OFFICER, stores=opened.stores, now=NOW)
    address_check.query_hst_addresses(stores=opened.stores, now=NOW)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def one_street_each(database: HstDatabase) -> HstDatabase:
    """Have the database refuse an answer with the street of another one."""
    kept = {"id_no": "S9999999Z", "query_reason": "UNC", "type_of_address": "mha_reg"}
    database.put(t.ocms_temp_unc_hst_addr, [{**kept, **NO_ADDRESS, "street_name": TAKEN.street_name}])
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE UNIQUE INDEX one_street_each ON ocms_temp_unc_hst_addr (street_name)"
        )
    return database


def unsent(database: HstDatabase) -> list[str]:
    """Return who has not been sent to DataHive."""
    queued = database.rows(t.ocms_adhoc_nro_queue, "id_no", "sent_to_datahive_date")
    return [id_no for id_no, sent in queued if sent is None]


def put_listed(database: HstDatabase, id_no: str, id_type: str) -> None:
    """Put an identity on the list as another system may, and into the queue."""
    named = {"id_no": id_no, "id_type": id_type, "name": "X"}
    database.put(t.ocms_hst, [{**named, **NO_ADDRESS, "cre_date": local(NOW), "cre_user_id": "other"}])
    address_check.query_hst_addresses(stores=database.stores, now=NOW)


@pytest.mark.rule("H33", "F50")
def test_an_identity_stored_as_b_is_sent_to_datahive_as_a_uen(database: HstDatabase) -> None:
    put_listed(database, "201912345K", "B")
    datahive, outbox = InMemoryDataHive(), Outbox()
    tally = address_check.query_datahive(stores=database.stores, datahive=datahive, now=NOW)
    assert tally == JobResult(6)
    assert datahive.asked == [{"201912345K": "U", **dict.fromkeys(MANY, "N")}]
    listed, _ = service.show_identity("201912345K", stores=database.stores)
    assert listed is not None
    assert listed.id_type == "U"
    tally = mha_exchange.send_mha_requests(stores=database.stores, exchange=outbox, now=NOW)
    assert tally == JobResult(5), "a UEN does not go to MHA"


@pytest.mark.rule("H33", "H40", "K5")
@pytest.mark.parametrize("odd", ["S12345678901", "S123", "S1234567Ⓐ", "A"])
def test_a_number_of_no_uin_or_fin_spoils_no_request_and_stays_queued(
    database: HstDatabase, odd: str
) -> None:
    put_listed(database, odd, "N")
    for tally, files in ((JobResult(5, 1), 1), (JobResult(0, 1), 0)):
        outbox = Outbox()
        sent = mha_exchange.send_mha_requests(stores=database.stores, exchange=outbox, now=NOW)
        assert (sent, len(outbox.files)) == (tally, files)
        assert all(mha_file.parse_request(each) == MhaRequest(NOW, MANY) for each in outbox.files.values())
    queued = dict(database.rows(t.ocms_adhoc_nro_queue, "id_no", "sent_to_mha_date"))
    assert queued == {odd: None, **dict.fromkeys(MANY, local(NOW))}


@pytest.mark.rule("H34")
def test_an_answer_of_datahive_that_is_refused_leaves_its_identity_queued_alone(
    one_street_each: HstDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_check, "BATCH", 4)
    answers = [
        answer(
            id_no=id_no,
            source=DATAHIVE,
            address=TAKEN if id_no == MANY[1] else RegisteredAddress(street_name=id_no),
        )
        for id_no in MANY
    ]
    run, stores = address_check.query_datahive, one_street_each.stores
    assert run(stores=stores, datahive=InMemoryDataHive(answers), now=NOW) == JobResult(4, 1)
    assert unsent(one_street_each) == [MANY[1]]
    kept = one_street_each.rows(t.ocms_temp_unc_hst_addr, "id_no", "query_reason")
    assert [id_no for id_no, reason in kept if reason == "HST"] == [MANY[0], *MANY[2:]]
    later = InMemoryDataHive(answers)
    assert run(stores=stores, datahive=later, now=NOW) == JobResult(0, 1)
    assert [list(batch) for batch in later.asked] == [[MANY[1]]], "nobody is asked about twice"


@pytest.mark.rule("H43")
def test_a_response_with_a_refused_row_is_not_applied_and_holds_up_none_behind_it(
    one_street_each: HstDatabase,
) -> None:
    outbox, alarm = Outbox(), Alarm()
    spoilt = [MhaRecord(MANY[0], timestamp=NOW), MhaRecord(MANY[1], address=TAKEN, timestamp=NOW)]
    outbox.lay_out("NRO2URA_1", encode_response(spoilt), matched=2)
    fine = MhaRecord(MANY[2], address=RegisteredAddress(street_name="Free"), timestamp=NOW)
    outbox.lay_out("NRO2URA_2", encode_response([fine]), matched=1)
    for tally in (JobResult(1, 1), JobResult(0, 1)):
        received = mha_exchange.receive_mha_responses(
            stores=one_street_each.stores, exchange=outbox, alerts=alarm, now=NOW
        )
        assert received == tally
    assert alarm.raised == 2 * [("OCMS-5003", "NRO2URA_1 has a record that the database refuses")]
    kept = one_street_each.rows(t.ocms_temp_unc_hst_addr, "id_no", "street_name")
    assert kept == [(MANY[2], "Free"), ("S9999999Z", "Taken")]

"""Taking in MHA's responses: whole, once, and only what agrees with its control files."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from sqlalchemy import delete

from ocms_adapters.sql.schema import housekeeping
from ocms_adapters.sql.schema import intranet as t
from ocms_core.hst import address_check, mha_exchange, mha_file, service
from ocms_core.hst.facts import JobResult
from ocms_core.hst.mha_file import (
    MhaRecord,
    control_names,
    encode_response,
)
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.dates import SINGAPORE, local
from tests.support.databases import Databases
from tests.support.hst_facts import IDENTITY, NOW, OFFICER
from tests.support.hst_rows import HstDatabase, application, hst_database
from tests.support.in_memory_hst import Alarm, Outbox

State: TypeAlias = tuple[dict[str, str], list[tuple[Any, ...]]]
"""The answers kept, by identity, and the files noted as applied."""

TOMORROW = NOW + timedelta(days=1)
SECOND = "F7654321B"
NAME = "NRO2URA_20250201003005"


@pytest.fixture
def database(databases: Databases) -> Iterator[HstDatabase]:
    opened = hst_database(databases)
    for id_no in (IDENTITY, SECOND):
        service.apply(application(id_no), officer=OFFICER, stores=opened.stores, now=NOW)
    yield opened
    opened.engine.dispose()


def record(uin: str, street: str, at: datetime = NOW) -> MhaRecord:
    return MhaRecord(uin, address=RegisteredAddress("654321", street_name=street), timestamp=at)


def receive(
    database: HstDatabase, outbox: Outbox, alarm: Alarm | None = None, now: datetime = TOMORROW
) -> JobResult:
    return mha_exchange.receive_mha_responses(
        stores=database.stores, exchange=outbox, alerts=alarm or Alarm(), now=now
    )


def kept(database: HstDatabase) -> dict[str, str]:
    return dict(database.rows(t.ocms_temp_unc_hst_addr, "id_no", "street_name"))


@pytest.mark.rule("H33", "H36", "H43")
def test_a_response_is_kept_for_whom_is_listed_and_noted_in_the_ledger(database: HstDatabase) -> None:
    outbox = Outbox()
    content = encode_response([record(IDENTITY, "A"), record(SECOND, "B"), record("S9999999Z", "C")])
    outbox.lay_out(NAME, content, matched=3, invalid=2)
    assert receive(database, outbox) == JobResult(2)
    assert kept(database) == {IDENTITY: "A", SECOND: "B"}
    files = database.rows(housekeeping.ocms_mha_file, "direction", "name", "records")
    assert files == [("IN", NAME, 3)]


@pytest.mark.rule("H43")
def test_a_file_delivered_five_times_renamed_and_reordered_changes_things_once(database: HstDatabase) -> None:
    outbox = Outbox()
    old = encode_response([record(IDENTITY, "Old")])
    new = encode_response([record(IDENTITY, "New", TOMORROW)])
    outbox.lay_out("NRO2URA_2", old, matched=1)
    outbox.lay_out("NRO2URA_1", new, matched=1)
    assert receive(database, outbox) == JobResult(2)
    assert kept(database) == {IDENTITY: "New"}
    before = database.rows(t.ocms_temp_unc_hst_addr, "street_name", "upd_date", "report_generated")
    for again in range(5):
        outbox.lay_out(f"NRO2URA_again{again}", old, matched=1)
        assert receive(database, outbox) == JobResult(0)
    assert database.rows(t.ocms_temp_unc_hst_addr, "street_name", "upd_date", "report_generated") == before
    assert len(database.rows(housekeeping.ocms_mha_file, "name")) == 2


@pytest.mark.rule("H36", "H41")
def test_a_date_that_has_not_come_yet_neither_blocks_a_later_answer_nor_moves_its_month(
    database: HstDatabase,
) -> None:
    outbox = Outbox()
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=SINGAPORE)
    outbox.lay_out("NRO2URA_1", encode_response([record(IDENTITY, "Wrong", never)]), matched=1)
    assert receive(database, outbox, now=NOW) == JobResult(1)
    columns = ("street_name", "response_date_time")
    assert database.rows(t.ocms_temp_unc_hst_addr, *columns) == [("Wrong", local(NOW))]
    outbox.lay_out("NRO2URA_2", encode_response([record(IDENTITY, "Right", never)]), matched=1)
    assert receive(database, outbox) == JobResult(1)
    assert database.rows(t.ocms_temp_unc_hst_addr, *columns) == [("Right", local(TOMORROW))]


@pytest.mark.rule("H42", "H43")
def test_a_file_that_does_not_agree_with_its_control_files_changes_nothing_and_alerts(
    database: HstDatabase,
) -> None:
    outbox, alarm = Outbox(), Alarm()
    outbox.lay_out(NAME, encode_response([record(IDENTITY, "A")]), matched=2)
    assert receive(database, outbox, alarm) == JobResult(0, 1)
    assert alarm.raised == [
        ("OCMS-5003", f"{NAME} does not agree with its control files: 1 records, but 2 matched")
    ]
    assert kept(database) == {}
    assert database.rows(housekeeping.ocms_mha_file, "name") == []


@pytest.mark.rule("H42", "H43")
@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\x1a", b"\xef\xbb\xbf"])
def test_of_two_responses_without_a_record_each_agrees_with_its_own_totals(
    database: HstDatabase, content: bytes
) -> None:
    outbox, alarm = Outbox(), Alarm()
    outbox.lay_out("NRO2URA_1", content, matched=0, invalid=1)
    assert receive(database, outbox, alarm) == JobResult(0)
    outbox.lay_out("NRO2URA_2", content, matched=500)
    assert receive(database, outbox, alarm) == JobResult(0, 1)
    assert alarm.raised == [
        ("OCMS-5003", "NRO2URA_2 does not agree with its control files: 0 records, but 500 matched")
    ]
    assert database.rows(housekeeping.ocms_mha_file, "direction", "name", "records") == [
        ("IN", "NRO2URA_1", 0)
    ]
    outbox.lay_out("NRO2URA_2", content, matched=0)
    assert receive(database, outbox, alarm) == JobResult(0)
    names = database.rows(housekeeping.ocms_mha_file, "name")
    assert sorted(names) == [("NRO2URA_1",), ("NRO2URA_2",)]


@pytest.mark.rule("H43")
def test_a_response_without_its_totals_waits(database: HstDatabase) -> None:
    outbox = Outbox({NAME: encode_response([record(IDENTITY, "A")])})
    assert receive(database, outbox) == JobResult(0)
    outbox.lay_out(NAME, outbox.files[NAME], matched=1)
    assert receive(database, outbox) == JobResult(1)


@pytest.mark.rule("H42")
def test_a_response_without_exceptions_needs_no_file_of_them(database: HstDatabase) -> None:
    outbox = Outbox()
    outbox.lay_out(NAME, encode_response([record(IDENTITY, "A")]), matched=1)
    del outbox.files[control_names(NAME)[1]]
    assert receive(database, outbox) == JobResult(1)
    outbox.lay_out("NRO2URA_2", encode_response([record(SECOND, "B")]), matched=1, invalid=1)
    del outbox.files[control_names("NRO2URA_2")[1]]
    assert receive(database, outbox) == JobResult(0, 1)


@pytest.mark.rule("H40", "H33")
def test_what_is_more_than_a_request_holds_goes_into_the_next_a_second_later(
    database: HstDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mha_exchange, "CHUNK", 1)
    address_check.query_hst_addresses(stores=database.stores, now=NOW)
    outbox = Outbox()
    send = mha_exchange.send_mha_requests
    assert send(stores=database.stores, exchange=outbox, now=NOW) == JobResult(2)
    assert [mha_file.parse_request(outbox.files[name]) for name in outbox.names()] == [
        mha_file.MhaRequest(NOW, (SECOND,)),
        mha_file.MhaRequest(NOW + timedelta(seconds=1), (IDENTITY,)),
    ]
    assert outbox.names() == [mha_file.request_name(NOW), mha_file.request_name(NOW + timedelta(seconds=1))]
    assert send(stores=database.stores, exchange=outbox, now=NOW) == JobResult(0)


@pytest.mark.rule("H42")
def test_what_waits_for_its_other_half_on_a_later_day_alerts_once(database: HstDatabase) -> None:
    totals, exceptions = control_names("NRO2URA_2")
    content = encode_response([record(IDENTITY, "A")])
    outbox, alarm = Outbox({NAME: content, totals: b"", exceptions: b"", "README": b""}), Alarm()
    for now in (NOW, NOW + timedelta(hours=1)):
        receive(database, outbox, alarm, now)
    assert alarm.raised == [], "it has come today"
    for days in (1, 2, 3):
        receive(database, outbox, alarm, NOW + timedelta(days=days, minutes=-1))
    words = "waits for the files it belongs with since an earlier day"
    assert alarm.raised == [("OCMS-5003", f"{name} {words}") for name in (NAME, exceptions, totals)]
    assert kept(database) == {}
    outbox.lay_out(NAME, content, matched=1)
    assert receive(database, outbox, alarm) == JobResult(1)
    assert len(alarm.raised) == 3


NOTHING: State = ({}, [])
WHOLE: State = ({IDENTITY: "A", SECOND: "B"}, [(NAME, 2)])


def state(database: HstDatabase) -> State:
    return kept(database), database.rows(housekeeping.ocms_mha_file, "name", "records")


@pytest.mark.rule("H42", "H43")
@pytest.mark.parametrize("cut", [NAME, *control_names(NAME)])
def test_a_file_cut_at_any_byte_is_applied_whole_or_not_at_all(database: HstDatabase, cut: str) -> None:
    """Every byte of the response and of its control files on SQLite, a sample of them on PostgreSQL."""
    outbox = Outbox()
    outbox.lay_out(NAME, encode_response([record(IDENTITY, "A"), record(SECOND, "B")]), matched=2, invalid=1)
    content = outbox.files[cut]
    step = 1 if database.engine.name == "sqlite" else 41
    applied = []
    for end in sorted({*range(0, len(content), step), len(content) // 2, len(content) - 1}):
        outbox.files[cut] = content[:end]
        tally = receive(database, outbox)
        assert (tally, state(database)) in [(JobResult(0, 1), NOTHING), (JobResult(2), WHOLE)]
        if tally.done:
            applied.append(end)
            with database.engine.begin() as connection:
                connection.execute(delete(t.ocms_temp_unc_hst_addr))
                connection.execute(delete(housekeeping.ocms_mha_file))
    # Totals and full records that lack no more than the end of their last line still say everything.
    assert applied == ([] if cut.endswith(".EXP") else [len(content) - 1])
    outbox.files[cut] = content
    assert (receive(database, outbox), state(database)) == (JobResult(2), WHOLE)


@pytest.mark.rule("H42")
@pytest.mark.parametrize(
    "suffix, content, said", [(".TOT", b"?", "control file"), (".EXP", b"?", "exception file")]
)
def test_control_files_that_cannot_be_read_alert(
    database: HstDatabase, suffix: str, content: bytes, said: str
) -> None:
    outbox, alarm = Outbox(), Alarm()
    outbox.lay_out(NAME, encode_response([record(IDENTITY, "A")]), matched=1)
    outbox.files[f"REPORT_20250201003005{suffix}"] = content
    assert receive(database, outbox, alarm) == JobResult(0, 1)
    assert said in alarm.raised[0][1]

"""A whole month of the HST list on a simulated calendar, the database looked at after each step."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from attrs import define, field
from sqlalchemy import update

from ocms_adapters.datahive import HttpDataHive
from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks
from ocms_adapters.sql.schema import intranet as t
from ocms_app.simulators.datahive import datahive_answer
from ocms_app.simulators.mha import answer_requests
from ocms_app.simulators.registers import known
from ocms_core.hst import address_check, mha_exchange, nightly, reporting, service
from ocms_core.hst.facts import Tally
from ocms_core.hst.ports import MhaExchange
from ocms_core.hst.request_checks import ListQuery, Revival, Update
from ocms_core.kernel.addresses import Address
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.faults import Unavailable
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.sheets import Sheet
from ocms_core.kernel.verdicts import Settled
from tests.support.builders import at
from tests.support.databases import Databases
from tests.support.hst_facts import OFFICER
from tests.support.hst_rows import HstDatabase, application, hst_database
from tests.support.mha_server import mha_server

# Somebody who has moved away without a word, as far as the registers know.
GONE = next(
    number for number in (f"S{serial:07}A" for serial in range(100)) if known(number).invalid_tag == "G"
)
NEW_ADDRESS = Address("654321", "456", "New Street", "02", "02", "New Building")
DATA, ITEMS = "MonthlyHSTDataReport_{}.xlsx", "MonthlyHSTWorkItemsReport_{}.xlsx"


@define
class Play:
    """The jobs and their surroundings on a calendar the test turns."""

    database: HstDatabase
    exchange: MhaExchange
    mha_folder: Path
    store: FolderStore
    now: datetime = field(default=at("2025-01-14T11:00:00"))
    mailed: list[list[str]] = field(factory=list)
    alerts: list[str] = field(factory=list)
    post_works: bool = True
    found: Address | None = None

    def alert(self, code: Code, text: str) -> None:
        del text
        self.alerts.append(code.code)

    def send(self, subject: str, text: str, attachments: Mapping[str, bytes]) -> None:
        assert subject
        assert text
        if not self.post_works:
            raise Unavailable("the mail server")
        assert all(zipfile.is_zipfile(BytesIO(content)) for content in attachments.values())
        self.mailed.append(sorted(attachments))

    def datahive(self, request: httpx.Request) -> httpx.Response:
        answers = datahive_answer(json.loads(request.content), self.now)
        if self.found:
            parts = {"postalCode": "654321", "blkHseNo": "456", "streetName": "New Street"}
            for each in answers["answers"]:
                each.update(address=parts, invalidAddrTag="")
        return httpx.Response(200, json=answers)

    def suspend_new(self) -> Tally:
        return nightly.suspend_hst_new_notices(stores=self.database.stores, now=self.now)

    def loop(self) -> Tally:
        return nightly.loop_hst_suspensions(stores=self.database.stores, now=self.now)

    def queue(self) -> Tally:
        return address_check.query_hst_addresses(stores=self.database.stores, now=self.now)

    def ask_datahive(self) -> Tally:
        hive = HttpDataHive("https://datahive", "token", transport=httpx.MockTransport(self.datahive))
        return address_check.query_datahive(stores=self.database.stores, datahive=hive, now=self.now)

    def send_to_mha(self) -> Tally:
        return mha_exchange.send_mha_requests(
            stores=self.database.stores, exchange=self.exchange, now=self.now
        )

    def receive_from_mha(self) -> Tally:
        return mha_exchange.receive_mha_responses(
            stores=self.database.stores, exchange=self.exchange, alerts=self, now=self.now
        )

    def report(self, store: FolderStore | None = None) -> Tally:
        return reporting.generate_hst_reports(
            stores=self.database.stores, store=store or self.store, post=self, alerts=self, now=self.now
        )


@pytest.fixture
def play(databases: Databases, tmp_path: Path) -> Iterator[Play]:
    database = hst_database(databases)
    store = FolderStore(tmp_path / "reports", SignedLinks(b"key", "http://here"))
    with mha_server(tmp_path / "mha") as exchange:
        yield Play(database, exchange, tmp_path / "mha", store)
    database.engine.dispose()


def due(database: HstDatabase) -> dict[str, datetime]:
    rows = database.rows(
        t.ocms_suspended_notice, "notice_no", "date_of_revival", "due_date_of_revival", "reason_of_suspension"
    )
    return {row[0]: row[2] for row in rows if row[1] is None and row[3] == "HST"}


@pytest.mark.rule("H30", "H31", "H32", "H33", "H34", "H35", "H36")
def test_a_month_of_the_list(play: Play) -> None:  # noqa: PLR0915  # a month is long
    database = play.database
    database.notices(["A", "B"], id_no=GONE)
    database.notices(["C"], id_no=GONE, last_processing_stage="WAR")

    # 14 January: an officer lists the identity; the court's notice is left alone.
    settled = service.apply(application(GONE), officer=OFFICER, stores=database.stores, now=play.now)
    assert isinstance(settled, Settled)
    assert database.held() == ["A", "B"]

    # 16 January, 03:00: a notice that came in the day before is suspended.
    database.notices(["D"], id_no=GONE, last_processing_stage="NPA")
    play.now = at("2025-01-16T03:00:00")
    assert play.suspend_new() == Tally(1)
    assert database.held() == ["A", "B", "D"]

    # 20 January: one notice is paid; it stays in the list's count until the revival.
    paid = {"suspension_type": "PS", "payment_status": "FP", "crs_reason_of_suspension": "FP"}
    with database.engine.begin() as connection:
        connection.execute(
            update(t.ocms_valid_offence_notice)
            .where(t.ocms_valid_offence_notice.c.notice_no == "B")
            .values(paid)
        )
    (row,) = service.show_list(ListQuery(), stores=database.stores).rows
    assert (row.notices, row.last_check) == (3, None)

    # 1 February: the address check, by file and by call.
    play.now = at("2025-02-01T00:00:00")
    assert play.queue() == Tally(1)
    play.now = at("2025-02-01T00:30:00")
    assert play.send_to_mha() == Tally(1)
    assert play.send_to_mha() == Tally(0)
    play.now = at("2025-02-01T00:45:00")
    assert play.ask_datahive() == Tally(1)
    assert play.ask_datahive() == Tally(0)
    play.now = at("2025-02-01T01:00:00")
    assert answer_requests(play.mha_folder, play.now) == 1
    play.now = at("2025-02-01T01:30:00")
    assert play.receive_from_mha() == Tally(1)
    assert play.receive_from_mha() == Tally(0)
    answered = database.rows(
        t.ocms_temp_unc_hst_addr, "id_no", "source", "invalid_addr_tag", "response_date_time"
    )
    assert answered == [(GONE, "MHA", "G", local(at("2025-02-01T01:00:00")))]
    assert database.rows(t.ocms_hst, "street_name") == [("Example Street",)]

    # 1 February, 02:30: the workbooks; the mail server is down, which holds nothing up.
    play.now = at("2025-02-01T02:30:00")
    play.post_works = False
    assert play.report() == Tally(1)
    assert play.alerts == ["OCMS-5002"]
    stored = sorted(path.name for path in (play.store.folder / "hst").iterdir())
    assert stored == [DATA.format("202502"), ITEMS.format("202502")]
    assert database.rows(t.ocms_adhoc_nro_queue, "id_no") == []
    assert database.rows(t.ocms_temp_unc_hst_addr, "report_generated") == [("Y",)]
    assert play.report() == Tally(0)

    # 13 February, 02:00: what fell due goes round; the paid notice is skipped.
    play.now = at("2025-02-12T02:00:00")
    assert play.loop() == Tally(0)
    play.now = at("2025-02-13T02:00:00")
    assert play.loop() == Tally(1)
    assert database.held() == ["A", "B", "D"]
    assert due(database)["A"] == local(at("2025-03-15T02:00:00"))

    # 1 March: this time DataHive has found the owner, and the mail goes out.
    play.now = at("2025-03-01T00:00:00")
    play.post_works, play.found = True, NEW_ADDRESS
    assert play.queue() == Tally(1)
    assert play.send_to_mha() == Tally(1)
    assert play.ask_datahive() == Tally(1)
    play.now = at("2025-03-02T02:30:00")
    assert play.report() == Tally(1)
    assert play.mailed == [[DATA.format("202503"), ITEMS.format("202503")]]
    figures = play.store.read(f"hst/{ITEMS.format('202503')}")
    assert figures
    with zipfile.ZipFile(BytesIO(figures)) as book:
        assert "HST IDs Eligible for Revival" in book.read("xl/worksheets/sheet1.xml").decode()

    # An officer corrects the list and revives: everything goes on, the paid notice stays paid.
    change = Update(GONE, "Found", NEW_ADDRESS)
    assert not isinstance(service.update(change, stores=database.stores, now=play.now), tuple)
    assert database.rows(t.ocms_hst, "name", "street_name") == [("Found", "New Street")]
    revived = service.revive(Revival(GONE, "found"), officer=OFFICER, stores=database.stores, now=play.now)
    assert isinstance(revived, Settled)
    assert {each.key: each.detail for each in revived.answers} == {"A": "ACTIVE", "B": "PS-FP", "D": "ACTIVE"}
    assert database.held() == []
    assert database.listed() == []
    assert database.shown()["B"][0] == "PS"
    assert play.suspend_new() == play.loop() == Tally(0)


@pytest.mark.rule("H31")
def test_a_valid_new_address_ends_the_loop(play: Play) -> None:
    play.database.notices(["A"], id_no=GONE, last_processing_stage="RD1")
    service.apply(application(GONE), officer=OFFICER, stores=play.database.stores, now=play.now)
    play.found = NEW_ADDRESS
    play.queue()
    play.ask_datahive()
    play.now = at("2025-02-13T02:00:00")
    assert play.loop() == Tally(1)
    assert play.database.held() == []
    assert play.database.listed() == [GONE]


@pytest.mark.rule("H34")
def test_identities_datahive_fails_for_stay_queued_and_the_next_batch_goes_on(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_check, "BATCH", 2)
    ids = [f"S000000{number}B" for number in range(5)]
    for id_no in ids:
        service.apply(application(id_no), officer=OFFICER, stores=play.database.stores, now=play.now)
    play.queue()

    def answering(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500) if ids[2].encode() in request.content else play.datahive(request)

    hive = HttpDataHive(
        "https://datahive", "token", transport=httpx.MockTransport(answering), pause=lambda _: None
    )
    stores = play.database.stores
    assert address_check.query_datahive(stores=stores, datahive=hive, now=play.now) == Tally(3, 2)
    with stores.reading() as reader:
        left = reader.to_send("DATAHIVE", ["N"], "", 10)
    assert list(left) == [ids[2], ids[3]]
    assert play.ask_datahive() == Tally(2)


@pytest.mark.rule("H34")
def test_whose_answer_cannot_be_read_stays_queued_and_nobody_else_does(play: Play) -> None:
    ids = [f"S000000{number}B" for number in range(3)]
    for id_no in ids:
        service.apply(application(id_no), officer=OFFICER, stores=play.database.stores, now=play.now)
    play.queue()

    def answering(request: httpx.Request) -> httpx.Response:
        told = datahive_answer(json.loads(request.content), play.now)
        told["answers"][1]["address"]["streetName"] = "\ud800"
        del told["answers"][2]  # of this one DataHive knows nothing, which is an answer too
        return httpx.Response(200, content=json.dumps(told))

    hive = HttpDataHive("https://datahive", "token", transport=httpx.MockTransport(answering))
    stores = play.database.stores
    assert address_check.query_datahive(stores=stores, datahive=hive, now=play.now) == Tally(2, 1)
    assert play.database.rows(t.ocms_temp_unc_hst_addr, "id_no") == [(ids[0],)]
    with stores.reading() as reader:
        assert list(reader.to_send("DATAHIVE", ["N"], "", 10)) == [ids[1]]


class Unreadable(FolderStore):
    """A store that keeps workbooks and does not give them back."""

    def read(self, name: str) -> bytes | None:
        del name
        raise self.refusal

    refusal: Exception = Unavailable("the report store")


class Unopenable(Unreadable):
    """A store whose files cannot be opened."""

    refusal = OSError("a disk")


@pytest.mark.rule("H35")
@pytest.mark.parametrize("kind", [Unreadable, Unopenable])
def test_workbooks_that_cannot_be_read_back_are_stored_but_not_mailed(
    play: Play, kind: type[FolderStore]
) -> None:
    service.apply(application(GONE), officer=OFFICER, stores=play.database.stores, now=play.now)
    play.queue()
    play.ask_datahive()
    assert play.report(kind(play.store.folder, play.store.links)) == Tally(1)
    assert play.alerts == ["OCMS-5002"]
    assert play.mailed == []
    assert play.database.rows(t.ocms_temp_unc_hst_addr, "report_generated") == [("Y",)]


class Refusing(FolderStore):
    """A store that refuses the second workbook."""

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        if "WorkItems" in name:
            raise self.refusal
        return super().put(name, sheet)

    refusal: Exception = Unavailable("the report store")


class Unbuildable(Refusing):
    """A store to which the second workbook cannot be built."""

    refusal = ValueError("a cell")


@pytest.mark.rule("H35")
@pytest.mark.parametrize("kind, code", [(Refusing, "OCMS-5004"), (Unbuildable, "OCMS-5001")])
def test_without_both_workbooks_nothing_is_marked_reported(
    play: Play, kind: type[FolderStore], code: str
) -> None:
    service.apply(application(GONE), officer=OFFICER, stores=play.database.stores, now=play.now)
    play.queue()
    play.ask_datahive()
    play.send_to_mha()
    assert play.report(kind(play.store.folder, play.store.links)) == Tally(0, 1)
    assert play.alerts == [code]
    assert play.mailed == []
    assert play.database.rows(t.ocms_temp_unc_hst_addr, "report_generated") == [("N",)]
    assert play.database.rows(t.ocms_adhoc_nro_queue, "id_no") == [(GONE,)]
    assert play.report() == Tally(1)
    assert play.database.rows(t.ocms_adhoc_nro_queue, "id_no") == []

"""A whole month of the HST list on a simulated calendar, the database looked at after each step."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from attrs import define, evolve, field
from openpyxl import load_workbook
from sqlalchemy import update

from ocms_adapters.datahive import HttpDataHive
from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks
from ocms_adapters.sql.offenders import SqlOffenderStores
from ocms_adapters.sql.schema import intranet as t
from ocms_core.hst import address_check, batch_jobs, mha_exchange, mha_file, reporting, service
from ocms_core.hst.facts import JobResult
from ocms_core.hst.ports import MhaExchange
from ocms_core.hst.reports import one_line
from ocms_core.hst.request_checks import HstListQuery, HstRevival, HstUpdate
from ocms_core.kernel.addresses import RegisteredAddress
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.offender_details import FurnishDetail, Person
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.sheets import Sheet
from ocms_core.offenders import service as offenders
from ocms_core.offenders.request_reader import FurnishRequest
from ocms_core.offenders.service import ActionOutcome
from ocms_demo.simulators import datahive as datahive_simulator
from ocms_demo.simulators import mha as mha_simulator
from ocms_demo.simulators.certificates import authority
from ocms_demo.simulators.datahive import DataHiveSimulator, datahive_answer
from ocms_demo.simulators.fake_registry import RegistryEntry, registry_entry
from ocms_demo.simulators.fault_injection import InjectedFault
from ocms_demo.simulators.mha import RESPONSES, answer_requests
from tests.support.builders import at
from tests.support.databases import Databases
from tests.support.hst_facts import ADDRESS, OFFICER
from tests.support.hst_rows import OFFENCE_AT, HstDatabase, application, hst_database
from tests.support.mha_server import mha_server
from tests.support.offender_rows import Undelivered

# Somebody who has moved away without a word, as far as the registers know, and somebody they know an
# address of whom only DataHive is asked about.
GONE = next(
    number
    for number in (f"S{serial:07}A" for serial in range(100))
    if registry_entry(number).invalid_tag == "G"
)
ABROAD = next(
    number for number in (f"E{serial:07}X" for serial in range(100)) if not registry_entry(number).invalid_tag
)
STRANGER = "S9999999Z"
NEW_ADDRESS = RegisteredAddress("654321", "456", "New Street", "02", "02", "New Building")
DATA, ITEMS = "MonthlyHSTDataReport_{}.xlsx", "MonthlyHSTWorkItemsReport_{}.xlsx"
JOB = "ocmsiz_app_conn"

Tables: TypeAlias = dict[str, dict[Any, tuple[Any, ...]]]
"""What stands in the database: of each table the rows by their keys."""


@define
class Play:
    """The jobs and their surroundings on a calendar the test turns."""

    database: HstDatabase
    exchange: MhaExchange
    mha_folder: Path
    store: FolderStore
    datahive: DataHiveSimulator
    hive: HttpDataHive
    moved: dict[str, RegistryEntry]
    now: datetime = field(default=at("2025-01-14T11:00:00"))
    mailed: list[list[str]] = field(factory=list)
    alerts: list[str] = field(factory=list)
    post_works: bool = True

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

    def suspend_new(self) -> JobResult:
        return batch_jobs.suspend_hst_new_notices(stores=self.database.stores, now=self.now)

    def loop(self) -> JobResult:
        return batch_jobs.loop_hst_suspensions(stores=self.database.stores, now=self.now)

    def queue(self) -> JobResult:
        return address_check.query_hst_addresses(stores=self.database.stores, now=self.now)

    def ask_datahive(self) -> JobResult:
        return address_check.query_datahive(stores=self.database.stores, datahive=self.hive, now=self.now)

    def send_to_mha(self) -> JobResult:
        return mha_exchange.send_mha_requests(
            stores=self.database.stores, exchange=self.exchange, now=self.now
        )

    def receive_from_mha(self) -> JobResult:
        return mha_exchange.receive_mha_responses(
            stores=self.database.stores, exchange=self.exchange, alerts=self, now=self.now
        )

    def report(self, store: FolderStore | None = None) -> JobResult:
        return reporting.generate_hst_reports(
            stores=self.database.stores, store=store or self.store, post=self, alerts=self, now=self.now
        )

    def apply(self, id_no: str, id_type: str = "N") -> list[str]:
        listed = evolve(application(id_no), id_type=id_type)
        decision = service.apply(listed, officer=OFFICER, stores=self.database.stores, now=self.now)
        assert isinstance(decision, Decision)
        return [each.key for each in decision.answers]

    def sheet(self, name: str) -> list[tuple[Any, ...]]:
        """Read a workbook back, without its titles."""
        content = self.store.read(f"hst/{name}")
        assert content
        return list(load_workbook(BytesIO(content)).worksheets[0].iter_rows(min_row=2, values_only=True))

    def tables(self) -> Tables:
        """Look at everything the list, its jobs and its officers write."""
        rows = self.database.rows
        return {
            "list": keyed(rows(t.ocms_hst, "id_no", "name", "street_name", "date_of_addr_change")),
            "records": keyed(
                rows(
                    t.ocms_suspended_notice,
                    *("notice_no", "sr_no", "date_of_suspension", "due_date_of_revival"),
                    *("officer_authorising_suspension", "date_of_revival", "revival_reason"),
                    *("officer_authorising_revival", "revival_remarks"),
                ),
                keys=2,
            ),
            "notices": keyed(
                rows(
                    t.ocms_valid_offence_notice,
                    *("notice_no", "last_processing_stage", "suspension_type", "epr_reason_of_suspension"),
                    *("epr_date_of_suspension", "due_date_of_revival", "next_processing_date"),
                )
            ),
            "queue": keyed(
                rows(
                    t.ocms_adhoc_nro_queue,
                    "id_no",
                    "query_reason",
                    "sent_to_mha_date",
                    "sent_to_datahive_date",
                )
            ),
            "answers": keyed(
                rows(
                    t.ocms_temp_unc_hst_addr,
                    *("id_no", "source", "street_name", "invalid_addr_tag", "response_date_time"),
                    *("processing_date_time", "report_generated"),
                )
            ),
            "people": keyed(
                rows(
                    t.ocms_offence_notice_owner_driver,
                    *("notice_no", "owner_driver_indicator", "id_no", "name", "offender_indicator"),
                ),
                keys=2,
            ),
            "addresses": keyed(
                rows(
                    t.ocms_offence_notice_owner_driver_addr,
                    *("notice_no", "type_of_address", "street_name", "effective_date", "invalid_addr_tag"),
                )
            ),
        }


def keyed(rows: Sequence[tuple[Any, ...]], keys: int = 1) -> dict[Any, tuple[Any, ...]]:
    return {row[0] if keys == 1 else row[:keys]: row[keys:] for row in rows}


def moment(text: str) -> datetime:
    """Read a moment as the tables keep it."""
    return local(at(text))


def held(since: datetime, officer: str) -> tuple[Any, ...]:
    """Give an open record: thirty days from its moment."""
    return (since, since + timedelta(days=30), officer, None, None, None, None)


def over(
    record: tuple[Any, ...], when: datetime, reason: str, officer: str, remarks: str | None = None
) -> Any:
    """Give a record as it is closed."""
    return (*record[:3], when, reason, officer, remarks)


def shows(row: tuple[Any, ...], since: datetime) -> tuple[Any, ...]:
    """Give a notice row as it shows TS-HST from a moment on."""
    return (row[0], "TS", "HST", since, since + timedelta(days=30), row[5])


def free(row: tuple[Any, ...], when: datetime) -> tuple[Any, ...]:
    """Give a notice row as it goes on in two days."""
    return (row[0], None, None, None, None, when + timedelta(days=2))


@pytest.fixture
def play(
    databases: Databases,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Play]:
    database = hst_database(databases)
    store = FolderStore(tmp_path / "reports", SignedLinks(b"key", "http://here"))
    signer, moved = authority(tmp_path_factory.mktemp("tls")), dict[str, RegistryEntry]()
    clock: list[Play] = []
    simulator = DataHiveSimulator(signer.issue("datahive"), "token", now=lambda: clock[0].now)
    hive = HttpDataHive(
        simulator.url, "token", ca=str(signer.file), pause=lambda _: None, now=lambda: clock[0].now
    )
    for register in (datahive_simulator, mha_simulator):
        monkeypatch.setattr(
            register, "registry_entry", lambda id_no: moved.get(id_no) or registry_entry(id_no)
        )
    with mha_server(tmp_path / "mha") as exchange, simulator.running():
        clock.append(Play(database, exchange, tmp_path / "mha", store, simulator, hive, moved))
        yield clock[0]
    database.engine.dispose()


@pytest.mark.rule("H30", "H31", "H32", "H33", "H34", "H35", "H36", "F20")
def test_a_month_of_the_list(play: Play) -> None:
    """After each step the database holds what it held before, and what the step is to change."""
    database = play.database
    database.notices(["A", "B"], id_no=GONE)
    database.notices(["C"], id_no=GONE, last_processing_stage="WAR")
    database.notices(["E"], id_no=STRANGER, last_processing_stage="RD1")
    database.notices(["P"], id_no=ABROAD)
    expected = play.tables()
    assert {name for name, rows in expected.items() if rows} == {"notices", "people"}
    for step in (
        listing,
        a_new_notice,
        a_furnished_notice,
        a_payment,
        the_check_by_file_and_by_call,
        the_workbooks_without_a_mail_server,
        the_loop,
        a_late_answer,
        the_owner_is_found,
        the_officer_corrects_the_list,
        the_loop_ends,
        the_officer_revives,
    ):
        step(play, expected)


def as_expected(play: Play, expected: Tables, step: str = "") -> None:
    found = play.tables()
    for name, rows in expected.items():
        assert found[name] == rows, f"{name} {step}"


def listing(play: Play, expected: Tables) -> None:
    """14 January: an officer lists two identities; the court's notice is left alone."""
    assert play.apply(GONE) == ["A", "B"]
    assert play.apply(ABROAD, "P") == ["P"]
    now = local(play.now)
    for id_no in (GONE, ABROAD):
        expected["list"][id_no] = ("John Tan", "Example Street", None)
    for notice_no in "ABP":
        expected["records"][notice_no, 1] = held(now, OFFICER)
        expected["notices"][notice_no] = shows(expected["notices"][notice_no], now)
    as_expected(play, expected)


def a_new_notice(play: Play, expected: Tables) -> None:
    """16 January, 03:00: a notice that came in the day before is suspended."""
    play.now = at("2025-01-16T03:00:00")
    play.database.notices(["D"], id_no=GONE, last_processing_stage="NPA")
    assert play.suspend_new() == JobResult(1)
    expected["people"]["D", "O"] = (GONE, "John Tan", "Y")
    expected["notices"]["D"] = (
        "NPA",
        "TS",
        "HST",
        local(play.now),
        moment("2025-02-15T03:00:00"),
        OFFENCE_AT,
    )
    expected["records"]["D", 1] = held(local(play.now), JOB)
    as_expected(play, expected)


def a_furnished_notice(play: Play, expected: Tables) -> None:
    """18 January: a stranger's notice is furnished to the listed identity, and suspended by that."""
    play.now = at("2025-01-18T10:00:00")
    driver = FurnishRequest("E", "D", Person("N", GONE, "John Tan"), None, FurnishDetail())
    stores = SqlOffenderStores(play.database.engine)
    outcome = offenders.furnish(driver, OFFICER, stores=stores, delivery=Undelivered(), now=play.now)
    assert isinstance(outcome, ActionOutcome)
    now = local(play.now)
    expected["people"]["E", "O"] = (STRANGER, "John Tan", "N")
    expected["people"]["E", "D"] = (GONE, "John Tan", "Y")
    expected["records"]["E", 1] = held(now, OFFICER)
    expected["notices"]["E"] = shows(("DN1", None, None, None, None, moment("2025-01-19T00:00:00")), now)
    as_expected(play, expected)


def a_payment(play: Play, expected: Tables) -> None:
    """20 January: one notice is paid; it stays in the list's count until the revival."""
    paid = {"suspension_type": "PS", "payment_status": "FP", "crs_reason_of_suspension": "FP"}
    with play.database.engine.begin() as connection:
        von = t.ocms_valid_offence_notice
        connection.execute(update(von).where(von.c.notice_no == "B").values(paid))
    expected["notices"]["B"] = (expected["notices"]["B"][0], "PS", *expected["notices"]["B"][2:])
    as_expected(play, expected)
    rows = service.show_list(HstListQuery(), stores=play.database.stores).rows
    assert {row.identity.id_no: (row.notices, row.last_check) for row in rows} == {
        GONE: (4, None),
        ABROAD: (1, None),
    }


def the_check_by_file_and_by_call(play: Play, expected: Tables) -> None:
    """1 February: everybody is queued; MHA is asked by file, DataHive by call; MHA's is the later answer."""
    play.now = at("2025-02-01T00:00:00")
    assert play.queue() == JobResult(2)
    assert play.queue() == JobResult(0)
    expected["queue"] = {GONE: ("HST", None, None), ABROAD: ("HST", None, None)}
    as_expected(play, expected, "queued")

    play.now = to_mha = at("2025-02-01T00:30:00")
    assert play.send_to_mha() == JobResult(1)
    assert play.send_to_mha() == JobResult(0)
    expected["queue"][GONE] = ("HST", local(to_mha), None)
    as_expected(play, expected, "sent to MHA")

    play.now = to_hive = at("2025-02-01T00:45:00")
    assert play.ask_datahive() == JobResult(2)
    assert play.ask_datahive() == JobResult(0)
    (body,) = play.datahive.bodies
    assert {each["idNo"]: each["idType"] for each in json.loads(body)["identities"]} == {
        GONE: "N",
        ABROAD: "P",
    }
    expected["queue"] = {
        GONE: ("HST", local(to_mha), local(to_hive)),
        ABROAD: ("HST", None, local(to_hive)),
    }
    for id_no in (GONE, ABROAD):
        street, tag = registry_entry(id_no).address.street_name, registry_entry(id_no).invalid_tag
        expected["answers"][id_no] = ("DATAHIVE", street, tag, local(to_hive), local(to_hive), "N")
    as_expected(play, expected, "asked DataHive")

    answered = at("2025-02-01T01:00:00")
    assert answer_requests(play.mha_folder, answered) == 1
    play.now = at("2025-02-01T01:30:00")
    assert play.receive_from_mha() == JobResult(1)
    assert play.receive_from_mha() == JobResult(0)
    street = registry_entry(GONE).address.street_name
    expected["answers"][GONE] = ("MHA", street, "G", local(answered), local(play.now), "N")
    as_expected(play, expected, "received from MHA")


def figures(*counts: int) -> list[tuple[str, int]]:
    titles = (
        "Total HST IDs",
        "HST IDs Checked This Month",
        "Addresses Changed",
        "Addresses Marked Invalid",
        "Addresses Now Valid",
        "Total Active TS-HST Suspensions",
        "New TS-HST Suspensions This Month",
        "TS-HST Reapplied (Looping)",
        "Total Notices Under TS-HST",
        "HST IDs Eligible for Revival",
        "HST IDs Still Suspended",
    )
    return list(zip(titles, counts, strict=True))


def reported(play: Play, expected: Tables) -> None:
    """Every answer is marked, and whom every system has been asked about leaves the queue."""
    expected["answers"] = {id_no: (*row[:-1], "Y") for id_no, row in expected["answers"].items()}
    expected["queue"] = {}
    as_expected(play, expected, "reported")
    assert play.report() == JobResult(0)


def the_workbooks_without_a_mail_server(play: Play, expected: Tables) -> None:
    """1 February, 02:30: the workbooks; the mail server is down, which holds nothing up."""
    play.now = at("2025-02-01T02:30:00")
    play.post_works = False
    assert play.report() == JobResult(2)
    assert (play.alerts, play.mailed) == (["OCMS-5002"], [])
    play.post_works = True
    stored = sorted(path.name for path in (play.store.folder / "hst").iterdir())
    assert stored == [DATA.format("202502"), ITEMS.format("202502")]
    assert play.sheet(ITEMS.format("202502")) == figures(2, 2, 2, 1, 1, 5, 0, 0, 5, 1, 2)
    old = one_line(ADDRESS)
    assert play.sheet(DATA.format("202502")) == [
        (
            1,
            ABROAD,
            "John Tan",
            old,
            one_line(registry_entry(ABROAD).address),
            "Yes",
            "No",
            moment("2025-02-01T00:45:00"),
        ),
        (
            2,
            GONE,
            "John Tan",
            old,
            one_line(registry_entry(GONE).address),
            "Yes",
            "Yes",
            moment("2025-02-01T01:00:00"),
        ),
    ]
    reported(play, expected)


def renews(play: Play, expected: Tables, notice_no: str) -> None:
    now, row = local(play.now), expected["notices"][notice_no]
    expected["records"][notice_no, 1] = over(expected["records"][notice_no, 1], now, "SPO", JOB)
    expected["records"][notice_no, 2] = held(now, JOB)
    expected["notices"][notice_no] = shows(row, now)


def ends(play: Play, expected: Tables, notice_no: str, sr_no: int) -> None:
    now, row = local(play.now), expected["notices"][notice_no]
    expected["records"][notice_no, sr_no] = over(expected["records"][notice_no, sr_no], now, "SPO", JOB)
    expected["notices"][notice_no] = free(row, now)


def the_loop(play: Play, expected: Tables) -> None:
    """
    February, 02:00: what falls due goes round; the paid notice is skipped.

    The loop of the notice whose owner DataHive has found is over, and the job at 03:00 leaves it free.
    """
    play.now = at("2025-02-12T02:00:00")
    assert play.loop() == JobResult(0)
    as_expected(play, expected)
    play.now = at("2025-02-13T02:00:00")
    assert play.loop() == JobResult(2)
    renews(play, expected, "A")
    ends(play, expected, "P", 1)
    as_expected(play, expected)
    play.now = at("2025-02-13T03:00:00")
    assert play.suspend_new() == JobResult(0)
    as_expected(play, expected)
    for day, notice_no in (("2025-02-15T02:00:00", "D"), ("2025-02-17T02:00:00", "E")):
        play.now = at(day)
        assert play.loop() == JobResult(1)
        renews(play, expected, notice_no)
        as_expected(play, expected)


def a_late_answer(play: Play, expected: Tables) -> None:
    """20 February: MHA answers once more, and the month's workbooks are written anew, with what is new."""
    play.now = at("2025-02-18T03:00:00")
    play.database.notices(["F"], id_no=GONE, last_processing_stage="ENA")
    assert play.suspend_new() == JobResult(1)
    expected["people"]["F", "O"] = (GONE, "John Tan", "Y")
    expected["records"]["F", 1] = held(local(play.now), JOB)
    expected["notices"]["F"] = shows(("ENA", None, None, None, None, OFFENCE_AT), local(play.now))
    as_expected(play, expected)

    answered = at("2025-02-19T23:00:00")
    name = f"NRO2URA_{mha_file.format_moment(answered)}"
    totals, _ = mha_file.control_names(name)
    folder = play.mha_folder / RESPONSES
    (folder / name).write_bytes(mha_file.encode_response([mha_simulator.record(GONE, answered)]))
    (folder / totals).write_bytes(mha_file.encode_totals(mha_file.Totals(1, 1, 0, 0)))
    play.now = at("2025-02-20T01:30:00")
    assert play.receive_from_mha() == JobResult(1)
    street = registry_entry(GONE).address.street_name
    expected["answers"][GONE] = ("MHA", street, "G", local(answered), local(play.now), "N")
    as_expected(play, expected)

    play.now = at("2025-02-20T02:30:00")
    assert play.report() == JobResult(1)
    assert play.mailed == [[DATA.format("202502"), ITEMS.format("202502")]]
    assert play.sheet(ITEMS.format("202502")) == figures(2, 2, 2, 1, 1, 5, 1, 3, 5, 1, 1)
    assert [row[1] for row in play.sheet(DATA.format("202502"))] == [ABROAD, GONE]
    reported(play, expected)


def the_owner_is_found(play: Play, expected: Tables) -> None:
    """1 March: this time both registers know the owner's new address; MHA answers a day later."""
    play.moved[GONE] = RegistryEntry("JOHN TAN", NEW_ADDRESS)
    february = play.sheet(DATA.format("202502"))
    play.now = at("2025-03-01T00:00:00")
    assert play.queue() == JobResult(2)
    play.now = to_mha = at("2025-03-01T00:30:00")
    assert play.send_to_mha() == JobResult(1)
    play.now = to_hive = at("2025-03-01T00:45:00")
    assert play.ask_datahive() == JobResult(2)
    expected["queue"] = {
        GONE: ("HST", local(to_mha), local(to_hive)),
        ABROAD: ("HST", None, local(to_hive)),
    }
    street = registry_entry(ABROAD).address.street_name
    expected["answers"] = {
        GONE: ("DATAHIVE", "New Street", "", local(to_hive), local(to_hive), "N"),
        ABROAD: ("DATAHIVE", street, "", local(to_hive), local(to_hive), "N"),
    }
    as_expected(play, expected)
    play.now = at("2025-03-01T02:30:00")
    assert play.report() == JobResult(2)
    reported(play, expected)

    answered = at("2025-03-01T20:00:00")
    assert answer_requests(play.mha_folder, answered) == 1
    play.now = at("2025-03-02T01:30:00")
    assert play.receive_from_mha() == JobResult(1)
    expected["answers"][GONE] = ("MHA", "New Street", "", local(answered), local(play.now), "N")
    as_expected(play, expected)
    play.now = at("2025-03-02T02:30:00")
    assert play.report() == JobResult(1)
    assert play.mailed[1:] == 2 * [[DATA.format("202503"), ITEMS.format("202503")]]
    assert play.sheet(ITEMS.format("202503")) == figures(2, 2, 2, 0, 2, 5, 0, 0, 5, 2, 1)
    found = play.sheet(DATA.format("202503"))[1]
    assert found[4:] == (one_line(NEW_ADDRESS), "Yes", "No", local(answered))
    assert play.sheet(DATA.format("202502")) == february
    reported(play, expected)


def the_officer_corrects_the_list(play: Play, expected: Tables) -> None:
    """3 March: an officer gives the list what was found; every notice follows, nothing is lifted."""
    play.now = at("2025-03-03T10:00:00")
    change = HstUpdate(GONE, "Found", NEW_ADDRESS)
    decision = service.update(change, stores=play.database.stores, now=play.now)
    assert isinstance(decision, Decision)
    assert [each.key for each in decision.answers] == list("ABCDEF")
    expected["list"][GONE] = ("Found", "New Street", local(play.now))
    for notice_no in "ABCDEF":
        role = "D" if notice_no == "E" else "O"
        expected["people"][notice_no, role] = (GONE, "Found", "Y")
        expected["addresses"][notice_no] = ("furnished_mail", "New Street", local(play.now), None)
    as_expected(play, expected)


def the_loop_ends(play: Play, expected: Tables) -> None:
    """15 March: the answer still counts, although the list has its address by now."""
    play.now = at("2025-03-15T02:00:00")
    assert play.loop() == JobResult(1)
    ends(play, expected, "A", 2)
    as_expected(play, expected)
    play.now = at("2025-03-15T03:00:00")
    assert play.suspend_new() == JobResult(0)
    as_expected(play, expected)


def the_officer_revives(play: Play, expected: Tables) -> None:
    """16 March: an officer revives; everything goes on, the paid notice stays paid."""
    play.now = at("2025-03-16T10:00:00")
    play.queue()  # by hand in the middle of the month: who has answered is not queued
    as_expected(play, expected)
    remarks = "New address confirmed valid: Offender contacted"
    revived = service.revive(
        HstRevival(GONE, remarks), officer=OFFICER, stores=play.database.stores, now=play.now
    )
    assert isinstance(revived, Decision)
    assert {each.key: each.detail for each in revived.answers} == {
        "B": "PS-FP",
        "D": "ACTIVE",
        "E": "ACTIVE",
        "F": "ACTIVE",
    }
    now = local(play.now)
    for notice_no, sr_no in (("B", 1), ("D", 2), ("E", 2), ("F", 1)):
        record = expected["records"][notice_no, sr_no]
        expected["records"][notice_no, sr_no] = over(record, now, "HAV", OFFICER, remarks)
    for notice_no in "DEF":
        expected["notices"][notice_no] = free(expected["notices"][notice_no], now)
    del expected["list"][GONE]
    as_expected(play, expected)
    assert play.suspend_new() == play.loop() == JobResult(0)
    as_expected(play, expected)


@pytest.mark.rule("H31")
def test_a_valid_new_address_ends_the_loop(play: Play) -> None:
    play.database.notices(["A"], id_no=GONE, last_processing_stage="RD1")
    play.apply(GONE)
    play.moved[GONE] = RegistryEntry("JOHN TAN", NEW_ADDRESS)
    play.queue()
    play.ask_datahive()
    play.now = at("2025-02-13T02:00:00")
    assert play.loop() == JobResult(1)
    assert play.database.held() == []
    assert play.database.listed() == [GONE]


@pytest.mark.rule("H34")
def test_identities_datahive_fails_for_stay_queued_and_the_next_batch_goes_on(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_check, "BATCH", 2)
    ids = [f"S000000{number}B" for number in range(5)]
    for id_no in ids:
        play.apply(id_no)
    play.queue()
    # The first batch is answered, the second fails as often as it is tried.
    play.datahive.faults.extend([InjectedFault(), *4 * [InjectedFault(status=500)]])
    assert play.ask_datahive() == JobResult(3, 2)
    with play.database.stores.reading() as reader:
        left = reader.queued_identities("DATAHIVE", ["N"], "", 10)
    assert list(left) == [ids[2], ids[3]]
    assert play.ask_datahive() == JobResult(2)


@pytest.mark.rule("H36", "H41")
def test_an_answer_given_while_the_run_lasts_keeps_its_own_time(play: Play) -> None:
    """The run begins, DataHive answers a minute later, and another answer bears a day that is to come."""
    for id_no in (GONE, ABROAD):
        play.apply(id_no)
    play.queue()
    startup, answered = play.now, play.now + timedelta(minutes=1)

    def answering(request: httpx.Request) -> httpx.Response:
        given = datahive_answer(json.loads(request.content), answered)
        given["answers"][0]["answeredAt"] = "9999-12-31T23:59:59+08:00"
        return httpx.Response(200, json=given)

    received = answered + timedelta(seconds=1)
    hive = HttpDataHive(
        "https://datahive", "token", transport=httpx.MockTransport(answering), now=lambda: received
    )
    address_check.query_datahive(stores=play.database.stores, datahive=hive, now=startup)
    at_whose_time = dict(play.database.rows(t.ocms_temp_unc_hst_addr, "id_no", "response_date_time"))
    first, second = sorted([GONE, ABROAD])
    assert at_whose_time == {first: local(received), second: local(answered)}


@pytest.mark.rule("H34")
def test_whose_answer_cannot_be_read_stays_queued_and_nobody_else_does(play: Play) -> None:
    ids = [f"S000000{number}B" for number in range(3)]
    for id_no in ids:
        play.apply(id_no)
    play.queue()

    def answering(request: httpx.Request) -> httpx.Response:
        given = datahive_answer(json.loads(request.content), play.now)
        given["answers"][1]["address"]["streetName"] = "\ud800"
        del given["answers"][2]  # of this one DataHive knows nothing, which is an answer too
        return httpx.Response(200, content=json.dumps(given))

    hive = HttpDataHive("https://datahive", "token", transport=httpx.MockTransport(answering))
    stores = play.database.stores
    assert address_check.query_datahive(stores=stores, datahive=hive, now=play.now) == JobResult(2, 1)
    assert play.database.rows(t.ocms_temp_unc_hst_addr, "id_no") == [(ids[0],)]
    with stores.reading() as reader:
        assert list(reader.queued_identities("DATAHIVE", ["N"], "", 10)) == [ids[1]]


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
    play.apply(GONE)
    play.queue()
    play.ask_datahive()
    assert play.report(kind(play.store.folder, play.store.links)) == JobResult(1)
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
    play.apply(GONE)
    play.queue()
    play.ask_datahive()
    play.send_to_mha()
    assert play.report(kind(play.store.folder, play.store.links)) == JobResult(0, 1)
    assert play.alerts == [code]
    assert play.mailed == []
    assert play.database.rows(t.ocms_temp_unc_hst_addr, "report_generated") == [("N",)]
    assert play.database.rows(t.ocms_adhoc_nro_queue, "id_no") == [(GONE,)]
    assert play.report() == JobResult(1)
    assert play.database.rows(t.ocms_adhoc_nro_queue, "id_no") == []

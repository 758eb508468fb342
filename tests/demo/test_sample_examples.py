"""The sample data has the notices the contract's examples name, in the states the examples show."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

import pytest
from sqlalchemy import Table

from ocms_adapters.encryption import FieldCipher
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.court import SqlCourtStores
from ocms_core.court import service
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.codes import NOTICES_NOT_FOUND
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.stages import BEFORE_COURT
from ocms_demo.sample import load_sample, loading
from ocms_demo.sample.examples import example_notices, example_rows
from ocms_demo.sample.rows import Row, rows_of
from tests.support import engines
from tests.support.builders import at
from tests.support.databases import Databases

VON, ONOD, CHANGED = (
    t.ocms_valid_offence_notice, t.ocms_offence_notice_owner_driver, t.ocms_change_of_processing,
)  # fmt: skip
Tables = dict[Table, list[Row]]

ELEVEN = BEFORE_COURT | {"CPC", "CFC"}
NOW = at("2026-02-10T15:30:00")
CIPHER = FieldCipher({"k1": b"k" * 32})


@pytest.fixture
def stores(databases: Databases) -> Iterator[SqlCourtStores]:
    """Give the court's stores on databases with the examples."""
    intranet, internet = (engines.create(url) for url in (databases.intranet, databases.internet))
    load_sample(intranet, internet, cipher=CIPHER, notices=0, seed=1, now=NOW, progress=lambda *_: None)
    yield SqlCourtStores(intranet)
    intranet.dispose()
    internet.dispose()


@pytest.fixture(scope="module")
def rows() -> Tables:
    return loading.by_table(
        chain(chain.from_iterable(map(rows_of, example_notices())), example_rows(local(NOW)))
    )


def of(rows: list[Row], notice_no: str) -> list[Row]:
    return [row for row in rows if row["notice_no"] == notice_no]


def current(rows: list[Row]) -> Iterator[Row]:
    return (row for row in rows if row["offender_indicator"] == "Y")


@pytest.mark.rule("P10", "P12", "P24", "P31")
def test_the_examples_of_contract_1_are_answered(stores: SqlCourtStores) -> None:
    (status,) = service.get_payment_status(["1234567890", "9999999999"], stores=stores)
    assert (status.payment_status, status.amount_payable, status.amount_paid) == (
        "PP",
        Decimal("150.00"),
        Decimal("0.00"),
    )
    assert (status.payment_acceptance_allowed, status.suspension_type) == ("Y", "PS")
    assert (status.crs_reason, status.epr_reason) == ("FP", "PS-WWP")

    queried = service.query_notice_info(["1234567890"], stores=stores, now=NOW)
    assert not isinstance(queried, Refusal)
    plus = queried.answers[0].detail
    assert plus is not None
    assert (plus.payment_due_date, plus.payment_acceptance_allowed) == (at("2025-02-14T00:00:00"), "N")
    refused = service.query_notice_info(["9999999999"], stores=stores, now=NOW)
    assert isinstance(refused, Refusal)
    assert refused.code == NOTICES_NOT_FOUND

    update = CourtUpdate("1234567890", "PS", "WWP", "WAR")
    decision = service.update_court_notices([update], stores=stores, now=NOW)
    assert not isinstance(decision, Refusal)
    updated = decision.answers[0].detail
    assert updated is not None
    assert (updated.amount_payable, updated.payment_acceptance_allowed) == (Decimal("150.00"), "Y")
    assert updated.payment_due_date == at("2025-02-14T00:00:00")
    with stores.reading() as reader:
        assert reader.court_notices(["1234567890"])["1234567890"].stage == "WAR"


def test_the_notices_of_contract_2_are_as_its_examples_need_them(rows: Tables) -> None:
    notices = {row["notice_no"]: row for row in rows[VON]}
    shown = {number: next(current(of(rows[ONOD], number))) for number in ("N-001", "N-002")}
    assert [(row["name"], row["id_no"], row["owner_driver_indicator"]) for row in shown.values()] == [
        ("John Doe", "S1234567A", "D"),
        ("Jane Smith", "S9876543B", "D"),
    ]
    first, second, third = (notices[number] for number in ("N-001", "N-002", "N-003"))
    assert (first["vehicle_no"], first["offence_type"], first["suspension_type"]) == ("SBA1234A", "SP", None)
    assert first["notice_date_and_time"] == local(at("2025-12-01T10:30:00"))
    assert first["last_processing_stage"] == "DN1"
    assert first["last_processing_date"] == local(at("2025-12-15T09:00:00"))
    assert (second["vehicle_no"], second["last_processing_stage"]) == ("SBA5678B", "CRT")
    assert second["last_processing_date"] == local(at("2025-12-18T14:00:00"))
    # What Toppan's example needs: one moved by hand, two due.
    assert [row["new_processing_stage"] for row in of(rows[CHANGED], "N-001")] == ["DN1"]
    assert second["next_processing_stage"] == third["next_processing_stage"] == "DN1"
    # The search example finds exactly these two by the identity of their owner.
    by_owner = {row["notice_no"] for row in rows[ONOD] if row["id_no"] == "S0000001Y"}
    assert by_owner == {"N-001", "N-002"}
    january = [row for row in rows[CHANGED] if row["date_of_change"].strftime("%Y-%m") == "2025-01"]
    reports = {
        day: [row["authorised_officer"] for row in january if row["date_of_change"].day == day]
        for day in (10, 15)
    }
    assert {day: (sorted(set(officers)), len(officers)) for day, officers in reports.items()} == {
        15: (["USER01", "USER02"], 25),
        10: (["USER03"], 10),
    }
    assert len(january) == 35


def test_the_notices_of_contracts_3_and_4_are_as_their_examples_need_them(
    rows: Tables,
) -> None:
    notices = {row["notice_no"]: row for row in rows[VON]}
    (owner,) = of(rows[ONOD], "500500303J")
    assert (notices["500500303J"]["vehicle_no"], notices["500500303J"]["last_processing_stage"]) == (
        "SNC7392R",
        "RD1",
    )
    assert (owner["owner_driver_indicator"], owner["id_no"], owner["name"]) == (
        "O",
        "S9876543B",
        "VEHICLE OWNER PTE LTD",
    )
    assert (owner["email_addr"], owner["offender_tel_no"]) == ("owner@company.com", "61234567")

    of_tan = [row["notice_no"] for row in current(rows[ONOD]) if row["id_no"] == "S1234567A"]
    assert len(of_tan) == 5
    to_suspend = {
        number
        for number in of_tan
        if notices[number]["last_processing_stage"] in ELEVEN and notices[number]["suspension_type"] != "PS"
    }
    assert to_suspend == {"500500001A", "500500002B", "N-001"}
    assert t.ocms_hst not in rows
    addresses = [row for row in rows[t.ocms_offence_notice_owner_driver_addr] if row["notice_no"] in of_tan]
    newest = max(addresses, key=lambda row: (row["effective_date"], row["processing_date_time"]))
    assert {name: newest[name] for name in ("postal_code", "blk_hse_no", "street_name", "bldg_name")} == {
        "postal_code": "123456",
        "blk_hse_no": "123",
        "street_name": "Example Street",
        "bldg_name": "Example Building",
    }

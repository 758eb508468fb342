"""What the calls of contract 4 write to suspensions and notices, over HTTP, row by row."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.dates import local
from tests.spec.http.hst.conftest import HstClient
from tests.spec.http.hst.test_contract import APPLY, REVIVE, UPDATE
from tests.spec.http.offenders.conftest import BASE
from tests.support.hst_rows import HstDatabase
from tests.support.http_server import now
from tests.support.offender_builders import FURNISH, REDIRECT

OFFICER = "OIC.TAN"
SINCE = datetime.fromisoformat("2024-12-20T10:00:00")
LATER = datetime.fromisoformat("2049-03-01T00:00:00")


def record(number: str, kind: str = "TS", reason: str = "UNC", sr_no: int = 1) -> dict[str, Any]:
    """Return the columns of an open suspension record."""
    return {
        "notice_no": number,
        "date_of_suspension": SINCE,
        "sr_no": sr_no,
        "suspension_source": "OCMS",
        "suspension_type": kind,
        "reason_of_suspension": reason,
        "officer_authorising_suspension": "OFFICER1",
        "due_date_of_revival": LATER,
    }


def last_record(database: HstDatabase, number: str) -> dict[str, Any]:
    """Return the columns of the youngest suspension record of a notice."""
    table = t.ocms_suspended_notice
    with database.engine.connect() as connection:
        chosen = select(table).where(table.c.notice_no == number).order_by(table.c.sr_no)
        return dict(connection.execute(chosen).mappings().all()[-1])


def called(hst_client: HstClient, path: str, body: object) -> Any:
    answer = hst_client.post(path, body, headers=hst_client.token(name=OFFICER))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("H4", "H5", "H20")
def test_apply_suspends_what_is_neither_in_court_nor_suspended_for_good(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(["N1"])
    database.notices(["N2"], suspension_type="PS", epr_reason_of_suspension="WWP")
    database.notices(["N3"], last_processing_stage="CRT")
    database.notices(["N4"], suspension_type="TS", epr_reason_of_suspension="UNC", due_date_of_revival=LATER)
    database.put(t.ocms_suspended_notice, [record("N4")])
    began = local(now())
    data = called(hst_client, "/v1/apply-hst", APPLY)["data"]
    assert [each["noticeNo"] for each in data["noticesSuspended"]] == ["N1", "N4"]
    assert data["totalSuspended"] == 2
    for number, sr_no in (("N1", 1), ("N4", 2)):
        written = last_record(database, number)
        assert (written["sr_no"], written["suspension_source"], written["suspension_type"]) == (
            *(sr_no, "OCMS", "TS"),
        )
        assert (written["reason_of_suspension"], written["officer_authorising_suspension"]) == (
            "HST",
            OFFICER,
        )
        assert written["suspension_remarks"] == "HST Suspension - Address invalid"
        assert written["due_date_of_revival"] - written["date_of_suspension"] == timedelta(days=30)
        assert written["date_of_suspension"] >= began
    assert database.shown()["N1"][:2] == ("TS", "HST")
    assert database.shown()["N4"][:2] == ("TS", "UNC")


@pytest.mark.rule("H6", "G10", "F62")
def test_a_name_that_its_copy_cannot_hold_is_refused_and_the_longest_is_copied(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(["N1"])
    rare = "\U00020bb7"  # a letter of names beyond the basic plane, which columns count as two
    for path, body in (("/v1/apply-hst", APPLY), ("/v1/update-hst/S1234567A", UPDATE)):
        refused = hst_client.post(path, {**body, "name": rare * 34})
        assert (refused.status_code, refused.json()["data"]["message"]) == (400, "name is invalid")
        assert called(hst_client, path, {**body, "name": rare * 33})
    deliver = {"noticeNo": "N1", "offenderType": "OWNER", "remarks": "called"}
    updated = hst_client.post(f"{BASE}/offender/update", deliver)
    assert updated.status_code == 200, updated.text


@pytest.mark.rule("H7", "U1")
def test_revive_closes_with_reason_and_remarks_and_shows_what_is_left(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(["N1", "N2"])
    database.notices(["N3"], suspension_type="TS", epr_reason_of_suspension="UNC", due_date_of_revival=LATER)
    database.put(t.ocms_suspended_notice, [record("N3")])
    called(hst_client, "/v1/apply-hst", APPLY)
    began = local(now())
    data = called(hst_client, "/v1/revive-hst", REVIVE)["data"]
    assert [(each["noticeNo"], each["newStatus"]) for each in data["noticesRevived"]] == [
        *(("N1", "ACTIVE"), ("N2", "ACTIVE"), ("N3", "TS-UNC")),
    ]
    for number in ("N1", "N2", "N3"):
        closed = last_record(database, number)
        assert closed["date_of_revival"] >= began
        assert (closed["revival_reason"], closed["officer_authorising_revival"]) == ("HAV", OFFICER)
        assert closed["revival_remarks"] == "New address confirmed valid: Offender contacted successfully"
    shown = database.shown()
    assert shown["N1"][:2] == shown["N2"][:2] == (None, None)
    assert shown["N1"][4] - last_record(database, "N1")["date_of_revival"] == timedelta(days=2)
    assert shown["N3"][:2] == ("TS", "UNC")


@pytest.mark.rule("H10", "H20", "F20")
def test_a_furnish_of_somebody_listed_suspends_and_a_redirect_to_somebody_else_lifts(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(["N1"], id_no="S9876543B", last_processing_stage="RD1")
    called(hst_client, "/v1/apply-hst", APPLY)
    called(hst_client, f"{BASE}/offender/furnish", {**FURNISH, "noticeNo": "N1"})
    opened = last_record(database, "N1")
    assert (opened["suspension_type"], opened["reason_of_suspension"], opened["date_of_revival"]) == (
        *("TS", "HST", None),
    )
    assert opened["officer_authorising_suspension"] == OFFICER
    assert opened["due_date_of_revival"] - opened["date_of_suspension"] == timedelta(days=30)
    assert database.shown()["N1"][:2] == ("TS", "HST")
    other = {**REDIRECT, "noticeNo": "N1", "fromOffenderType": "HIRER", "toOffenderType": "DRIVER"}
    called(hst_client, f"{BASE}/offender/redirect", {**other, "idNo": "S7654321C"})
    closed = last_record(database, "N1")
    assert (closed["revival_reason"], closed["officer_authorising_revival"]) == ("RDN", OFFICER)
    assert closed["date_of_revival"] is not None
    assert database.shown()["N1"][:2] == (None, None)


@pytest.mark.rule("H7", "H32")
def test_a_revival_withdraws_the_enquiry_for_the_address_of_its_identity_alone(
    hst_client: HstClient, database: HstDatabase
) -> None:
    called(hst_client, "/v1/apply-hst", APPLY)
    numbers = ("S1234567A", "S7654321C")
    queued = [{"id_no": number, "query_reason": "HST", "id_type": "N"} for number in numbers]
    database.put(t.ocms_adhoc_nro_queue, queued)
    called(hst_client, "/v1/revive-hst", REVIVE)
    assert database.rows(t.ocms_adhoc_nro_queue, "id_no") == [("S7654321C",)]


@pytest.mark.rule("H10", "U1", "F20")
@pytest.mark.parametrize("recorded", [True, False], ids=["with a record", "on the row alone"])
@pytest.mark.parametrize(
    "id_no, shown", [("S1234567A", ("TS", "HST")), ("S7654321C", (None, None))], ids=["listed", "not listed"]
)
def test_ts_hst_that_holds_already_stays_with_somebody_listed_only(
    hst_client: HstClient,
    database: HstDatabase,
    recorded: bool,  # noqa: FBT001
    id_no: str,
    shown: tuple[str | None, str | None],
) -> None:
    called(hst_client, "/v1/apply-hst", APPLY)
    columns: dict[str, Any] = {"suspension_type": "TS", "epr_reason_of_suspension": "HST"}
    columns |= {"epr_date_of_suspension": SINCE, "due_date_of_revival": LATER}
    database.notices(["N1"], last_processing_stage="RD1", **columns)
    if recorded:
        database.put(t.ocms_suspended_notice, [record("N1", "TS", "HST")])
    called(hst_client, f"{BASE}/offender/furnish", {**FURNISH, "noticeNo": "N1", "idNo": id_no})
    assert database.shown()["N1"][:4] == (*shown, *((SINCE, LATER) if shown[0] else (None, None)))
    records = database.rows(t.ocms_suspended_notice, "sr_no", "revival_reason", "due_date_of_revival")
    assert records == ([(1, None if shown[0] else "RDN", LATER)] if recorded else [])


FIRST, SECOND, THIRD = (datetime.fromisoformat(f"2024-12-{day}T10:00:00") for day in (20, 21, 22))
SOONER, LATEST = datetime.fromisoformat("2049-02-01T00:00:00"), datetime.fromisoformat("2049-04-01T00:00:00")
# An open record: type and reason, since when, until when.
Open = tuple[str, str, datetime, datetime | None]
LEFT: tuple[tuple[str, list[Open], int | None], ...] = (
    ("nothing", [], None),
    ("the one", [("TS", "UNC", FIRST, SOONER)], 0),
    ("the one due last", [("TS", "UNC", FIRST, SOONER), ("TS", "CLV", SECOND, LATEST)], 1),
    ("the one due last, not the newer", [("TS", "UNC", FIRST, LATEST), ("TS", "CLV", SECOND, SOONER)], 0),
    ("the one without an end", [("TS", "UNC", FIRST, None), ("TS", "CLV", SECOND, LATEST)], 0),
    ("the one without an end, though newer", [("TS", "UNC", FIRST, LATEST), ("TS", "CLV", SECOND, None)], 1),
    ("of those due at once the newer", [("TS", "UNC", FIRST, LATEST), ("TS", "CLV", SECOND, LATEST)], 1),
    ("of those due at once the newer one", [("TS", "UNC", THIRD, LATEST), ("TS", "CLV", SECOND, LATEST)], 0),
    ("the permanent one", [("PS", "OTH", FIRST, None), ("TS", "CLV", SECOND, LATEST)], 0),
    ("the newest permanent one", [("PS", "OTH", FIRST, None), ("PS", "WWP", SECOND, None)], 1),
    ("the newest permanent one first", [("PS", "OTH", THIRD, None), ("PS", "WWP", SECOND, None)], 0),
    (
        "of permanent ones of one moment the later",
        [("PS", "OTH", FIRST, None), ("PS", "WWP", FIRST, None)],
        1,
    ),
)


@pytest.mark.rule("U1", "H7", "H5")
@pytest.mark.parametrize("others, shown", [each[1:] for each in LEFT], ids=[each[0] for each in LEFT])
def test_a_notice_shows_one_of_the_suspensions_that_are_left(
    hst_client: HstClient, database: HstDatabase, others: list[Open], shown: int | None
) -> None:
    database.notices(["N1"])
    called(hst_client, "/v1/apply-hst", APPLY)
    for number, (kind, reason, since, due) in enumerate(others, 2):
        columns = {"date_of_suspension": since, "due_date_of_revival": due}
        database.put(t.ocms_suspended_notice, [record("N1", kind, reason, number) | columns])
    called(hst_client, "/v1/revive-hst", REVIVE)
    row = database.shown()["N1"][:4]
    assert row == ((None, None, None, None) if shown is None else others[shown])


@pytest.mark.rule("U1", "H5", "H4")
@pytest.mark.parametrize(
    "row, shown",
    [
        pytest.param(("TS", "UNC", FIRST, LATEST), ("TS", "UNC"), id="due later than TS-HST"),
        pytest.param(("TS", "UNC", FIRST, FIRST), ("TS", "HST"), id="due before TS-HST"),
        pytest.param(("TS", "UNC", FIRST, None), ("TS", "UNC"), id="without an end"),
        pytest.param(("TS", None, FIRST, None), ("TS", "HST"), id="of CAS, without a reason"),
    ],
)
def test_a_suspension_on_the_row_alone_counts_as_one_of_its_type(
    hst_client: HstClient, database: HstDatabase, row: tuple[Any, ...], shown: tuple[str, str]
) -> None:
    columns = ("suspension_type", "epr_reason_of_suspension", "epr_date_of_suspension", "due_date_of_revival")
    database.notices(["N1"], **dict(zip(columns, row, strict=True)))
    called(hst_client, "/v1/apply-hst", APPLY)
    assert database.shown()["N1"][:2] == shown
    assert database.held() == ["N1"]


@pytest.mark.rule("K4", "U1", "H7")
@pytest.mark.parametrize("since", [None, SINCE], ids=["since when unknown", "its row never written"])
def test_a_notice_that_showed_something_else_throughout_shows_it_when_apply_is_taken_back(
    hst_client: HstClient, database: HstDatabase, since: datetime | None
) -> None:
    shown: dict[str, Any] = {"suspension_type": "TS", "epr_reason_of_suspension": "UNC"}
    database.notices(["N1"], **shown, epr_date_of_suspension=since, due_date_of_revival=LATER)
    database.put(t.ocms_suspended_notice, [record("N1")])
    called(hst_client, "/v1/apply-hst", APPLY)
    data = called(hst_client, "/v1/reverse-hst", {"idNo": APPLY["idNo"]})["data"]
    assert data["noticesReversed"] == [{"noticeNo": "N1", "newStatus": "TS-UNC"}]
    assert database.shown()["N1"][:2] == ("TS", "UNC")
    assert database.held() == []


@pytest.mark.rule("H7", "U1", "P21")
def test_a_type_that_cas_left_without_a_reason_is_how_a_notice_stands_once_it_is_revived(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(["N1"])
    called(hst_client, "/v1/apply-hst", APPLY)
    database.notices(["N2"], suspension_type="PS")
    database.put(t.ocms_suspended_notice, [record("N2", "TS", "HST")])
    data = called(hst_client, "/v1/revive-hst", REVIVE)["data"]
    assert [(each["noticeNo"], each["newStatus"]) for each in data["noticesRevived"]] == [
        *(("N1", "ACTIVE"), ("N2", "PS")),
    ]
    assert database.shown()["N2"][:2] == ("PS", None)


@pytest.mark.rule("H4", "U3")
@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"crs_reason_of_suspension": "FP"}, id="paid"),
        pytest.param({"suspension_type": "PS"}, id="permanent on the row alone"),
        *(pytest.param({"last_processing_stage": stage}, id=stage) for stage in ("CRT", "CSD", "WAR")),
    ],
)
def test_what_is_closed_or_in_court_is_not_suspended(
    hst_client: HstClient, database: HstDatabase, columns: dict[str, str]
) -> None:
    database.notices(["N1"], **columns)
    before = database.shown()
    data = called(hst_client, "/v1/apply-hst", APPLY)["data"]
    assert (data["totalSuspended"], data["noticesSuspended"]) == (0, [])
    assert (database.shown(), database.held()) == (before, [])


@pytest.mark.rule("H6")
def test_an_update_writes_name_and_address_to_the_current_offenders_rows(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(["N1"])
    database.notices(["N2"], id_no="S7654321C")
    called(hst_client, "/v1/apply-hst", APPLY)
    before = database.shown()
    address = {"notice_no": "N1", "owner_driver_indicator": "O", "type_of_address": "furnished_mail"}
    tags = {"invalid_addr_tag": "D", "error_code": "E1"}
    database.put(t.ocms_offence_notice_owner_driver_addr, [address | tags | {"street_name": "Old Street"}])
    answer = called(hst_client, "/v1/update-hst/S1234567A", UPDATE)
    assert answer["data"]["noticesUpdated"] == 1
    assert database.rows(t.ocms_offence_notice_owner_driver, "notice_no", "name") == [
        ("N1", "John Tan Updated"),
        ("N2", "John Tan"),
    ]
    parts = ("blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name", "postal_code")
    assert database.rows(t.ocms_offence_notice_owner_driver_addr, *parts, *tags) == [
        ("456", "New Street", "02", "02", "New Building", "654321", None, None)
    ]
    assert database.shown() == before


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    "floor, unit, shown",
    [("01", "02", "#01-02"), ("01", None, "#01"), (None, "02", "#02"), (None, None, None)],
)
def test_an_enquiry_shows_floor_and_unit_as_one(
    hst_client: HstClient, database: HstDatabase, floor: str | None, unit: str | None, shown: str | None
) -> None:
    database.notices(["N1"])
    address = {"notice_no": "N1", "owner_driver_indicator": "O", "type_of_address": "furnished_mail"}
    parts = {"postal_code": "123456", "blk_hse_no": "9", "street_name": "Old Street"}
    rows = [{**address, **parts, "floor_no": floor, "unit_no": unit}]
    database.put(t.ocms_offence_notice_owner_driver_addr, rows)
    found = called(hst_client, "/hstexists", {"idNo": "S1234567A"})["data"]
    assert found["latestAddress"]["floorUnitNo"] == shown


@pytest.mark.rule("H8")
@pytest.mark.parametrize("last, status", [("2025-01-01", 200), ("2024-12-31", 400)])
def test_a_list_may_be_of_one_day_and_of_none_that_ends_before_it_begins(
    hst_client: HstClient, last: str, status: int
) -> None:
    asked = {"filter": {"dateFrom": "2025-01-01", "dateTo": last}}
    answer = hst_client.post("/hstlist", asked)
    assert answer.status_code == status
    whole = hst_client.post("/hstlist", {})
    assert whole.status_code == 200

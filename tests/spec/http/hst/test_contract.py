"""Every request and response contract 4 shows, over the wire from a running `ocms serve`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.access import Role
from ocms_core.kernel.changes import AddressAnswered
from tests.spec.http.hst.conftest import HstClient
from tests.support.builders import at
from tests.support.hst_facts import NOW, answer
from tests.support.hst_rows import HstDatabase

ID = {"idNo": "S1234567A"}
APPLY = {
    "idNo": "S1234567A",
    "idType": "N",
    "name": "John Tan",
    "postalCode": "123456",
    "blkHseNo": "123",
    "streetName": "Example Street",
    "floorNo": "01",
    "unitNo": "01",
    "bldgName": "Example Building",
}
UPDATE = {
    "name": "John Tan Updated",
    "postalCode": "654321",
    "blkHseNo": "456",
    "streetName": "New Street",
    "floorNo": "02",
    "unitNo": "02",
    "bldgName": "New Building",
}
REVIVE = {
    "idNo": "S1234567A",
    "revivalReason": "New address confirmed valid",
    "remarks": "Offender contacted successfully",
}
LIST = {"$skip": 0, "$limit": 10, "filter": {"idNo": "", "dateFrom": "2025-01-01", "dateTo": "2026-01-07"}}
NOTICES = ["500500001A", "500500002B"]


def said(hst_client: HstClient, path: str, body: object, **headers: Any) -> tuple[int, Any]:
    response = hst_client.post(path, body, **headers)
    return response.status_code, response.json()


@contextmanager
def changed(database: HstDatabase, change: str, back: str) -> Iterator[None]:
    """Change the schema until the block ends."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql(change)
    try:
        yield
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(back)


# How each database comes to refuse a suspension, and how it comes round again.
REFUSING = {
    "sqlite": (
        "CREATE TRIGGER no_more BEFORE INSERT ON ocms_suspended_notice BEGIN SELECT RAISE(ABORT, ''); END",
        "DROP TRIGGER no_more",
    ),
    "postgresql": (
        "ALTER TABLE ocms_suspended_notice ADD CONSTRAINT no_more CHECK (sr_no > 1)",
        "ALTER TABLE ocms_suspended_notice DROP CONSTRAINT no_more",
    ),
}


def error(code: str, message: str) -> dict[str, Any]:
    return {"data": {"appCode": code, "message": message}}


@pytest.mark.rule("G1", "G3", "H2")
def test_exists_for_an_identity_that_is_not_listed(hst_client: HstClient, database: HstDatabase) -> None:
    database.notices(f"N{number}" for number in range(5))
    address = {
        "notice_no": "N1",
        "owner_driver_indicator": "O",
        "type_of_address": "lta_reg",
        "postal_code": "123456",
        "blk_hse_no": "123",
        "street_name": "Example Street",
        "floor_no": "01",
        "unit_no": "01",
        "bldg_name": "Example Building",
    }
    database.put(t.ocms_offence_notice_owner_driver_addr, [address])
    assert said(hst_client, "/hstexists", ID) == (
        200,
        {
            "data": {
                "appCode": "OCMS-2000",
                "isHstId": False,
                "offenderName": "John Tan",
                "latestAddress": {
                    "postalCode": "123456",
                    "blockHseNo": "123",
                    "streetName": "Example Street",
                    "floorUnitNo": "#01-01",
                    "buildingName": "Example Building",
                },
                "noticesCount": 5,
            }
        },
    )


@pytest.mark.rule("H2")
def test_exists_for_an_identity_nobody_knows(hst_client: HstClient) -> None:
    assert said(hst_client, "/hstexists", ID) == (
        200,
        {
            "data": {
                "appCode": "OCMS-2000",
                "isHstId": False,
                "offenderName": None,
                "latestAddress": None,
                "noticesCount": 0,
            }
        },
    )


@pytest.mark.rule("G1", "H2", "H3", "H4", "H6", "H7")
def test_the_calls_of_the_contract_one_after_the_other(hst_client: HstClient, database: HstDatabase) -> None:
    database.notices(NOTICES)
    assert said(hst_client, "/v1/apply-hst", APPLY, headers=hst_client.token(name="OIC.TAN")) == (
        200,
        {
            "data": {
                "appCode": "OCMS-2000",
                "message": "HST ID created successfully",
                "hstIdCreated": True,
                "noticesSuspended": [
                    {"noticeNo": number, "status": "SUSPENDED", "suspensionType": "TS-HST"}
                    for number in NOTICES
                ],
                "totalSuspended": 2,
            }
        },
    )
    officers = database.rows(t.ocms_suspended_notice, "officer_authorising_suspension")
    assert officers == [("OIC.TAN",), ("OIC.TAN",)]
    assert said(hst_client, "/v1/apply-hst", APPLY) == (400, error("OCMS-4004", "HST ID already exists"))
    assert said(hst_client, "/hstexists", ID) == (
        200,
        {
            "data": {
                "appCode": "OCMS-2000",
                "isHstId": True,
                "hstIdNo": "S1234567A",
                "message": "ID is suspended under HST",
            }
        },
    )
    updated = {
        "data": {"appCode": "OCMS-2000", "message": "HST record updated successfully", "noticesUpdated": 2}
    }
    assert said(hst_client, "/v1/update-hst/S1234567A", UPDATE) == (200, updated)
    assert said(hst_client, "/v1/revive-hst", REVIVE) == (
        200,
        {
            "data": {
                "appCode": "OCMS-2000",
                "message": "HST suspensions revived successfully",
                "noticesRevived": [
                    {"noticeNo": number, "previousStatus": "TS-HST", "newStatus": "ACTIVE"}
                    for number in NOTICES
                ],
                "totalRevived": 2,
                "hstDeleted": True,
            }
        },
    )
    gone = (400, error("OCMS-4003", "HST ID not found"))
    assert said(hst_client, "/v1/revive-hst", REVIVE) == gone
    assert said(hst_client, "/v1/update-hst/S1234567A", UPDATE) == gone


@pytest.mark.rule("G1", "H4")
def test_apply_without_notices(hst_client: HstClient) -> None:
    assert said(hst_client, "/v1/apply-hst", APPLY) == (
        200,
        {
            "data": {
                "appCode": "OCMS-2000",
                "message": "HST ID created successfully. There were no Notices to suspend.",
                "hstIdCreated": True,
                "noticesSuspended": [],
                "totalSuspended": 0,
            }
        },
    )


@pytest.mark.rule("H3", "H6")
def test_a_landed_house_has_no_floor_unit_or_building(hst_client: HstClient, database: HstDatabase) -> None:
    landed = {name: value for name, value in APPLY.items() if name not in {"floorNo", "bldgName"}}
    parts = ("floor_no", "unit_no", "bldg_name")
    assert hst_client.post("/v1/apply-hst", {**landed, "unitNo": None}).status_code == 200
    assert database.rows(t.ocms_hst, *parts) == [("", "", "")]
    assert hst_client.post("/v1/update-hst/S1234567A", UPDATE).status_code == 200
    some = {name: value for name, value in UPDATE.items() if name not in {"floorNo", "unitNo"}}
    assert hst_client.post("/v1/update-hst", {**ID, **some, "bldgName": None}).status_code == 200
    assert database.rows(t.ocms_hst, *parts) == [("02", "02", "")]


@pytest.mark.rule("H3")
def test_apply_that_the_database_refuses(hst_client: HstClient, database: HstDatabase) -> None:
    database.notices(NOTICES)
    refused = error("OCMS-4000", "Unable to create HST ID. Notices were not suspended.")
    with changed(database, *REFUSING[database.engine.name]):
        assert said(hst_client, "/v1/apply-hst", APPLY) == (400, refused)
    assert database.listed() == database.held() == []


@pytest.mark.rule("G2", "H6")
def test_update_with_everything_in_the_body_is_the_same_call(
    hst_client: HstClient, database: HstDatabase
) -> None:
    database.notices(f"N{number}" for number in range(5))
    hst_client.post("/v1/apply-hst", APPLY)
    updated = {
        "data": {"appCode": "OCMS-2000", "message": "HST record updated successfully", "noticesUpdated": 5}
    }
    assert said(hst_client, "/v1/update-hst", {**ID, **UPDATE}) == (200, updated)
    assert said(hst_client, "/v1/update-hst/s1234567a", {"idNo": "another", **UPDATE}) == (200, updated)
    assert said(hst_client, "/v1/update-hst", UPDATE) == (400, error("OCMS-4000", "idNo is required"))
    assert said(hst_client, "/v1/update-hst/S-1", UPDATE) == (400, error("OCMS-4000", "idNo is invalid"))


@pytest.mark.rule("G1", "G5", "H8")
def test_the_list_of_the_contract(hst_client: HstClient, database: HstDatabase) -> None:
    database.notices(f"N{number}" for number in range(5))
    hst_client.post("/v1/apply-hst", APPLY)
    checked = answer(answered_at=at("2025-12-01T00:00:00"))
    with database.stores.writing() as store:
        store.record([AddressAnswered(checked)], NOW, isolate=False)
    with database.engine.begin() as connection:
        created = datetime.fromisoformat("2025-11-01T00:00:00")
        connection.execute(update(t.ocms_hst).values(cre_date=created))
    row = {
        "idNo": "S1234567A",
        "idType": "N",
        "name": "John Tan",
        "postalCode": "123456",
        "blkHseNo": "123",
        "streetName": "Example Street",
        "createdDate": "2025-11-01T00:00:00",
        "noticesCount": 5,
        "lastDataHiveCheck": "2025-12-01T00:00:00",
    }
    assert said(hst_client, "/hstlist", LIST) == (200, {"total": 1, "limit": 10, "skip": 0, "data": [row]})
    assert said(hst_client, "/hstlist", {"filter": {"dateTo": "2025-10-31"}}) == (
        200,
        {"total": 0, "limit": 10, "skip": 0, "data": []},
    )
    assert said(hst_client, "/hstlist", {"$limit": 0}) == (400, error("OCMS-4000", "$limit is invalid"))


PATHS = ("/hstexists", "/v1/apply-hst", "/v1/update-hst/S1", "/v1/update-hst", "/v1/revive-hst", "/hstlist")


@pytest.mark.rule("H1", "G8", "G15", "G16")
def test_who_may_not_call_is_told_so_in_data(hst_client: HstClient) -> None:
    client = hst_client.token(Role.PLUS)
    key = hst_client.served.deployment.key(Role.CAS)
    for path in PATHS:
        response = hst_client.post(path, b"not json", headers={"X-Request-ID": "mine"})
        assert (response.status_code, response.json()) == (
            401,
            error("OCMS-4001", "API authentication failed"),
        )
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.headers["X-Request-ID"] == "mine"
        assert said(hst_client, path, {}, headers=client) == (403, error("OCMS-4031", "Not allowed"))
        assert said(hst_client, path, {}, headers=key) == (
            401,
            error("OCMS-4001", "API authentication failed"),
        )


@pytest.mark.rule("H1", "G7", "G8")
def test_what_is_no_request_is_refused_in_data(hst_client: HstClient) -> None:
    assert said(hst_client, "/hstexists", {}) == (400, error("OCMS-4000", "idNo is required"))
    officer = hst_client.token()
    for path in PATHS:
        for body in (b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"idNo": "S1234567A"', b"[" * 100_000):
            response = hst_client.post(path, body, headers=officer)
            assert response.status_code == 400
            assert response.json()["data"]["appCode"] == "OCMS-4000"
        large = hst_client.post(path, json.dumps({"idNo": "X" * 3_000_000}).encode(), headers=officer)
        assert (large.status_code, large.json()) == (413, error("OCMS-4000", "Request body is too large"))


@pytest.mark.rule("G15")
def test_a_broken_database_is_told_without_a_word_of_it(hst_client: HstClient, database: HstDatabase) -> None:
    officer = hst_client.token()
    assert hst_client.post("/hstexists", ID, headers=officer).status_code == 200
    broken = error("OCMS-5000", "Something went wrong. Please try again later.")
    with changed(database, "ALTER TABLE ocms_hst RENAME TO away", "ALTER TABLE away RENAME TO ocms_hst"):
        assert said(hst_client, "/hstlist", LIST, headers=officer) == (500, broken)


@pytest.mark.rule("G2")
def test_the_api_description_tells_both_paths_of_an_operation_apart(hst_client: HstClient) -> None:
    paths = hst_client.get("/openapi.json")["paths"]
    by_path, in_body = paths["/v1/update-hst/{idNo}"]["post"], paths["/v1/update-hst"]["post"]
    assert (by_path["operationId"], in_body["operationId"]) == ("update-hst-by-idNo", "update-hst")
    assert {"name": "idNo", "in": "path"}.items() <= by_path["parameters"][-1].items()
    assert {*paths} >= {"/hstexists", "/v1/apply-hst", "/v1/revive-hst", "/hstlist"}

"""Whoever looks somebody up over HTTP leaves one record, or sees nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.access_records import HASH_BYTES, hashes_in
from ocms_core.kernel.access import Role
from tests.support import offender_rows
from tests.support.http_server import Headers, Served
from tests.support.mutations import mutated
from tests.support.rows import put_notices, rows_of
from tests.support.stage_rows import emptied_of_changes, put_fees, put_offenders

PORTAL = "/ocms/v1/change-processing-stage"
SOMEBODY, ANOTHER = "S1234567A", "S9876543B"
ADDRESS = {"postalCode": "123456", "blkHseNo": "1", "streetName": "A", "floorNo": "", "unitNo": ""}
LISTED = {"idNo": SOMEBODY, "name": "John Tan", "bldgName": "", **ADDRESS}

# What is called, and how many people its record names, in this order: a call needs what those before it did.
CALLS: tuple[tuple[str, str, Mapping[str, Any], str, int], ...] = (
    ("POST", f"{PORTAL}/search", {"noticeNo": "500500001A"}, "searchChangeProcessingStage", 1),
    ("POST", f"{PORTAL}/search", {"vehicleNo": "SBA1234A"}, "searchChangeProcessingStage", 2),
    ("POST", f"{PORTAL}/search", {"idNo": SOMEBODY.lower()}, "searchChangeProcessingStage", 1),
    ("POST", f"{PORTAL}/search", {"idNo": "S0000001Y"}, "searchChangeProcessingStage", 1),
    ("POST", "/hstexists", {"idNo": SOMEBODY}, "hstexists", 1),
    ("POST", "/v1/update-hst", LISTED, "update-hst", 1),
    ("POST", "/v1/apply-hst", {**LISTED, "idType": "N"}, "apply-hst", 1),
    ("POST", "/v1/apply-hst", {**LISTED, "idType": "N", "idNo": ANOTHER}, "apply-hst", 1),
    ("POST", f"/v1/update-hst/{SOMEBODY}", LISTED, "update-hst", 1),
    ("POST", "/hstlist", {}, "hstlist", 2),
    ("POST", "/hstlist", {"filter": {"idNo": SOMEBODY}}, "hstlist", 1),
    ("POST", "/hstlist", {"filter": {"idNo": "S0000001Y"}}, "hstlist", 1),
    ("POST", "/v1/revive-hst", {"idNo": SOMEBODY, "revivalReason": "moved"}, "revive-hst", 1),
    ("POST", "/v1/revive-hst", {"idNo": SOMEBODY, "revivalReason": "moved"}, "revive-hst", 1),
    ("GET", "/api/v1/notice/offender/500500001A", {}, "offender-getDetails", 1),
    ("POST", "/api/v1/notice/timeline", {"noticeNo": "500500001A"}, "notice-getTimeline", 0),
)


@frozen
class OfficerClient:
    """Calls with one officer's token, and reads the records of access they leave."""

    served: Served
    engine: Engine
    token: Headers

    def call(self, path: str, body: object = None, method: str = "POST") -> httpx.Response:
        """Make a call of the officer."""
        sent = None if method == "GET" else body
        return self.served.http.request(method, path, headers=self.token, json=sent)

    def records(self) -> list[dict[str, Any]]:
        """Give what is recorded, in order."""
        return rows_of(self.engine, t.ocms_access_record)


@pytest.fixture
def officer_client(served: Served) -> Iterator[OfficerClient]:
    """Return a client and store two notices with an offender each."""
    engine = served.deployment.engine
    cleared(engine)
    put_fees(engine)
    put_notices(engine, ["500500001A", "500500002B"], last_processing_stage="DN1")
    put_offenders(engine, ["500500001A"], id_no=SOMEBODY)
    put_offenders(engine, ["500500002B"], id_no=ANOTHER)
    yield OfficerClient(served, engine, served.deployment.token(Role.OIC))
    cleared(engine)


def cleared(engine: Engine) -> None:
    """Take out whatever a test of all families leaves behind."""
    emptied_of_changes(engine)
    offender_rows.emptied(engine)
    offender_rows.emptied(engine, t.ocms_hst, t.ocms_suspended_notice)


@pytest.mark.rule("G2")
def test_each_look_leaves_one_record_also_one_that_finds_nobody(officer_client: OfficerClient) -> None:
    for place, (method, path, body, operation, people) in enumerate(CALLS):
        assert officer_client.call(path, body, method).status_code in {200, 400}
        records = officer_client.records()
        assert (path, len(records)) == (path, place + 1)
        assert (records[-1]["operation"], records[-1]["role"]) == (operation, "oic")
        assert len(hashes_in(records[-1]["identity_set"], None)) == people
        assert len(records[-1]["identity_set"] or b"") == people * HASH_BYTES
    found = officer_client.records()
    (who,) = {row["principal"] for row in found}
    assert who.startswith("bearer ")
    by_number, by_vehicle, by_id_no, by_unknown, exists = (
        hashes_in(row["identity_set"], None) for row in found[:5]
    )
    assert by_number == by_id_no == exists != by_unknown
    assert exists < by_vehicle
    assert found[0]["notice_no"] == "500500001A"
    assert not any(id_no in repr(found).upper() for id_no in (SOMEBODY, ANOTHER, "S0000001Y"))


@pytest.mark.rule("G2")
def test_a_malformed_look_and_one_that_is_not_let_in_leave_none(officer_client: OfficerClient) -> None:
    refused = [
        officer_client.call(f"{PORTAL}/search", {}),
        officer_client.call("/hstexists", {}),
        officer_client.call("/v1/apply-hst", {"idNo": SOMEBODY}),
        officer_client.call("/hstlist", {"$limit": 0}),
        officer_client.call(f"{PORTAL}/report/NONE", method="GET"),
        officer_client.served.http.post("/hstexists", json={"idNo": SOMEBODY}),
        officer_client.served.post(
            "/hstexists", {"idNo": SOMEBODY}, headers=officer_client.served.deployment.token(Role.PLUS)
        ),
    ]
    assert [answer.status_code for answer in refused] == [400, 400, 400, 400, 404, 401, 403]
    assert officer_client.records() == []


def report_paths(officer_client: OfficerClient) -> tuple[str, str, str]:
    """Move a notice, and give its report's name, the call that downloads it, and the link to it."""
    moved = officer_client.call(PORTAL, {"items": [{"noticeNo": "500500001A", "newStage": "DN2"}]}).json()
    link = moved["report"]["url"].replace("http://127.0.0.1:8000", "")
    name = link.partition("?")[0].rpartition("/")[2]
    return name, f"{PORTAL}/report/{name}", link


@pytest.mark.rule("G2", "S52", "S53")
def test_each_download_of_a_workbook_leaves_one_record(officer_client: OfficerClient) -> None:
    name, path, link = report_paths(officer_client)
    assert officer_client.records() == []
    answers = [
        officer_client.call(path, method="GET"),
        officer_client.call(f"{PORTAL}/report/download", {"reportId": name}),
        officer_client.served.http.get(link),
        officer_client.served.http.get(link + "0"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 403]
    by_address, by_body, by_link = officer_client.records()
    assert {row["operation"] for row in officer_client.records()} == {"downloadChangeStageReport"}
    assert by_address["principal"] == by_body["principal"]
    assert by_link["principal"] == "holder of a signed link"


@pytest.mark.rule("G2", "G15")
def test_what_cannot_be_recorded_is_refused_as_unavailable_and_changes_nothing(
    officer_client: OfficerClient,
) -> None:
    _, path, link = report_paths(officer_client)
    with mutated(
        officer_client.engine,
        ["ALTER TABLE ocms_access_record RENAME TO away"],
        ["ALTER TABLE away RENAME TO ocms_access_record"],
    ):
        refused = [officer_client.call(each[1], each[2], each[0]) for each in CALLS]
        refused += [officer_client.call(path, method="GET"), officer_client.served.http.get(link)]
    assert {answer.status_code for answer in refused} == {503}
    assert not any(shown in answer.text for answer in refused for shown in (SOMEBODY, ANOTHER, "John"))
    assert (
        officer_client.records()
        == rows_of(officer_client.engine, t.ocms_hst)
        == rows_of(officer_client.engine, t.ocms_suspended_notice)
    )

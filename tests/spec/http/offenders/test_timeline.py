"""What happened to a notice, over HTTP, and the record of who looked."""

import pytest

from ocms_adapters.sql import schema
from ocms_adapters.sql.access_records import hashes_in
from tests.spec.http.offenders.conftest import OfficerClient
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, UPDATE
from tests.support.offender_rows import put_notice, put_person, rows_of


@pytest.fixture
def worked_on(officer_client: OfficerClient) -> OfficerClient:
    """Return a client with a notice that was furnished and updated."""
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    officer_client.post("offender/furnish", FURNISH)
    officer_client.post("offender/update", UPDATE)
    return officer_client


@pytest.mark.rule("F20", "G2")
@pytest.mark.parametrize("by_post", [False, True])
def test_the_timeline_tells_who_did_what_newest_first(worked_on: OfficerClient, by_post: bool) -> None:  # noqa: FBT001
    answer = (
        worked_on.post("timeline", {"noticeNo": NUMBER})
        if by_post
        else worked_on.call("GET", f"{NUMBER}/timeline")
    )
    given = answer.json()
    assert (answer.status_code, given["total"], given["skip"], given["limit"]) == (200, 3, 0, 20)
    updated, furnished, stage = given["events"]
    assert updated["details"]["action"] == "UPDATE"
    assert updated["details"]["former"]["name"] == "JOHN LEE"
    assert updated["details"]["former"]["relationship"] == "Employee"
    assert updated["details"]["former"]["rentalPeriodTo"] == "2025-12-31"
    assert updated["officer"].startswith("bearer ")
    assert furnished["details"] == {
        "action": "FURNISH",
        "role": "HIRER",
        "formerCurrent": "OWNER",
        "from": "RD1",
        "to": "RD2",
        "former": None,
    }
    assert (stage["kind"], stage["details"]["to"], stage["at"]) == (
        "STAGE",
        "RD1",
        "2024-12-01T09:00:00+08:00",
    )


@pytest.mark.rule("G2")
def test_the_timeline_is_paged(worked_on: OfficerClient) -> None:
    whole = worked_on.call("GET", f"{NUMBER}/timeline").json()["events"]
    pages = [
        worked_on.call("GET", f"{NUMBER}/timeline?skip={skip}&limit=1").json()["events"] for skip in range(4)
    ]
    assert pages == [[event] for event in whole] + [[]]
    for wrong in ("skip=-1", "limit=0", "limit=101", "limit=x", "skip=1.5"):
        answer = worked_on.call("GET", f"{NUMBER}/timeline?{wrong}")
        assert (answer.status_code, answer.json()["message"]) == (400, f"Invalid {wrong.partition('=')[0]}")


@pytest.mark.rule("G2")
def test_every_look_at_particulars_leaves_one_record_and_a_check_none(worked_on: OfficerClient) -> None:
    records = schema.ocms_access_record
    worked_on.post("offender/check-eligibility", {"noticeNo": NUMBER, "offenderType": "HIRER"})
    assert rows_of(worked_on.intranet, records) == []
    worked_on.call("GET", f"offender/{NUMBER}")
    worked_on.post("offender/get-details", {"noticeNo": NUMBER})
    worked_on.post("timeline", {"noticeNo": NUMBER})
    worked_on.call("GET", f"offender/{'NOBODY'}")
    found = rows_of(worked_on.intranet, records)
    assert [row["operation"] for row in found] == [
        "offender-getDetails",
        "offender-getDetails",
        "notice-getTimeline",
    ]
    assert {row["notice_no"] for row in found} == {NUMBER}
    both, again, former = (hashes_in(row["identity_set"], None) for row in found)
    assert both == again
    assert len(both) == 2
    assert former < both
    assert not any(person.id_no in repr(found) for person in (JOHN, OWNER))

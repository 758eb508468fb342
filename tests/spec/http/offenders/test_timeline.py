"""What happened to a notice, over HTTP, and the record of who looked."""

from datetime import datetime

import pytest

from ocms_adapters.sql import schema
from ocms_adapters.sql.access_records import hashes_in
from tests.spec.http.offenders.conftest import OfficerClient
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, UPDATE
from tests.support.offender_rows import put_notice, put_person, rows_of
from tests.support.rows import put_court_case, put_suspension
from tests.support.stage_rows import put_changes


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


@pytest.mark.rule("G2", "G4", "G5")
def test_the_timeline_tells_of_everything_on_record_once_newest_first(officer_client: OfficerClient) -> None:
    intranet = officer_client.intranet
    put_notice(
        intranet,
        NUMBER,
        prev_processing_stage="ROV",
        prev_processing_date=moment(3),
        last_processing_stage="RD1",
        last_processing_date=moment(5),
        crs_reason_of_suspension="FP",
        crs_date_of_suspension=moment(9),
        payment_status="FP",
        amount_paid=70,
    )
    put_changes(
        intranet,
        [NUMBER],
        "2024-12-05 09:00:00",
        last_processing_stage="ROV",
        new_processing_stage="RD1",
        reason_of_change="REC",
        authorised_officer="OIC001",
        source="OCMS",
        remarks="Called in",
    )
    for kind, reason, day, columns in (
        ("TS", "UNC", 6, {"due_date_of_revival": "2025-03-01 00:00:00", "suspension_remarks": "No address"}),
        ("TS", "HST", 4, {"date_of_revival": "2024-12-08 09:00:00", "revival_reason": "HAV"}),
    ):
        put_suspension(
            intranet,
            NUMBER,
            date_of_suspension=f"2024-12-0{day} 09:00:00",
            sr_no=str(day),
            suspension_source="OCMS",
            suspension_type=kind,
            reason_of_suspension=reason,
            officer_authorising_suspension=f"OIC00{day}",
            **columns,
            **({"officer_authorising_revival": "OIC008", "revival_remarks": "moved"} if day == 4 else {}),
        )
    put_court_case(intranet, NUMBER, cre_date="2024-12-07 09:00:00")
    timeline = officer_client.call("GET", f"{NUMBER}/timeline").json()
    assert timeline["total"] == 7
    assert [(event["at"], event["kind"], event["officer"]) for event in timeline["events"]] == [
        (f"2024-12-0{day}T09:00:00+08:00", kind, officer)
        for day, kind, officer in (
            *(
                (9, "PAYMENT", None),
                (8, "REVIVAL", "OIC008"),
                (7, "COURT", None),
                (6, "SUSPENSION", "OIC006"),
            ),
            *((5, "STAGE", "OIC001"), (4, "SUSPENSION", "OIC004"), (3, "STAGE", None)),
        )
    ]
    listed = {"type": "TS", "reason": "HST"}
    due = "2025-03-01T00:00:00+08:00"
    assert [event["details"] for event in timeline["events"]] == [
        {"reason": "FP", "status": "FP", "paid": 70.0},
        {**listed, "revivalReason": "HAV", "remarks": "moved"},
        {"due": "2025-02-14T00:00:00+08:00", "reason": None},
        {"type": "TS", "reason": "UNC", "source": "OCMS", "due": due, "remarks": "No address"},
        {"from": "ROV", "to": "RD1", "reason": "REC", "source": "OCMS", "remarks": "Called in"},
        {**listed, "source": "OCMS", "due": None, "remarks": None},
        {"from": None, "to": "ROV", "reason": None, "source": None, "remarks": None},
    ]


def moment(day: int) -> datetime:
    """Return nine in the morning of a day of December, as columns have it."""
    return datetime.fromisoformat(f"2024-12-{day:02}T09:00:00")

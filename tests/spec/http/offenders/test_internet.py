"""What an officer is told while the Internet side is down, and that nobody's particulars leak on the way."""

import json
import re
from typing import Any

import pytest

from ocms_adapters.sql import schema
from tests.spec.http.offenders.conftest import OfficerClient
from tests.support.offender_builders import FURNISH, NUMBER, OWNER, REDIRECT, UPDATE
from tests.support.offender_rows import current_roles, out_of_reach, put_notice, put_person, rows_of

NOT_SHOWN = {
    "success": False,
    "errorType": "TECHNICAL_ERROR",
    "operation": "SYNC_INTERNET",
    "message": "Failed to sync to Internet DB",
    "intranetUpdated": True,
}
CANARY: dict[str, Any] = {
    "idNo": "T7654321Q",
    "name": "CANARY ZWITSCHERBERG",
    "email": "canary.zwitscherberg@nowhere.example",
    "contactNo": "87654321",
    "address": {
        "blockNo": "987C",
        "streetName": "ZWITSCHER AVENUE",
        "buildingName": "KANARIENHAUS",
        "unitNo": "31-777",
        "postalCode": "076543",
    },
    "relationship": "Vogelfreund",
    "remarks": "Zwitschert seit gestern",
}
# Texts that are nowhere else. A number leaks where it stands alone: inside times and counts any digits may
# stand, and microseconds have no leading zero.
LEAK = re.compile(
    "T7654321Q|CANARY|ZWITSCHER|canary.zwitscher|987C|KANARIENHAUS|31-777|Vogelfreund|Zwitschert"
    r"|(?<![\d.])(?:87654321|076543)(?!\d)"
)


@pytest.mark.rule("F60", "F61")
def test_a_change_that_is_not_shown_yet_stands_and_the_officer_is_told(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    with out_of_reach(officer_client.served.deployment.databases):
        for path, body, current in (
            ("offender/furnish", FURNISH, "H"),
            ("offender/update", UPDATE, "H"),
            ("offender/redirect", {**REDIRECT, "fromOffenderType": "HIRER", "toOffenderType": "DRIVER"}, "D"),
        ):
            answer = officer_client.post(path, body)
            assert (answer.status_code, answer.json()) == (500, NOT_SHOWN)
            assert current_roles(officer_client.intranet, NUMBER) == [current]
    assert (
        officer_client.post("offender/redirect", {**REDIRECT, "fromOffenderType": "DRIVER"}).status_code
        == 200
    )
    shown = rows_of(officer_client.internet, schema.eocms_offence_notice_owner_driver)
    assert {row["owner_driver_indicator"]: row["offender_indicator"] for row in shown} == {
        "D": "N",
        "H": "Y",
        "O": "N",
    }
    assert {row["delivered_at"] is None for row in rows_of(officer_client.intranet, schema.ocms_outbox)} == {
        False
    }


@pytest.mark.rule("F61")
def test_an_update_of_what_the_internet_side_never_sees_does_not_wait_for_it(
    officer_client: OfficerClient,
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    with out_of_reach(officer_client.served.deployment.databases):
        changed = {"noticeNo": NUMBER, "offenderType": "OWNER", "remarks": "Rang twice"}
        assert officer_client.post("offender/update", changed).status_code == 200


@pytest.mark.rule("G2", "F62")
def test_the_canary_is_in_no_log_line_metric_error_or_copy(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    canary = {**FURNISH, **CANARY}
    broken = {**canary, "email": "canary.zwitscherberg", "rentalPeriodTo": "2020-01-01"}
    answers = [
        officer_client.post("offender/furnish", canary),
        officer_client.post("offender/furnish", broken),
    ]
    with out_of_reach(officer_client.served.deployment.databases):
        answers.append(
            officer_client.post("offender/update", {**CANARY, "noticeNo": NUMBER, "offenderType": "HIRER"})
        )
    answers.append(
        officer_client.post("offender/redirect", {**REDIRECT, **CANARY, "toOffenderType": "DRIVER"})
    )
    assert officer_client.call("GET", f"offender/{NUMBER}").json()["hirer"]["idNo"] == CANARY["idNo"]
    assert CANARY["name"] in officer_client.post("timeline", {"noticeNo": NUMBER}).text
    copies = repr(rows_of(officer_client.internet, schema.eocms_offence_notice_owner_driver))
    outgoing = repr(rows_of(officer_client.intranet, schema.ocms_outbox))
    records = repr(rows_of(officer_client.intranet, schema.ocms_access_record))
    given = [answer.text for answer in answers] + [str(answer.url) for answer in answers]
    metrics = officer_client.served.http.get("/metrics").text
    said = officer_client.served.log_file.read_text()
    for place in (copies, outgoing, records, metrics, said, *given):
        assert not LEAK.search(place), place


@pytest.mark.rule("G2")
def test_an_unknown_path_with_an_identity_in_it_is_not_logged(officer_client: OfficerClient) -> None:
    officer_client.call("GET", f"T7654321Q/{CANARY['name']}")
    officer_client.call("GET", "offender/T7654321Q")
    assert "T7654321Q" not in json.dumps(officer_client.served.log())
    assert "/api/v1/notice/offender/{noticeNo}" in {line.get("path") for line in officer_client.served.log()}
    assert "T7654321Q" not in officer_client.served.http.get("/metrics").text


REFUSING = {
    "sqlite": (
        """
        CREATE TRIGGER refuse BEFORE INSERT ON ocms_furnish_detail
        BEGIN SELECT RAISE(ABORT, 'refused'); END
        """,
        "DROP TRIGGER refuse",
    ),
    "postgresql": (
        "ALTER TABLE ocms_furnish_detail ADD CONSTRAINT refuse CHECK (notice_no = '') NOT VALID",
        "ALTER TABLE ocms_furnish_detail DROP CONSTRAINT refuse",
    ),
}


@pytest.mark.rule("F61", "F20")
def test_where_the_database_refuses_one_row_nothing_is_written_at_all(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    refuse, allow = REFUSING[officer_client.intranet.name]
    with officer_client.intranet.begin() as connection:
        connection.exec_driver_sql(refuse)
    try:
        answer = officer_client.post("offender/furnish", FURNISH)
    finally:
        with officer_client.intranet.begin() as connection:
            connection.exec_driver_sql(allow)
    assert (answer.status_code, answer.json()) == (
        500,
        {
            "success": False,
            "errorType": "TECHNICAL_ERROR",
            "operation": "DB_UPDATE",
            "message": "Failed to update database",
        },
    )
    assert current_roles(officer_client.intranet, NUMBER) == ["O"]
    (von,) = rows_of(officer_client.intranet, schema.ocms_valid_offence_notice)
    assert von["last_processing_stage"] == "RD1"
    for table in (schema.ocms_outbox, schema.ocms_offender_history):
        assert rows_of(officer_client.intranet, table) == []
    assert officer_client.post("offender/furnish", FURNISH).status_code == 200

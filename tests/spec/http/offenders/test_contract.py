"""Every request and response that contract 3 shows, byte for byte."""

import json

import pytest
from sqlalchemy import update

from ocms_adapters.sql import schema
from ocms_core.kernel.offender_details import Person
from tests.spec.http.offenders.conftest import OfficerClient
from tests.support.http_server import as_sent
from tests.support.offender_builders import JOHN, NUMBER, OWNER
from tests.support.offender_rows import TABLES, put, put_notice, put_person, rows_of

VON = schema.ocms_valid_offence_notice
WRITTEN = [table for table in TABLES if table is not schema.ocms_access_record]

CHECK = as_sent("""
{
  "noticeNo": "500500303J",
  "offenderType": "HIRER"
}
""")
CAN = as_sent("""
{
  "success": true,
  "canFurnish": true,
  "canRedirect": true,
  "currentStage": "RD1",
  "reasonCode": null,
  "reasonMessage": null
}
""")
CANNOT = as_sent("""
{
  "success": true,
  "canFurnish": false,
  "canRedirect": false,
  "currentStage": "CPC",
  "reasonCode": "LAST_STAGE_AFTER_CPC",
  "reasonMessage": "Notice is at final processing stage"
}
""")
FURNISH = as_sent("""
{
  "noticeNo": "500500303J",
  "offenderType": "HIRER",
  "idType": "NRIC",
  "idNo": "S1234567A",
  "name": "JOHN LEE",
  "email": "john.lee@email.com",
  "countryCode": "65",
  "contactNo": "91234567",
  "address": {
    "blockNo": "123",
    "streetName": "ORCHARD ROAD",
    "buildingName": "PLAZA TOWER",
    "unitNo": "01-01",
    "postalCode": "238888"
  },
  "relationship": "Employee",
  "rentalPeriodFrom": "2025-01-01",
  "rentalPeriodTo": "2025-12-31",
  "remarks": "Furnished by OIC"
}
""")
FURNISHED = as_sent("""
{
  "success": true,
  "noticeNo": "500500303J",
  "offenderType": "HIRER",
  "offenderRecordCreated": true,
  "offenderIndicatorSet": true,
  "processingStageUpdated": true,
  "newProcessingStage": "RD2",
  "message": "Hirer furnished successfully"
}
""")
NOT_FURNISHABLE = as_sent("""
{
  "success": false,
  "errorType": "BUSINESS_ERROR",
  "reason": "NOT_FURNISHABLE",
  "message": "Notice is not at furnishable stage"
}
""")
REDIRECT = as_sent("""
{
  "noticeNo": "500500303J",
  "fromOffenderType": "OWNER",
  "toOffenderType": "HIRER",
  "idType": "NRIC",
  "idNo": "S1234567A",
  "name": "JOHN LEE",
  "email": "john.lee@email.com",
  "countryCode": "65",
  "contactNo": "91234567",
  "address": {
    "blockNo": "123",
    "streetName": "ORCHARD ROAD",
    "buildingName": "PLAZA TOWER",
    "unitNo": "01-01",
    "postalCode": "238888"
  },
  "remarks": "Redirected by OIC"
}
""")
REDIRECTED = as_sent("""
{
  "success": true,
  "noticeNo": "500500303J",
  "redirectedFrom": "OWNER",
  "redirectedTo": "HIRER",
  "previousOffenderCleared": true,
  "newOffenderCreated": true,
  "offenderIndicatorTransferred": true,
  "processingStageUpdated": true,
  "newProcessingStage": "RD1",
  "message": "Notice redirected successfully"
}
""")
UPDATE = as_sent("""
{
  "noticeNo": "500500303J",
  "offenderType": "HIRER",
  "name": "JOHN LEE UPDATED",
  "email": "john.lee.new@email.com",
  "countryCode": "65",
  "contactNo": "98765432",
  "address": {
    "blockNo": "456",
    "streetName": "MARINA BAY",
    "buildingName": "TOWER A",
    "unitNo": "02-02",
    "postalCode": "018989"
  },
  "remarks": "Address updated by OIC"
}
""")
UPDATED = as_sent("""
{
  "success": true,
  "noticeNo": "500500303J",
  "offenderType": "HIRER",
  "particularsUpdated": true,
  "message": "Offender particulars updated successfully"
}
""")
# Where the contract writes an address as three dots stands one in the shape of the request.
DETAILS = as_sent("""
{
  "success": true,
  "noticeNo": "500500303J",
  "vehicleNo": "SNC7392R",
  "currentProcessingStage": "RD1",
  "owner": {
    "exists": true,
    "isCurrentOffender": false,
    "idType": "NRIC",
    "idNo": "S9876543B",
    "name": "VEHICLE OWNER PTE LTD",
    "email": "owner@company.com",
    "contactNo": "61234567",
    "address": {
      "blockNo": "9",
      "streetName": null,
      "buildingName": null,
      "unitNo": "05-12",
      "postalCode": "018989"
    }
  },
  "hirer": {
    "exists": true,
    "isCurrentOffender": true,
    "idType": "NRIC",
    "idNo": "S1234567A",
    "name": "JOHN LEE",
    "email": "john.lee@email.com",
    "contactNo": "91234567",
    "address": {
      "blockNo": "123",
      "streetName": "ORCHARD ROAD",
      "buildingName": "PLAZA TOWER",
      "unitNo": "01-01",
      "postalCode": "238888"
    }
  },
  "driver": {
    "exists": false,
    "isCurrentOffender": false
  }
}
""")


@pytest.fixture
def owned(officer_client: OfficerClient) -> OfficerClient:
    """Return a client with the contract's notice: at RD1, its owner the current offender."""
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    return officer_client


@pytest.mark.rule("F13", "G1")
def test_the_eligibility_of_a_notice_that_can_be_furnished(owned: OfficerClient) -> None:
    answer = owned.post("offender/check-eligibility", CHECK)
    assert (answer.status_code, answer.content) == (200, CAN)


@pytest.mark.rule("F13", "F2", "G1")
def test_the_eligibility_of_a_notice_in_court(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER, last_processing_stage="CPC")
    answer = officer_client.post("offender/check-eligibility", CHECK)
    assert (answer.status_code, answer.content) == (200, CANNOT)


@pytest.mark.rule("F20", "F21", "G1", "G3")
def test_furnish(owned: OfficerClient) -> None:
    answer = owned.post("offender/furnish", FURNISH)
    assert (answer.status_code, answer.content) == (200, FURNISHED)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule("F24", "F21", "U4")
@pytest.mark.parametrize(
    "role, first, again", [("HIRER", "RD2", None), ("DRIVER", "DN1", None), ("HIRER", "RD2", "RR3")]
)
def test_a_furnish_sent_twice_happens_once(
    owned: OfficerClient, role: str, first: str, again: str | None
) -> None:
    engine = owned.intranet
    with engine.begin() as connection:
        connection.execute(update(VON).values(payment_acceptance_allowed="N"))
    request = {**json.loads(FURNISH), "offenderType": role}
    answer = owned.post("offender/furnish", request)
    assert (answer.status_code, answer.json()["offenderRecordCreated"]) == (200, True)
    (notice,) = rows_of(engine, VON, NUMBER)
    assert (notice["last_processing_stage"], notice["payment_acceptance_allowed"]) == (first, "Y")
    if again:  # a print run has moved it on meanwhile
        with engine.begin() as connection:
            connection.execute(update(VON).values(last_processing_stage=again))
    before = [rows_of(engine, table) for table in WRITTEN]
    repeated = owned.post("offender/furnish", request)
    assert (repeated.status_code, repeated.content) == (200, answer.content)
    assert [rows_of(engine, table) for table in WRITTEN] == before


@pytest.mark.rule("F11", "G1")
def test_furnish_at_a_stage_where_nobody_is(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER, last_processing_stage="DN1")
    answer = officer_client.post("offender/furnish", FURNISH)
    assert (answer.status_code, answer.content) == (409, NOT_FURNISHABLE)


@pytest.mark.rule("F31", "G1")
def test_redirect(owned: OfficerClient) -> None:
    answer = owned.post("offender/redirect", REDIRECT)
    assert (answer.status_code, answer.content) == (200, REDIRECTED)


@pytest.mark.rule("F40", "G1", "G2")
@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_update(owned: OfficerClient, method: str) -> None:
    owned.post("offender/furnish", FURNISH)
    answer = owned.call(method, "offender/update", UPDATE)
    assert (answer.status_code, answer.content) == (200, UPDATED)
    hirer = owned.call("GET", f"offender/{NUMBER}").json()["hirer"]
    assert (hirer["name"], hirer["contactNo"], hirer["address"]["unitNo"]) == (
        "JOHN LEE UPDATED",
        "98765432",
        "02-02",
    )


@pytest.mark.rule("F41", "F1", "F50", "G1", "G2")
@pytest.mark.parametrize("by_post", [False, True])
def test_details(owned: OfficerClient, by_post: bool) -> None:  # noqa: FBT001
    address = {"blk_hse_no": "9", "floor_no": "05", "unit_no": "12", "postal_code": "018989"}
    put(
        owned.intranet,
        schema.ocms_offence_notice_owner_driver_addr,
        {"notice_no": NUMBER, "owner_driver_indicator": "O", "type_of_address": "furnished_mail", **address},
    )
    owned.post("offender/redirect", REDIRECT)
    path, body = ("offender/get-details", {"noticeNo": NUMBER}) if by_post else (f"offender/{NUMBER}", None)
    answer = owned.call("POST" if by_post else "GET", path, body)
    assert (answer.status_code, answer.content) == (200, DETAILS)


@pytest.mark.rule("F50", "F1", "F41")
def test_stored_letters_are_shown_in_the_contracts_words(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER, last_processing_stage="ENA")
    for role, kind in (("O", "B"), ("H", "F"), ("D", "P")):
        put_person(officer_client.intranet, NUMBER, role, Person(kind, JOHN.id_no, "A"))
    shown = officer_client.call("GET", f"offender/{NUMBER}").json()
    assert shown["currentProcessingStage"] == "OW"
    assert [shown[role]["idType"] for role in ("owner", "hirer", "driver")] == ["UEN", "FIN", "PASSPORT"]
    assert shown["owner"]["address"] is None

"""What the calls of contract 3 write, over HTTP: each role's row, address and detail, and the notice."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from ocms_adapters.sql import schema as t
from tests.spec.http.offenders.conftest import OfficerClient
from tests.spec.offenders.test_request_reader import UNITS
from tests.support.cases import Case, parametrize_cases
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, REDIRECT, UPDATE
from tests.support.offender_rows import MADE, current_roles, put, put_notice, put_person, rows_of

FURNISHED_ADDRESS = {"notice_no": NUMBER, "type_of_address": "furnished_mail"}
OLD_ADDRESS = {
    **FURNISHED_ADDRESS,
    "blk_hse_no": "9",
    "street_name": "OLD ROAD",
    "floor_no": "02",
    "unit_no": "03",
    "bldg_name": "OLD HOUSE",
    "postal_code": "111111",
    "invalid_addr_tag": "D",
    "error_code": "E1",
}
PARTS = ("blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name", "postal_code")
TAGS = ("invalid_addr_tag", "error_code")
# The contract's word for a driver's first stage.
SHOWN_AS = {"DN1": "DN"}
PARTICULARS = ("id_type", "id_no", "name", "email_addr", "offender_tel_code", "offender_tel_no")


def person_in(officer_client: OfficerClient, role: str) -> dict[str, Any]:
    """Return the columns of who stands in a role."""
    (row,) = [
        row
        for row in rows_of(officer_client.intranet, t.ocms_offence_notice_owner_driver, NUMBER)
        if row["owner_driver_indicator"] == role
    ]
    return row


def address_in(officer_client: OfficerClient, role: str) -> list[Any]:
    """Return the parts of the furnished address of a role."""
    (row,) = [
        row
        for row in rows_of(officer_client.intranet, t.ocms_offence_notice_owner_driver_addr, NUMBER)
        if (row["owner_driver_indicator"], row["type_of_address"]) == (role, "furnished_mail")
    ]
    return [row[part] for part in (*PARTS, *TAGS)]


def notice(officer_client: OfficerClient) -> dict[str, Any]:
    (row,) = rows_of(officer_client.intranet, t.ocms_valid_offence_notice, NUMBER)
    return row


def done(officer_client: OfficerClient, path: str, asked: object) -> Any:
    answer = officer_client.post(f"offender/{path}", asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def owned(officer_client: OfficerClient) -> OfficerClient:
    """Return a client with a notice whose owner is the current offender."""
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    return officer_client


@pytest.mark.rule("F20", "F50", "F23")
def test_a_furnish_writes_every_field_and_the_former_offender_keeps_the_row(owned: OfficerClient) -> None:
    done(owned, "furnish", {**FURNISH, "idNo": "s1234567a"})
    hirer = person_in(owned, "H")
    assert tuple(hirer[name] for name in PARTICULARS) == (
        *("N", "S1234567A", "JOHN LEE", "john.lee@email.com", "65", "91234567"),
    )
    assert address_in(owned, "H") == [
        *("123", "ORCHARD ROAD", "01", "01", "PLAZA TOWER", "238888", None, None),
    ]
    (detail,) = rows_of(owned.intranet, t.ocms_furnish_detail, NUMBER)
    assert (detail["relationship"], detail["remarks"]) == ("Employee", "Furnished by OIC")
    assert (str(detail["rental_period_from"]), str(detail["rental_period_to"])) == (
        *("2025-01-01", "2025-12-31"),
    )
    assert current_roles(owned.intranet, NUMBER) == ["H"]
    owner = person_in(owned, "O")
    assert (owner["name"], owner["id_no"]) == (OWNER.name, OWNER.id_no)


@pytest.mark.rule("F20")
def test_of_somebody_furnished_before_nothing_remains(owned: OfficerClient) -> None:
    put_person(owned.intranet, NUMBER, "H", JOHN)
    put(
        owned.intranet, t.ocms_offence_notice_owner_driver_addr, OLD_ADDRESS | {"owner_driver_indicator": "H"}
    )
    put(
        owned.intranet,
        t.ocms_furnish_detail,
        {"notice_no": NUMBER, "owner_driver_indicator": "H", "relationship": "Friend", "remarks": "Old"},
    )
    asked = {name: FURNISH[name] for name in ("noticeNo", "offenderType", "idType")}
    answer = done(owned, "furnish", asked | {"idNo": "S7654321C", "name": "MARY LIM"})
    assert answer["offenderRecordCreated"] is False
    hirer = person_in(owned, "H")
    assert tuple(hirer[name] for name in PARTICULARS) == ("N", "S7654321C", "MARY LIM", None, None, None)
    assert address_in(owned, "H") == [None] * len((*PARTS, *TAGS))
    (detail,) = rows_of(owned.intranet, t.ocms_furnish_detail, NUMBER)
    assert (detail["relationship"], detail["remarks"]) == (None, None)


@pytest.mark.rule("F20")
def test_the_address_of_the_same_person_stays_when_none_is_given(owned: OfficerClient) -> None:
    put_person(owned.intranet, NUMBER, "H", JOHN)
    put(
        owned.intranet, t.ocms_offence_notice_owner_driver_addr, OLD_ADDRESS | {"owner_driver_indicator": "H"}
    )
    done(owned, "furnish", {name: value for name, value in FURNISH.items() if name != "address"})
    assert address_in(owned, "H")[:6] == ["9", "OLD ROAD", "02", "03", "OLD HOUSE", "111111"]


@pytest.mark.rule("F20")
def test_no_tag_or_error_of_the_former_address_stays_and_other_addresses_do(owned: OfficerClient) -> None:
    put_person(owned.intranet, NUMBER, "H", JOHN)
    addresses = t.ocms_offence_notice_owner_driver_addr
    put(owned.intranet, addresses, OLD_ADDRESS | {"owner_driver_indicator": "H"})
    registered = {**OLD_ADDRESS, "owner_driver_indicator": "H", "type_of_address": "lta_reg"}
    put(owned.intranet, addresses, registered)
    done(owned, "furnish", FURNISH)
    assert address_in(owned, "H") == [
        *("123", "ORCHARD ROAD", "01", "01", "PLAZA TOWER", "238888", None, None),
    ]
    (kept,) = [row for row in rows_of(owned.intranet, addresses) if row["type_of_address"] == "lta_reg"]
    assert (kept["street_name"], kept["invalid_addr_tag"]) == ("OLD ROAD", "D")


FURNISHED_DETAIL = {
    "notice_no": NUMBER,
    "owner_driver_indicator": "H",
    "relationship": "Employee",
    "rental_period_from": date(2025, 1, 1),
    "rental_period_to": date(2025, 12, 31),
    "remarks": "Furnished by OIC",
}
FURNISHED_ACTION = {
    "notice_no": NUMBER,
    "owner_driver_indicator": "H",
    "action": "FURNISH",
    "officer": "OIC001",
    "changed_at": MADE["cre_date"],
    "new_processing_stage": "RD1",
    "former_offender_indicator": "N",
}
HOME = dict(zip(PARTS, ("123", "ORCHARD ROAD", "01", "01", "PLAZA TOWER", "238888"), strict=True))


@pytest.mark.rule("F24", "F21")
@pytest.mark.parametrize(
    "other, stage",
    [
        ({}, "RR3"),
        ({"address": None}, "RR3"),
        *(({name: "Other"}, "RD1") for name in ("name", "relationship", "remarks")),
        *(({name: "2025-06-30"}, "RD1") for name in ("rentalPeriodFrom", "rentalPeriodTo")),
        ({"email": None}, "RD1"),
        ({"contactNo": "98765432"}, "RD1"),
        ({"idNo": "S7654321C"}, "RD1"),
        ({"offenderType": "DRIVER"}, "DN1"),
        *(({"address": {**FURNISH["address"], part: None}}, "RD1") for part in FURNISH["address"]),
    ],
)
def test_what_is_stored_field_by_field_as_it_is_sent_is_a_repeat(
    officer_client: OfficerClient, other: dict[str, Any], stage: str
) -> None:
    engine = officer_client.intranet
    put_notice(engine, NUMBER, last_processing_stage="RR3")
    put_person(engine, NUMBER, "H", JOHN, current=True)
    role = {"owner_driver_indicator": "H"}
    put(engine, t.ocms_offence_notice_owner_driver_addr, FURNISHED_ADDRESS | role | HOME)
    put(engine, t.ocms_furnish_detail, FURNISHED_DETAIL)
    put(engine, t.ocms_offender_history, FURNISHED_ACTION)
    answer = done(officer_client, "furnish", {**FURNISH, **other})
    assert (answer["newProcessingStage"], answer["offenderRecordCreated"]) == (
        *(SHOWN_AS.get(stage, "RD1"), stage == "DN1"),
    )
    assert notice(officer_client)["last_processing_stage"] == stage


@pytest.mark.rule("F24", "F20", "F40")
def test_whoever_was_only_updated_is_furnished_though_all_of_it_is_stored(owned: OfficerClient) -> None:
    of_owner = {"noticeNo": NUMBER, "offenderType": "OWNER", "remarks": "called him"}
    done(owned, "update", of_owner)
    asked = {
        **of_owner,
        "idType": "NRIC",
        "idNo": OWNER.id_no,
        "name": OWNER.name,
        "email": OWNER.email,
        "contactNo": OWNER.tel_no,
    }
    first = done(owned, "furnish", asked)
    assert (first["newProcessingStage"], first["offenderRecordCreated"]) == ("RD1", False)
    row = notice(owned)
    assert (row["prev_processing_stage"], row["next_processing_stage"]) == ("RD1", "RD1")
    assert done(owned, "furnish", asked) == first
    assert notice(owned) == row


@parametrize_cases(UNITS)
def test_floor_and_unit_are_stored_apart(
    owned: OfficerClient, case: Case[str, None, tuple[str | None, str | None]]
) -> None:
    done(owned, "furnish", {**FURNISH, "address": {"unitNo": case.given}})
    assert address_in(owned, "H")[:6] == [None, None, *case.says, None, None]


@pytest.mark.rule("F23", "U7")
@pytest.mark.parametrize("path", ["furnish", "redirect"])
def test_of_two_current_offenders_one_is_left(owned: OfficerClient, path: str) -> None:
    put_person(owned.intranet, NUMBER, "D", JOHN, current=True)
    asked = FURNISH if path == "furnish" else {**REDIRECT, "fromOffenderType": "DRIVER"}
    done(owned, path, asked)
    assert current_roles(owned.intranet, NUMBER) == ["H"]


@pytest.mark.rule("U7", "F12", "F40", "F41")
def test_of_two_current_offenders_every_call_takes_the_first_by_role(owned: OfficerClient) -> None:
    put_person(owned.intranet, NUMBER, "D", JOHN, current=True)
    details = owned.call("GET", f"offender/{NUMBER}").json()
    assert {role: details[role]["isCurrentOffender"] for role in ("owner", "hirer", "driver")} == {
        "owner": False,
        "hirer": False,
        "driver": True,
    }
    of_owner = {"noticeNo": NUMBER, "offenderType": "OWNER"}
    assert owned.post("offender/check-eligibility", of_owner).json()["canRedirect"] is True
    for path, asked in (("update", of_owner | {"name": "ANN"}), ("redirect", REDIRECT)):
        refused = owned.post(f"offender/{path}", asked)
        assert (refused.status_code, refused.json()["reason"]) == (409, "NOT_CURRENT_OFFENDER")
    done(owned, "update", of_owner | {"offenderType": "DRIVER", "name": "ANN"})
    assert (person_in(owned, "O")["name"], person_in(owned, "D")["name"]) == (OWNER.name, "ANN")


@pytest.mark.rule("F21", "F31", "U4")
@pytest.mark.parametrize(
    "path, role, stages",
    [
        *(("furnish", "HIRER", stages) for stages in (("ENA", "RD1"), ("RD1", "RD2"), ("RD2", "RD1"))),
        *(("furnish", "HIRER", ("RR3", "RD1")), ("furnish", "OWNER", ("RD2", "RD1"))),
        *(("furnish", "DRIVER", ("RD1", "DN1")), ("redirect", "HIRER", ("RD2", "RD1"))),
        *(("redirect", "DRIVER", ("RR3", "DN1")), ("redirect", "HIRER", ("DN2", "RD1"))),
    ],
)
def test_the_stages_begin_anew_and_the_base_fine_may_be_paid(
    officer_client: OfficerClient, path: str, role: str, stages: tuple[str, str]
) -> None:
    before, after = stages
    columns = {"amount_payable": 150, "payment_acceptance_allowed": "N"}
    put_notice(officer_client.intranet, NUMBER, last_processing_stage=before, **columns)
    former = "D" if role == "OWNER" else "O"
    put_person(officer_client.intranet, NUMBER, former, OWNER, current=True)
    asked = {**FURNISH, "offenderType": role} if path == "furnish" else {**REDIRECT, "toOffenderType": role}
    assert done(officer_client, path, asked)["newProcessingStage"] == SHOWN_AS.get(after, after)
    row = notice(officer_client)
    names = ("prev_processing_stage", "last_processing_stage", "next_processing_stage")
    assert tuple(row[name] for name in names) == (before, after, after)
    assert str(row["prev_processing_date"]) == "2024-12-01 09:00:00"
    assert (str(row["amount_payable"]), row["payment_acceptance_allowed"]) == ("70.00", "Y")
    assert (row["next_processing_date"] - row["last_processing_date"]).days == 0
    assert str(row["next_processing_date"])[10:] == " 00:00:00"


@pytest.mark.rule("F10", "F30", "U3")
@pytest.mark.parametrize("path", ["furnish", "redirect"])
@pytest.mark.parametrize(
    "columns, reason, message",
    [
        ({"suspension_type": "PS"}, "PERMANENT_SUSPENSION", "Notice has active permanent suspension"),
        (
            {"crs_reason_of_suspension": "FP"},
            "PERMANENT_SUSPENSION",
            "Notice has active permanent suspension",
        ),
        (
            {"last_processing_stage": "CFC"},
            "LAST_STAGE_AFTER_CPC",
            "Notice is at final processing stage",
        ),
    ],
)
def test_a_notice_that_is_closed_to_officers_is_left_as_it_is(
    officer_client: OfficerClient, path: str, columns: dict[str, str], reason: str, message: str
) -> None:
    put_notice(officer_client.intranet, NUMBER, **columns)
    put_person(officer_client.intranet, NUMBER, "O", OWNER, current=True)
    before = notice(officer_client)
    refused = officer_client.post(f"offender/{path}", FURNISH if path == "furnish" else REDIRECT)
    assert refused.status_code == 409
    assert (refused.json()["reason"], refused.json()["message"]) == (reason, message)
    assert notice(officer_client) == before
    assert current_roles(officer_client.intranet, NUMBER) == ["O"]


@pytest.mark.rule("F30")
@pytest.mark.parametrize(
    "change, reason",
    [
        ({"toOffenderType": "OWNER"}, "REDIRECT_SAME_ROLE"),
        ({"fromOffenderType": "DRIVER"}, "NOT_CURRENT_OFFENDER"),
    ],
)
def test_a_redirect_from_or_to_somebody_it_cannot_be_is_refused(
    owned: OfficerClient, change: dict[str, str], reason: str
) -> None:
    refused = owned.post("offender/redirect", {**REDIRECT, **change})
    assert (refused.status_code, refused.json()["reason"]) == (409, reason)
    assert current_roles(owned.intranet, NUMBER) == ["O"]


@pytest.mark.rule("F30")
def test_a_redirect_of_a_notice_with_no_offender_is_refused(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    refused = officer_client.post("offender/redirect", REDIRECT)
    assert (refused.status_code, refused.json()["reason"]) == (409, "OFFENDER_NOT_FOUND")


@pytest.mark.rule("F40")
@pytest.mark.parametrize(
    "asked, columns",
    [
        ({"name": "JOHN NEW"}, {"name": "JOHN NEW"}),
        ({"email": None}, {"email_addr": None}),
        ({"email": "new@email.com"}, {"email_addr": "new@email.com"}),
        ({"countryCode": None}, {"offender_tel_code": None}),
        ({"contactNo": "98765432"}, {"offender_tel_no": "98765432"}),
    ],
)
def test_an_update_changes_what_is_given_and_nothing_else(
    officer_client: OfficerClient, asked: dict[str, str | None], columns: dict[str, str | None]
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "H", JOHN, current=True)
    before, stage = person_in(officer_client, "H"), notice(officer_client)["last_processing_stage"]
    done(officer_client, "update", {"noticeNo": NUMBER, "offenderType": "HIRER", **asked})
    after = person_in(officer_client, "H")
    assert {name: after[name] for name in PARTICULARS} == {
        **{name: before[name] for name in PARTICULARS},
        **columns,
    }
    assert after["offender_indicator"] == "Y"
    assert notice(officer_client)["last_processing_stage"] == stage


@pytest.mark.rule("F40", "F51", "F52")
@pytest.mark.parametrize("asked", [{"contactNo": "1234567"}, {"countryCode": "65"}, {"countryCode": None}])
def test_a_number_has_to_suit_the_country_code_that_is_stored(
    officer_client: OfficerClient, asked: dict[str, str | None]
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    stored = evolve(JOHN, tel_code="65") if "contactNo" in asked else evolve(JOHN, tel_code="1", tel_no="123")
    put_person(officer_client.intranet, NUMBER, "H", stored, current=True)
    before = person_in(officer_client, "H")
    request = {"noticeNo": NUMBER, "offenderType": "HIRER", **asked}
    refused = officer_client.post("offender/update", request)
    assert refused.status_code == 400
    (violation,) = refused.json()["violations"]
    assert (violation["field"], violation["message"]) == ("contactNo", "Invalid contact number")
    assert person_in(officer_client, "H") == before


@pytest.mark.rule("F40")
def test_an_address_is_updated_part_by_part(officer_client: OfficerClient) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, "H", JOHN, current=True)
    addresses = t.ocms_offence_notice_owner_driver_addr
    put(officer_client.intranet, addresses, OLD_ADDRESS | {"owner_driver_indicator": "H"})
    asked = {"noticeNo": NUMBER, "offenderType": "HIRER"}
    done(officer_client, "update", asked | {"address": {"streetName": "NEW ROAD", "unitNo": "05-06"}})
    assert address_in(officer_client, "H")[:6] == ["9", "NEW ROAD", "05", "06", "OLD HOUSE", "111111"]


@pytest.mark.rule("F40")
@pytest.mark.parametrize(
    "role, current, reason",
    [("D", True, "OFFENDER_NOT_FOUND"), ("H", False, "NOT_CURRENT_OFFENDER")],
)
def test_an_update_of_anybody_but_the_current_offender_is_refused(
    officer_client: OfficerClient,
    role: str,
    current: bool,  # noqa: FBT001
    reason: str,
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    put_person(officer_client.intranet, NUMBER, role, JOHN, current=current)
    before = person_in(officer_client, role)
    refused = officer_client.post("offender/update", UPDATE)
    assert (refused.status_code, refused.json()["reason"]) == (409, reason)
    assert person_in(officer_client, role) == before

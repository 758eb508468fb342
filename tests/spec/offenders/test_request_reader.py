"""What the fields of contract 3 must look like."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import asdict
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.codes import FIELDS_INVALID
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.offender_details import FurnishDetail, MailingAddress, Person
from ocms_core.offenders.request_reader import (
    FurnishRequest,
    ParticularsPatch,
    RoleRequest,
    TimelinePage,
    parse_furnish,
    parse_notice_request,
    parse_redirect,
    parse_reversal,
    parse_role_request,
    parse_timeline_page,
    parse_update,
)
from tests.support.cases import Case, parametrize_cases
from tests.support.offender_builders import EMPLOYEE, FURNISH, JOHN, NUMBER, ORCHARD, REDIRECT, UPDATE

Told = tuple[tuple[str | None, str], ...]

UNITS: tuple[Case[str, None, tuple[str | None, str | None]], ...] = (
    Case(rule="F51", name="01-01", given="01-01", says=("01", "01")),
    Case(rule="F51", name="a leading # is dropped", given="#12-345", says=("12", "345")),
    Case(rule="F51", name="the first hyphen splits", given="B1-01-A", says=("B1", "01-A")),
    Case(rule="F51", name="no hyphen is a unit", given="55", says=(None, "55")),
    Case(rule="F51", name="a floor alone", given="05-", says=("05", None)),
)


def messages(refusal: object) -> Told:
    assert isinstance(refusal, Refusal), refusal
    assert refusal.code is FIELDS_INVALID
    return tuple((violation.field, violation.message) for violation in refusal.words["violations"])


@pytest.mark.rule("G1", "F50", "F51", "F22")
def test_the_contracts_own_requests_are_read() -> None:
    assert parse_role_request({"noticeNo": NUMBER, "offenderType": "HIRER"}) == RoleRequest(NUMBER, "H")
    assert parse_notice_request({"noticeNo": NUMBER}) == NUMBER
    assert parse_furnish(FURNISH) == FurnishRequest(NUMBER, "H", JOHN, ORCHARD, EMPLOYEE)
    remarks = FurnishDetail(remarks="Redirected by OIC")
    assert parse_redirect(REDIRECT) == FurnishRequest(NUMBER, "H", JOHN, ORCHARD, remarks, from_role="O")
    assert parse_update(UPDATE) == ParticularsPatch(
        NUMBER,
        "H",
        {
            "name": "JOHN LEE UPDATED",
            "email": "john.lee.new@email.com",
            "tel_code": "65",
            "tel_no": "98765432",
        },
        {
            "block_no": "456",
            "street_name": "MARINA BAY",
            "building_name": "TOWER A",
            "floor_no": "02",
            "unit_no": "02",
            "postal_code": "018989",
        },
        {"remarks": "Address updated by OIC"},
    )


LEAST = {"noticeNo": NUMBER, "offenderType": "DRIVER", "idType": "PASSPORT", "idNo": "a1", "name": " ANN "}


@pytest.mark.rule("F50", "G7")
def test_what_is_not_required_may_be_absent_null_or_blank_and_keys_nobody_knows_are_ignored() -> None:
    blank = {"email": "", "countryCode": " ", "contactNo": None, "address": None, "remarks": "", "x": [1]}
    bare = FurnishRequest(NUMBER, "D", Person("P", "A1", "ANN"), None, FurnishDetail())
    assert parse_furnish(LEAST) == bare
    assert parse_furnish(LEAST | blank) == bare
    assert parse_furnish(LEAST | {"address": {"blockNo": " ", "unitNo": None}}) == bare


WRONG: tuple[Case[dict[str, Any], None, Told], ...] = (
    Case(
        rule=("F52", "G1"),
        name="everything that is missing is told at once, in the contract's order",
        given=dict.fromkeys(("noticeNo", "offenderType", "idType", "idNo", "name")),
        says=(
            ("noticeNo", "Notice number is required"),
            ("offenderType", "Invalid offender type"),
            ("idType", "ID type is required"),
            ("idNo", "ID number is required"),
            ("name", "Name is required"),
        ),
    ),
    *(
        Case(
            rule=("F22", "F50", "F51", "F52", "G7", "G10"),
            name=f"{field} {value!r:.40}",
            given={field: value},
            says=((field, message),),
        )
        for field, value, message in (
            ("noticeNo", "12345678901", "noticeNo exceeds maximum length (10 characters)"),
            ("noticeNo", "50050-303J", "Invalid notice number"),
            ("noticeNo", "\x00", "Invalid noticeNo"),
            ("noticeNo", 500500303, "Notice number is required"),
            ("offenderType", "OWNERS", "Invalid offender type"),
            ("offenderType", "hirer", "Invalid offender type"),
            ("idType", "N", "Invalid ID type"),
            ("idNo", "S123456A", "Invalid NRIC format"),
            ("idNo", "F1234567A", "Invalid NRIC format"),
            ("name", "N" * 67, "name exceeds maximum length (66 characters)"),
            ("name", "\U00020000" * 34, "name exceeds maximum length (66 characters)"),
            ("name", "A\x00B", "Invalid name"),
            ("name", "A\ud800B", "Invalid name"),
            ("email", "john.lee", "Invalid email format"),
            ("email", "a@b@c.d", "Invalid email format"),
            ("email", 5, "Invalid email format"),
            ("email", "a" * 316 + "@b.cd", "email exceeds maximum length (320 characters)"),
            ("countryCode", "6500", "Invalid country code"),
            ("countryCode", "+65", "Invalid country code"),
            ("countryCode", 65, "Invalid country code"),
            ("contactNo", "9123456", "Invalid contact number"),
            ("contactNo", "912345678", "Invalid contact number"),
            ("contactNo", "9123 456", "Invalid contact number"),
            ("address", "123 ORCHARD ROAD", "Invalid address"),
            ("relationship", "R" * 51, "relationship exceeds maximum length (50 characters)"),
            ("rentalPeriodFrom", "2025-02-30", "Invalid rentalPeriodFrom"),
            ("rentalPeriodFrom", "20250101", "Invalid rentalPeriodFrom"),
            ("rentalPeriodTo", "2024-12-31", "Rental period ends before it begins"),
            ("remarks", "R" * 201, "remarks exceeds maximum length (200 characters)"),
            ("remarks", {"a": 1}, "Invalid remarks"),
        )
    ),
    *(
        Case(
            rule=("F52", "F50"),
            name=f"idNo {number!r} beside a wrong idType",
            given={"idType": "XXX", "idNo": number},
            says=(("idType", "Invalid ID type"), *violations),
        )
        for number, *violations in (
            ("S1234567A",),
            ("s-1",),
            (None, ("idNo", "ID number is required")),
            ("1" * 13, ("idNo", "idNo exceeds maximum length (12 characters)")),
            ("1\x1b", ("idNo", "Invalid idNo")),
        )
    ),
    Case(
        rule=("F52", "F50"),
        name="the kind of identity number is a text",
        given={"idType": 5, "idNo": "12"},
        says=(("idType", "ID type is required"),),
    ),
    *(
        Case(
            rule="F51",
            name=f"{field} {value} in the address",
            given={"address": {field: value}},
            says=((field, message),),
        )
        for field, value, message in (
            ("blockNo", "B" * 11, "blockNo exceeds maximum length (10 characters)"),
            ("streetName", "S" * 33, "streetName exceeds maximum length (32 characters)"),
            ("buildingName", "B" * 66, "buildingName exceeds maximum length (65 characters)"),
            ("unitNo", "1234-1", "floor exceeds maximum length (3 characters)"),
            ("unitNo", "1-123456", "unit exceeds maximum length (5 characters)"),
            ("postalCode", "23888", "Invalid postal code"),
            ("postalCode", "2388888", "Invalid postal code"),
        )
    ),
)


@parametrize_cases(WRONG)
def test_a_furnish_with_a_wrong_field(case: Case[dict[str, Any], None, Told]) -> None:
    assert messages(parse_furnish({**FURNISH, **case.given})) == case.says


@pytest.mark.rule("F51")
def test_names_and_addresses_are_stored_with_plain_blanks_and_remarks_as_sent() -> None:
    pasted = {
        "name": "\xa0PAT\xa0\u3000SAMPLE\r\n",
        "address": {
            "streetName": "EXAMPLE\u2007ROAD",
            "buildingName": "TOWER\t A",
            "unitNo": "#01\xa0-\xa002",
        },
        "remarks": "see letter of 1\xa0May\nsecond line",
    }
    request = parse_furnish({**FURNISH, **pasted})
    assert isinstance(request, FurnishRequest)
    assert request.person.name == "PAT SAMPLE"
    assert request.address == MailingAddress(
        street_name="EXAMPLE ROAD", building_name="TOWER A", floor_no="01", unit_no="02"
    )
    assert request.detail.remarks == pasted["remarks"]
    longest = parse_furnish({**FURNISH, "name": "N" * 33 + "\xa0\xa0" + "N" * 32})
    assert isinstance(longest, FurnishRequest)


@pytest.mark.rule("F51", "F52")
@pytest.mark.parametrize("field", ["name", "relationship", "remarks"])
@pytest.mark.parametrize("text", ["A\x1bB", "A\x1f", "\x1cA", "\x1d", " \x1e "])
def test_a_control_character_is_no_text(field: str, text: str) -> None:
    assert messages(parse_furnish({**FURNISH, field: text})) == ((field, f"Invalid {field}"),)


@pytest.mark.rule("F51", "F52")
@pytest.mark.parametrize(
    "field, message",
    [
        ("noticeNo", "Invalid noticeNo"),
        ("offenderType", "Invalid offender type"),
        ("idType", "Invalid ID type"),
        ("idNo", "Invalid NRIC format"),
        ("email", "Invalid email format"),
        ("countryCode", "Invalid country code"),
        ("contactNo", "Invalid contact number"),
        ("rentalPeriodFrom", "Invalid rentalPeriodFrom"),
    ],
)
@pytest.mark.parametrize("sent", ["\x1f{}", "{}\x1c"])
def test_a_control_character_around_a_value_is_no_blank(field: str, message: str, sent: str) -> None:
    found = messages(parse_furnish({**FURNISH, field: sent.format(FURNISH[field])}))
    assert found[0] == (field, message)


@pytest.mark.rule("F51", "F52")
@pytest.mark.parametrize(
    "field, message",
    [
        ("blockNo", "Invalid blockNo"),
        ("streetName", "Invalid streetName"),
        ("buildingName", "Invalid buildingName"),
        ("postalCode", "Invalid postal code"),
    ],
)
@pytest.mark.parametrize("sent", ["\x1f{}", "{}\x1c"])
def test_a_control_character_around_a_part_of_the_address(field: str, message: str, sent: str) -> None:
    address = {field: sent.format(FURNISH["address"][field])}
    assert messages(parse_furnish({**FURNISH, "address": address})) == ((field, message),)


@pytest.mark.rule("F51", "F52")
@pytest.mark.parametrize(
    "sent, part", [("\x1f#01-02", "floor"), ("01\x1c-02", "floor"), ("01-02\x1f", "unit"), ("02\x1f", "unit")]
)
def test_a_control_character_in_floor_or_unit(sent: str, part: str) -> None:
    found = messages(parse_furnish({**FURNISH, "address": {"unitNo": sent}}))
    assert found == (("unitNo", f"Invalid {part}"),)


@pytest.mark.rule("F51", "F52")
def test_a_name_of_which_nothing_shows_is_missing() -> None:
    assert messages(parse_furnish({**FURNISH, "name": "\u200b\u2060"})) == (("name", "Name is required"),)


@parametrize_cases(UNITS)
def test_floor_and_unit(case: Case[str, None, tuple[str | None, str | None]]) -> None:
    request = parse_furnish({**FURNISH, "address": {"unitNo": case.given}})
    assert isinstance(request, FurnishRequest)
    floor, unit = case.says
    assert request.address == MailingAddress(floor_no=floor, unit_no=unit)


IDENTITIES: tuple[Case[str, str, str | None], ...] = tuple(
    Case(rule="F50", name=f"{word} {number}", given=word, ask=number, says=stored)
    for word, number, stored in (
        ("NRIC", "s1234567a", "S1234567A"),
        ("NRIC", "T1234567Z", "T1234567Z"),
        ("NRIC", "G1234567A", None),
        ("FIN", "G1234567A", "G1234567A"),
        ("FIN", "M1234567A", "M1234567A"),
        ("FIN", "S1234567A", None),
        ("UEN", "201912345K", "201912345K"),
        ("UEN", "12345678a", "12345678A"),
        ("UEN", "12345678", None),
        ("UEN", "20191234567", None),
        ("PASSPORT", "e1", "E1"),
        ("PASSPORT", "E12345678901", "E12345678901"),
        ("PASSPORT", "E123456789012", None),
        ("PASSPORT", "E-1", None),
        ("FIN", "g1234567a", "G1234567A"),
        ("FIN", "f1234567z", "F1234567Z"),
        ("FIN", "m1234567a", "M1234567A"),
        ("NRIC", "t1234567Z", "T1234567Z"),
        ("NRIC", "\u017f1234567A", None),  # a long s, whose capital is S
        ("PASSPORT", "E\u017f1", None),
        ("PASSPORT", "\ufb01123", None),  # a ligature, whose capitals are FI
        ("UEN", "20191234\ufb06", None),  # ten characters when converted
        ("PASSPORT", "E\u0131", None),  # a dotless i, whose capital is I
        ("NRIC", "S123456\u0667A", None),  # an Arabic digit
    )
)


@parametrize_cases(IDENTITIES)
def test_identity_numbers(case: Case[str, str, str | None]) -> None:
    request = parse_furnish({**FURNISH, "idType": case.given, "idNo": case.ask})
    if case.says is None:
        assert messages(request) == (("idNo", f"Invalid {case.given} format"),)
    else:
        assert isinstance(request, FurnishRequest)
        assert request.person.id_no == case.says


@pytest.mark.rule("F51")
@pytest.mark.parametrize(
    "code, number, right",
    [
        ("65", "91234567", True),
        (None, "91234567", True),
        ("65", "912345678", False),
        ("60", "1", True),
        ("60", "123456789012", True),
        ("60", "1234567890123", False),
    ],
)
def test_how_many_digits_a_number_has_depends_on_the_country(
    code: str | None,
    number: str,
    right: bool,  # noqa: FBT001
) -> None:
    request = parse_furnish({**FURNISH, "countryCode": code, "contactNo": number})
    assert isinstance(request, FurnishRequest) is right


@pytest.mark.rule("F51", "F52", "G8")
@pytest.mark.parametrize(
    "sent, violations",
    [
        ({"countryCode": "65", "contactNo": "123456789"}, ("contactNo",)),
        ({"countryCode": None, "contactNo": "123456789"}, ("contactNo",)),
        (
            {"countryCode": "65", "contactNo": "1", "address": {"postalCode": "1"}},
            ("contactNo", "postalCode"),
        ),
        ({"countryCode": "60", "contactNo": "123456789"}, ()),
        ({"countryCode": "65", "contactNo": None}, ()),
        ({"countryCode": "abc", "contactNo": "123456789"}, ("countryCode",)),
        ({"contactNo": "123456789"}, ()),  # the country code is the stored one
        ({"countryCode": "65"}, ()),
    ],
)
def test_an_update_with_both_parts_of_a_telephone_number_is_checked_before_the_database(
    sent: dict[str, Any], violations: tuple[str, ...]
) -> None:
    found = parse_update({"noticeNo": NUMBER, "offenderType": "HIRER", **sent})
    if not violations:
        assert isinstance(found, ParticularsPatch)
    else:
        assert tuple(field for field, _ in messages(found)) == violations


@pytest.mark.rule("F22")
def test_a_rental_period_of_one_day_is_a_period() -> None:
    request = parse_furnish({**FURNISH, "rentalPeriodTo": FURNISH["rentalPeriodFrom"]})
    assert isinstance(request, FurnishRequest)


@pytest.mark.rule("F40")
def test_an_update_tells_absent_from_null() -> None:
    bare = {"noticeNo": NUMBER, "offenderType": "HIRER"}
    assert parse_update(bare) == ParticularsPatch(NUMBER, "H", {}, {}, {})
    assert parse_update(bare | {"address": {}}) == ParticularsPatch(NUMBER, "H", {}, {}, {})
    nothing = {"name": None, "email": None, "address": {"unitNo": None}, "remarks": None}
    cleared = {"floor_no": None, "unit_no": None}
    assert parse_update(bare | nothing) == ParticularsPatch(
        NUMBER, "H", {"name": None, "email": None}, cleared, {"remarks": None}
    )
    no_address = parse_update(bare | {"address": None})
    assert isinstance(no_address, ParticularsPatch)
    assert no_address.address == asdict(MailingAddress())
    assert messages(parse_update(bare | {"name": " "})) == (("name", "Name is required"),)


@pytest.mark.rule("F52", "G7")
@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_a_body_that_is_no_object_is_invalid_as_a_whole(body: object) -> None:
    assert messages(parse_notice_request(body))[0] == (None, "Invalid request body")


@pytest.mark.rule("F30", "F52")
def test_a_redirect_names_both_its_roles() -> None:
    assert messages(parse_redirect({**REDIRECT, "fromOffenderType": None, "toOffenderType": "X"})) == (
        ("fromOffenderType", "Invalid offender type"),
        ("toOffenderType", "Invalid offender type"),
    )


@pytest.mark.rule("F52")
@pytest.mark.parametrize(
    "sent, read",
    [
        ({}, (0, 20)),
        ({"skip": 5, "limit": 100}, (5, 100)),
        ({"skip": None}, (0, 20)),
        ({"skip": 0, "limit": 1}, (0, 1)),
    ],
)
def test_a_page_of_the_timeline(sent: dict[str, Any], read: tuple[int, int]) -> None:
    assert parse_timeline_page({"noticeNo": NUMBER, **sent}) == TimelinePage(NUMBER, *read)


PAGES = (("skip", -1), ("skip", "1"), ("skip", True), ("limit", 0), ("limit", 101), ("limit", 1.5))


@pytest.mark.rule("F52", "G7")
@pytest.mark.parametrize("field, value", PAGES)
def test_a_page_that_cannot_be(field: str, value: object) -> None:
    assert messages(parse_timeline_page({"noticeNo": NUMBER, field: value})) == ((field, f"Invalid {field}"),)


@pytest.mark.rule("K4", "G9")
def test_a_reversal_names_its_notices() -> None:
    assert parse_reversal({"noticeNos": ["500500303j", "500500304K"]}, 2) == ("500500303J", "500500304K")


@pytest.mark.rule("K4", "G7", "G8")
@pytest.mark.parametrize(
    "numbers, message",
    [
        (None, "Notice numbers are required"),
        ([], "Notice numbers are required"),
        ({}, "Notice numbers are required"),
        (NUMBER, "Notice numbers are required"),
        ([NUMBER, None], "Invalid notice number"),
        ([NUMBER, 5], "Invalid notice number"),
        ([NUMBER, ""], "Invalid notice number"),
        ([NUMBER, "5" * 11], "Invalid notice number"),
        ([NUMBER] * 3, "Request exceeds maximum batch limit of 2 notices"),
    ],
)
def test_what_is_wrong_with_the_notices_of_a_reversal(numbers: object, message: str) -> None:
    assert messages(parse_reversal({"noticeNos": numbers}, 2)) == (("noticeNos", message),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
READERS: tuple[Callable[[object], object], ...] = (
    lambda body: parse_reversal(body, 2),
    parse_role_request,
    parse_notice_request,
    parse_timeline_page,
    parse_furnish,
    parse_redirect,
    parse_update,
)


@pytest.mark.rule("G7", "F52")
@given(body=JSON | st.fixed_dictionaries({}, optional=dict.fromkeys((*FURNISH, "fromOffenderType"), JSON)))
def test_no_json_whatever_breaks_the_reading(body: object) -> None:
    for read in READERS:
        read(body)

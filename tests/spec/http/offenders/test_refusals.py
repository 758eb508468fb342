"""Every error of contract 3, in its own envelope."""

from typing import Any

import pytest

from ocms_core.kernel.access import Role
from tests.spec.http.offenders.conftest import OfficerClient
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, REDIRECT, UPDATE
from tests.support.offender_rows import put_notice, put_person

PATHS = (
    ("POST", "offender/check-eligibility"),
    ("POST", "offender/furnish"),
    ("POST", "offender/redirect"),
    ("PATCH", "offender/update"),
    ("POST", "offender/update"),
    ("GET", f"offender/{NUMBER}"),
    ("POST", "offender/get-details"),
    ("GET", f"{NUMBER}/timeline"),
    ("POST", "timeline"),
)
NO_OBJECTS: tuple[object, ...] = ([], 5, "x", {})
NOT_FOUND = {
    "success": False,
    "errorType": "NOT_FOUND",
    "reason": "NOTICE_NOT_FOUND",
    "message": "Notice not found",
}


def business(reason: str, message: str) -> dict[str, Any]:
    return {"success": False, "errorType": "BUSINESS_ERROR", "reason": reason, "message": message}


def invalid(*violations: tuple[str | None, str]) -> dict[str, Any]:
    listed = [{"field": field, "message": message} for field, message in violations]
    return {"success": False, "errorType": "VALIDATION_ERROR", **listed[0], "violations": listed}


@pytest.mark.rule("F53", "G15", "G16")
@pytest.mark.parametrize("method, path", PATHS)
def test_a_call_without_a_good_credential(officer_client: OfficerClient, method: str, path: str) -> None:
    good_key = officer_client.served.deployment.key(Role.CAS)
    given = {"success": False, "errorType": "AUTHENTICATION_ERROR"}
    for headers, reason, message in (
        ({}, "JWT_INVALID", "Invalid JWT token"),
        ({"Authorization": "Bearer nonsense"}, "JWT_INVALID", "Invalid JWT token"),
        ({"X-API-Key": "nonsense"}, "API_KEY_INVALID", "Invalid Auth Token"),
        (good_key, "API_KEY_INVALID", "Invalid Auth Token"),
    ):
        answer = officer_client.call(method, path, headers=headers)
        assert (answer.status_code, answer.json()) == (401, given | {"reason": reason, "message": message})
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.rule("G15", "G16")
@pytest.mark.parametrize("method, path", PATHS)
def test_only_officers_may_call(officer_client: OfficerClient, method: str, path: str) -> None:
    deployment = officer_client.served.deployment
    for headers in (deployment.token(role) for role in (Role.CAS, Role.PLUS, Role.TOPPAN)):
        answer = officer_client.call(method, path, headers=headers)
        assert (answer.status_code, answer.json()) == (
            403,
            {
                "success": False,
                "errorType": "AUTHORIZATION_ERROR",
                "reason": "FORBIDDEN",
                "message": "Not allowed",
            },
        )


@pytest.mark.rule("G7", "G8")
@pytest.mark.parametrize("method, path", [each for each in PATHS if each[0] != "GET"])
def test_bytes_that_are_no_request(officer_client: OfficerClient, method: str, path: str) -> None:
    for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000, b"\x00"):
        answer = officer_client.call(method, path, body)
        assert (answer.status_code, answer.json()) == (400, invalid((None, "Invalid request body")))
    answer = officer_client.call(method, path, b" " * (2 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()) == (413, invalid((None, "Request body is too large")))
    for wrong in NO_OBJECTS:
        answer = officer_client.call(method, path, wrong)
        assert answer.status_code == 400
        assert answer.json()["errorType"] == "VALIDATION_ERROR"


@pytest.mark.rule("G2", "G7", "F52")
@pytest.mark.parametrize("path", [path for method, path in PATHS if method == "POST"])
@pytest.mark.parametrize("body", [b"null", b"[]", b"{}"])
def test_what_is_not_in_the_body_of_a_post_is_not_looked_for_in_its_address(
    officer_client: OfficerClient, path: str, body: bytes
) -> None:
    put_notice(officer_client.intranet, NUMBER)
    answer = officer_client.call("POST", f"{path}?noticeNo={NUMBER}&offenderType=OWNER&skip=0", body)
    assert answer.status_code == 400
    as_a_whole = () if body == b"{}" else (None,)
    fields = [each["field"] for each in answer.json()["violations"]]
    assert tuple(fields[: len(as_a_whole)]) == as_a_whole
    assert fields[len(as_a_whole)] == "noticeNo"


@pytest.mark.rule("F52")
@pytest.mark.parametrize(
    "field, message",
    [
        ("noticeNo", "Notice number is required"),
        ("offenderType", "Invalid offender type"),
        ("idNo", "ID number is required"),
        ("name", "Name is required"),
    ],
)
def test_the_contracts_validation_errors(officer_client: OfficerClient, field: str, message: str) -> None:
    answer = officer_client.post("offender/furnish", {**FURNISH, field: ""})
    assert (answer.status_code, answer.json()) == (400, invalid((field, message)))


@pytest.mark.rule("G11")
def test_the_request_id_is_echoed_with_a_refusal_too(officer_client: OfficerClient) -> None:
    headers = {**officer_client.headers, "X-Request-ID": "ask-me-7"}
    answer = officer_client.call("POST", "offender/get-details", {"noticeNo": NUMBER}, headers=headers)
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (404, "ask-me-7")


@pytest.mark.rule("F52")
def test_all_that_is_wrong_is_told_at_once(officer_client: OfficerClient) -> None:
    answer = officer_client.post(
        "offender/furnish", {**FURNISH, "idNo": "X", "email": "x", "address": {"postalCode": "1"}}
    )
    assert answer.json() == invalid(
        ("idNo", "Invalid NRIC format"),
        ("email", "Invalid email format"),
        ("postalCode", "Invalid postal code"),
    )


@pytest.mark.rule("F10", "F40", "F41")
def test_a_notice_nobody_knows(officer_client: OfficerClient) -> None:
    check = {"noticeNo": NUMBER, "offenderType": "HIRER"}
    for method, path, body in (
        ("POST", "offender/check-eligibility", check),
        ("POST", "offender/furnish", FURNISH),
        ("POST", "offender/redirect", REDIRECT),
        ("PATCH", "offender/update", UPDATE),
        ("GET", f"offender/{NUMBER}", None),
        ("POST", "offender/get-details", check),
        ("GET", f"{NUMBER}/timeline", None),
        ("POST", "timeline", check),
    ):
        answer = officer_client.call(method, path, body)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.rule("G8", "F51", "F52")
def test_a_telephone_number_that_does_not_suit_its_country_is_refused_before_the_notice_is_looked_up(
    officer_client: OfficerClient,
) -> None:
    body = {"noticeNo": NUMBER, "offenderType": "OWNER", "countryCode": "65", "contactNo": "123456789"}
    answer = officer_client.post("offender/update", {**body, "address": {"postalCode": "12"}})
    assert (answer.status_code, answer.json()) == (
        400,
        invalid(("contactNo", "Invalid contact number"), ("postalCode", "Invalid postal code")),
    )


@pytest.mark.rule("F10", "F30", "F40")
def test_the_contracts_business_errors(officer_client: OfficerClient) -> None:
    def answers(path: str, body: object, reason: str, message: str) -> None:
        answer = officer_client.post(path, body)
        assert (answer.status_code, answer.json()) == (409, business(reason, message))

    put_notice(officer_client.intranet, NUMBER, suspension_type="PS")
    answers("offender/furnish", FURNISH, "PERMANENT_SUSPENSION", "Notice has active permanent suspension")
    final = {**FURNISH, "noticeNo": "FINAL1"}
    put_notice(officer_client.intranet, "FINAL1", last_processing_stage="CPC")
    answers("offender/furnish", final, "LAST_STAGE_AFTER_CPC", "Notice is at final processing stage")
    put_notice(officer_client.intranet, "EMPTY1")
    nobody = {**REDIRECT, "noticeNo": "EMPTY1"}
    answers("offender/redirect", nobody, "OFFENDER_NOT_FOUND", "Offender record not found")
    same = {**nobody, "fromOffenderType": "HIRER"}
    answers("offender/redirect", same, "REDIRECT_SAME_ROLE", "Cannot redirect to the same role")
    changes = {**UPDATE, "noticeNo": "EMPTY1"}
    answers("offender/update", changes, "OFFENDER_NOT_FOUND", "Offender record not found")
    put_person(officer_client.intranet, "EMPTY1", "H", JOHN)
    put_person(officer_client.intranet, "EMPTY1", "D", OWNER, current=True)
    answers("offender/update", changes, "NOT_CURRENT_OFFENDER", "Cannot update - not the current offender")
    answers("offender/redirect", nobody, "NOT_CURRENT_OFFENDER", "Cannot update - not the current offender")
    bare = {"noticeNo": "EMPTY1", "offenderType": "DRIVER"}
    nothing = officer_client.post("offender/update", bare)
    assert (nothing.status_code, nothing.json()) == (400, invalid((None, "No changes detected")))

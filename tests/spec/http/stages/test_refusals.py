"""What keeps a call of contract 2 from being answered is told in the words of its family."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from ocms_core.kernel.access import Role
from ocms_web.endpoints import MEBIBYTE
from tests.support.http_server import Headers, Served

PORTAL = "/ocms/v1/change-processing-stage"
SEARCH, VALIDATE, SUBMIT = f"{PORTAL}/search", f"{PORTAL}/validate", PORTAL
REPORTS, DOWNLOAD = f"{PORTAL}/reports", f"{PORTAL}/report/download"
PLUS = "/ocms/v1/external/plus/change-processing-stage"
TOPPAN = "/ocms/v1/internal/toppan/update-stages"

BESIDE: dict[str, dict[str, Any]] = {
    SEARCH: {
        "eligibleNotices": [],
        "ineligibleNotices": [],
        "summary": {"total": 0, "eligible": 0, "ineligible": 0},
    },
    VALIDATE: {
        "changeableNotices": [],
        "nonChangeableNotices": [],
        "summary": {"total": 0, "changeable": 0, "nonChangeable": 0},
    },
    SUBMIT: {
        "status": "FAILED",
        "summary": {"requested": 0, "succeeded": 0, "failed": 0},
        "results": [],
    },
    REPORTS: {},
    DOWNLOAD: {},
}
NO_RUN = {"totalNotices": 0, "automaticUpdates": 0, "manualUpdates": 0, "skipped": 0, "success": False}
CALLERS = {**dict.fromkeys(BESIDE, Role.OIC), PLUS: Role.PLUS, TOPPAN: Role.TOPPAN}


def worded(path: str, error: str, message: str, plus_code: str) -> dict[str, Any]:
    if path == PLUS:
        return {"status": "FAILED", "code": plus_code, "message": message}
    if path == TOPPAN:
        return {**NO_RUN, "errors": [message]}
    return {**BESIDE[path], "error": error, "message": message}


@pytest.mark.rule("G15", "G16", "G8", "S4")
def test_without_a_good_credential(portal: Served) -> None:
    keys = [portal.deployment.key(role) for role in (Role.CAS, Role.PLUS, Role.TOPPAN)]
    bad: tuple[Headers, ...] = (
        {},
        {"Authorization": "Bearer nonsense"},
        {"X-API-Key": "nonsense"},
        *keys,
    )
    for path, headers in product(CALLERS, bad):
        answer = portal.post(path, b"{", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == worded(path, "UNAUTHORIZED", "Invalid or missing token", "OCMS-4011")
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="ocms"')


@pytest.mark.rule("G15", "G16")
def test_with_the_credential_of_another_role(portal: Served) -> None:
    for path, role in product(CALLERS, (Role.PLUS, Role.TOPPAN, Role.OIC)):
        if role is not CALLERS[path]:
            answer = portal.post(path, {}, headers=portal.deployment.token(role))
            assert answer.status_code == 403
            assert answer.json() == worded(path, "FORBIDDEN", "Not allowed", "OCMS-4031")


@pytest.mark.rule("G7", "G15")
def test_with_a_body_that_is_no_json(portal: Served) -> None:
    for path, role in CALLERS.items():
        token = portal.deployment.token(role)
        for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"items": NaN}'):
            answer = portal.post(path, body, headers=token)
            assert answer.status_code == 400
            assert answer.json() == worded(
                path, "OCMS.CPS.INVALID_FORMAT", "Invalid request. Please check and try again.", "OCMS-4000"
            )


@pytest.mark.rule("G8", "S20")
def test_with_a_body_beyond_all_bounds(portal: Served) -> None:
    for path, role in CALLERS.items():
        most = (4 if path == TOPPAN else 2) * MEBIBYTE
        answer = portal.post(path, b" " * (most + 1), headers=portal.deployment.token(role))
        assert answer.status_code == 413
        assert answer.json() == worded(
            path, "OCMS.CPS.INVALID_FORMAT", "Request exceeds maximum batch limit", "OCMS-4000"
        )


def submit_of(numbers: list[str]) -> dict[str, Any]:
    return {"items": [{"noticeNo": number} for number in numbers]}


def validate_of(numbers: list[str]) -> dict[str, Any]:
    return {"notices": submit_of(numbers)["items"], "newProcessingStage": "DN2"}


def plus_of(numbers: list[str]) -> dict[str, Any]:
    return {"noticeNo": numbers, "lastStageName": "DN1", "nextStageName": "DN2", "source": "005"}


OVER = "Request exceeds maximum batch limit of 500 notices"
NO_NUMBER = "noticeNo is required"


@pytest.mark.rule("S20", "S24", "S60", "G8")
@pytest.mark.parametrize(
    "path, body_of, malformed",
    [
        (SUBMIT, submit_of, ("OCMS.CPS.MISSING_DATA", NO_NUMBER)),
        (VALIDATE, validate_of, ("OCMS.CPS.MISSING_DATA", NO_NUMBER)),
        (PLUS, plus_of, ("OCMS-4000", "Notice numbers must be 1 to 10 letters, digits or hyphens")),
    ],
)
def test_one_notice_over_the_cap_is_too_much_unless_a_field_is_wrong(
    portal: Served, path: str, body_of: Callable[[list[str]], object], malformed: tuple[str, str]
) -> None:
    token, numbers = portal.deployment.token(CALLERS[path]), [f"{number:010}" for number in range(501)]

    def given(*numbers: str) -> tuple[int, str, str]:
        answer = portal.post(path, body_of(list(numbers)), headers=token)
        body = answer.json()
        (said,) = body["results"] if path == SUBMIT else [body]
        return answer.status_code, said.get("code") or said["error"], said["message"]

    too_many = "OCMS-4000" if path == PLUS else "OCMS.CPS.INVALID_FORMAT"
    assert given(*numbers) == (413, too_many, OVER)
    assert given(*numbers[1:], "") == (400, *malformed)


@pytest.mark.rule("S24", "G8")
def test_a_validation_without_its_stage_is_told_so_however_many_notices_it_has(portal: Served) -> None:
    body = {**validate_of(["N-001"] * 501), "newProcessingStage": None}
    answer = portal.post(VALIDATE, body, headers=portal.deployment.token(Role.OIC))
    assert (answer.status_code, answer.json()) == (
        400,
        worded(VALIDATE, "OCMS.CPS.MISSING_DATA", "newProcessingStage is required", ""),
    )


@pytest.mark.rule("G2", "S51", "S52")
@pytest.mark.parametrize("body", [b"null", b"[]", b"{}"])
def test_what_is_not_in_the_body_of_a_post_is_not_looked_for_in_its_address(
    portal: Served, body: bytes
) -> None:
    token = portal.deployment.token(Role.OIC)
    for path, query, error in (
        (REPORTS, "startDate=2025-01-01&endDate=2025-01-31", "INVALID_DATE_RANGE"),
        (DOWNLOAD, "reportId=ChangeStageReport_20250115_USER01.xlsx", "INVALID_REPORT_ID"),
    ):
        answer = portal.post(f"{path}?{query}", body, headers=token)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.rule("S53")
def test_a_link_nobody_signed_opens_nothing(portal: Served) -> None:
    for query in ("", "?expires=9999999999", "?expires=9999999999&signature=00", "?expires=x&signature=%00"):
        answer = portal.http.get(f"/reports/change-stage/Any.xlsx{query}")
        assert answer.status_code == 403
        assert answer.json() == {"error": "FORBIDDEN", "message": "The link has expired or is not valid"}

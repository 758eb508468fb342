"""What keeps a call of contract 2 from being answered is told in the words of its family."""

from itertools import product
from typing import Any

import pytest

from ocms_core.kernel.access import Role
from ocms_web.endpoints import MEBIBYTE
from tests.support.served import Headers, Served

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


@pytest.mark.rule("G15", "G8", "S4")
def test_without_a_good_credential(portal: Served) -> None:
    bad: tuple[Headers, ...] = ({}, {"Authorization": "Bearer nonsense"}, {"X-API-Key": "nonsense"})
    for path, headers in product(CALLERS, bad):
        answer = portal.post(path, b"{", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == worded(path, "UNAUTHORIZED", "Invalid or missing token", "OCMS-4011")
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="ocms"')


@pytest.mark.rule("G15", "G16")
def test_with_the_credential_of_another_role(portal: Served) -> None:
    for path, role in product(CALLERS, (Role.PLUS, Role.TOPPAN, Role.OIC)):
        if role is not CALLERS[path]:
            answer = portal.post(path, {}, headers=portal.house.token(role))
            assert answer.status_code == 403
            assert answer.json() == worded(path, "FORBIDDEN", "Not allowed", "OCMS-4031")


@pytest.mark.rule("G7", "G15")
def test_with_a_body_that_is_no_json(portal: Served) -> None:
    for path, role in CALLERS.items():
        token = portal.house.token(role)
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
        answer = portal.post(path, b" " * (most + 1), headers=portal.house.token(role))
        assert answer.status_code == 413
        assert answer.json() == worded(
            path, "OCMS.CPS.INVALID_FORMAT", "Request exceeds maximum batch limit", "OCMS-4000"
        )


@pytest.mark.rule("S20")
def test_one_item_over_the_cap_is_too_much(portal: Served) -> None:
    items = [{"noticeNo": f"{number:010}"} for number in range(501)]
    answer = portal.post(SUBMIT, {"items": items}, headers=portal.house.token(Role.OIC))
    assert answer.status_code == 413
    (result,) = answer.json()["results"]
    assert (result["code"], result["message"]) == (
        "OCMS.CPS.INVALID_FORMAT",
        "Request exceeds maximum batch limit of 500 notices",
    )


@pytest.mark.rule("S53")
def test_a_link_nobody_signed_opens_nothing(portal: Served) -> None:
    for query in ("", "?expires=9999999999", "?expires=9999999999&signature=00", "?expires=x&signature=%00"):
        answer = portal.http.get(f"/reports/change-stage/Any.xlsx{query}")
        assert answer.status_code == 403
        assert answer.json() == {"error": "FORBIDDEN", "message": "The link has expired or is not valid"}

"""What each call of contract 2 answers when the database behind it has lost its tables."""

from typing import Any

import pytest

from ocms_core.kernel.access import Role
from tests.spec.http.stages.test_refusals import (
    BESIDE,
    CALLERS,
    DOWNLOAD,
    PLUS,
    REPORTS,
    SEARCH,
    SUBMIT,
    TOPPAN,
    VALIDATE,
)
from tests.support.http_server import Served
from tests.support.mutations import missing

HANDLE = "handle-1"
TABLES = ("ocms_valid_offence_notice", "ocms_change_of_processing", "ocms_report")
REPORT = "ChangeStageReport_20250115_USER01.xlsx"
DAYS = {"startDate": "2025-01-01", "endDate": "2025-01-31"}
BODIES: dict[str, dict[str, Any]] = {
    SEARCH: {"noticeNo": "N-001"},
    VALIDATE: {"notices": [{"noticeNo": "N-001"}], "newProcessingStage": "DN2"},
    SUBMIT: {"items": [{"noticeNo": "N-001"}]},
    REPORTS: DAYS,
    DOWNLOAD: {"reportId": REPORT},
    PLUS: {"noticeNo": ["N-001"], "lastStageName": "DN1", "nextStageName": "DN2", "source": "005"},
    TOPPAN: {
        "noticeNumbers": ["N-001", "N-002", "N-003"],
        "currentStage": "DN1",
        "processingDate": "2025-12-19T00:30:00",
    },
}
TOLD = {"error": "INTERNAL_ERROR", "message": "Something went wrong. Please try again later."}
FAULTS: dict[str, dict[str, Any]] = {
    **{path: {**beside, **TOLD} for path, beside in BESIDE.items()},
    PLUS: {
        "status": "ERROR",
        "code": "INTERNAL_ERROR",
        "message": f"Unexpected system error: {HANDLE}",
    },
    TOPPAN: {
        "totalNotices": 3,
        "automaticUpdates": 0,
        "manualUpdates": 0,
        "skipped": 0,
        "errors": [f"Unexpected error: {HANDLE}"],
        "success": False,
    },
}


@pytest.mark.rule("S4", "S65", "S75", "G15")
def test_a_fault_of_ours_is_a_500_in_the_words_of_its_call_and_tells_no_internals(portal: Served) -> None:
    tokens = {
        role: {**portal.deployment.token(role), "X-Request-ID": HANDLE} for role in set(CALLERS.values())
    }
    by_address = (f"{REPORTS}?startDate=2025-01-01&endDate=2025-01-31", f"{SUBMIT}/report/{REPORT}")
    with missing(portal.deployment.engine, *TABLES):
        answers = {
            path: portal.post(path, BODIES[path], headers=tokens[role]) for path, role in CALLERS.items()
        }
        got = [portal.http.get(path, headers=tokens[Role.OIC]) for path in by_address]
    assert {path: (answer.status_code, answer.json()) for path, answer in answers.items()} == {
        path: (500, fault) for path, fault in FAULTS.items()
    }
    assert [(answer.status_code, answer.json()) for answer in got] == [(500, TOLD)] * 2

"""What is wrong with a field, over HTTP: the tables of the core's request checks, sent as they stand."""

import json
from collections.abc import Collection
from typing import Any

import httpx
import pytest

from ocms_core.hst.request_checks import application, enquiry, list_query, revival, update
from ocms_core.kernel.access import Role
from ocms_core.kernel.codes import BATCH_TOO_LARGE, Code
from ocms_core.kernel.decisions import Refusal
from tests.spec.court.test_request_checks import COMMON, PAIRS
from tests.spec.hst.test_request_checks import CASES as HST_CASES
from tests.spec.hst.test_request_checks import Check, Checking
from tests.spec.http.offenders.conftest import BASE
from tests.spec.http.offenders.test_refusals import invalid
from tests.spec.http.stages.test_contract import PLUS, PORTAL, TOPPAN
from tests.spec.http.stages.test_refusals import SEARCH, VALIDATE, worded
from tests.spec.offenders.test_request_reader import IDENTITIES, PAGES, WRONG, Told
from tests.spec.stages.test_request_checks import (
    CRITERIA,
    DATE_RANGES,
    PLUS_CALL,
    PLUS_CALLS,
    REVERSALS,
    SUBMITS,
    TOPPAN_CALLS,
    VALIDATIONS,
    Malformed,
)
from tests.support.cases import Case, parametrize_cases
from tests.support.http_server import API_2, API_4, Served
from tests.support.offender_builders import FURNISH, NUMBER, REDIRECT, UPDATE

HST_PATHS: dict[Check, str] = {
    enquiry: "/hstexists",
    application: "/v1/apply-hst",
    update: "/v1/update-hst",
    revival: "/v1/revive-hst",
    list_query: "/hstlist",
}


def is_of_a_smaller_cap(says: object) -> bool:
    """Return whether a case is about the cap of two that the core's tests set."""
    return "maximum batch limit" in str(says)


def is_json(body: object) -> bool:
    """Return whether a body can be sent as JSON: half of a surrogate pair cannot."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def fits(case: Case[dict[str, Any], None, Told], fields: Collection[str]) -> bool:
    """Return whether another call has the fields that are wrong in a case of a furnish."""
    return is_json(case.given) and case.given.keys() <= {*fields} - {"offenderType"}


def sent(served: Served, path: str, body: object, role: Role = Role.OIC) -> httpx.Response:
    return served.post(path, body, headers=served.deployment.token(role))


@pytest.mark.rule("S1", "G7", "G10")
@pytest.mark.parametrize("body, text", [each for each in CRITERIA if is_json(each[0])])
def test_a_criterion_of_a_search(running: Served, body: object, text: str) -> None:
    answer = sent(running, SEARCH, body)
    assert (answer.status_code, answer.json()) == (400, worded(SEARCH, "OCMS.CPS.INVALID_FORMAT", text, ""))


@parametrize_cases([case for case in SUBMITS if not is_of_a_smaller_cap(case.says)])
def test_a_submit(running: Served, case: Malformed) -> None:
    code, text, notice_no = case.says
    answer = sent(running, PORTAL, case.ask)
    failed = {"noticeNo": notice_no, "outcome": "FAILED", "code": f"OCMS.CPS.{code}", "message": text}
    summary = {"requested": 0, "succeeded": 0, "failed": 0}
    assert answer.status_code == 400
    assert answer.json() == {"status": "FAILED", "summary": summary, "results": [failed]}


@pytest.mark.rule("S24", "G7", "G8")
@pytest.mark.parametrize("body, said", [each for each in VALIDATIONS if not is_of_a_smaller_cap(each[1])])
def test_a_validation(running: Served, body: object, said: tuple[str, str]) -> None:
    code, text = said
    answer = sent(running, VALIDATE, body)
    assert (answer.status_code, answer.json()) == (400, worded(VALIDATE, f"OCMS.CPS.{code}", text, ""))


@pytest.mark.rule("S60", "G7", "G8")
@pytest.mark.parametrize("change, text", [each for each in PLUS_CALLS if not is_of_a_smaller_cap(each[1])])
def test_a_call_of_plus(running: Served, change: dict[str, object], text: str) -> None:
    answer = sent(running, PLUS, {**PLUS_CALL, **change}, Role.PLUS)
    assert (answer.status_code, answer.json()) == (400, worded(PLUS, "", text, "OCMS-4000"))


@pytest.mark.rule("S70")
@pytest.mark.parametrize("change, text", [each for each in TOPPAN_CALLS if not is_of_a_smaller_cap(each[1])])
def test_a_call_of_toppan(running: Served, change: dict[str, object], text: str) -> None:
    call = {"noticeNumbers": ["A"], "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"}
    answer = sent(running, TOPPAN, {**call, **change}, Role.TOPPAN)
    assert (answer.status_code, answer.json()["errors"]) == (400, [text])


@pytest.mark.rule("S51")
@pytest.mark.parametrize("start, end, text", DATE_RANGES)
def test_a_range_of_reports(running: Served, start: object, end: object, text: str) -> None:
    answer = sent(running, f"{PORTAL}/reports", {"startDate": start, "endDate": end})
    assert (answer.status_code, answer.json()) == (400, {"error": "INVALID_DATE_RANGE", "message": text})


@parametrize_cases([case for case in HST_CASES if isinstance(case.says, Refusal) and case.given in HST_PATHS])
def test_a_call_of_contract_4(running: Served, case: Checking) -> None:
    assert isinstance(case.says, Refusal)
    answer = sent(running, HST_PATHS[case.given], case.ask)
    code = case.says.code.worded(**case.says.words)
    assert (answer.status_code, answer.json()) == (
        400,
        {"data": {"appCode": code.code, "message": code.text}},
    )


@parametrize_cases([case for case in WRONG if is_json(case.given)])
def test_a_furnish(running: Served, case: Case[dict[str, Any], None, Told]) -> None:
    answer = sent(running, f"{BASE}/offender/furnish", {**FURNISH, **case.given})
    assert (answer.status_code, answer.json()) == (400, invalid(*case.says))


@parametrize_cases([case for case in IDENTITIES if case.says is None])
def test_an_identity_of_another_kind(running: Served, case: Case[str, str, str | None]) -> None:
    answer = sent(running, f"{BASE}/offender/furnish", {**FURNISH, "idType": case.given, "idNo": case.ask})
    assert (answer.status_code, answer.json()) == (400, invalid(("idNo", f"Invalid {case.given} format")))


@parametrize_cases([case for case in WRONG if fits(case, REDIRECT)])
def test_a_redirect(running: Served, case: Case[dict[str, Any], None, Told]) -> None:
    answer = sent(running, f"{BASE}/offender/redirect", {**REDIRECT, **case.given})
    assert (answer.status_code, answer.json()) == (400, invalid(*case.says))


# How many digits a telephone number has depends on the stored country code, so on a notice (F40).
@parametrize_cases([case for case in WRONG if fits(case, UPDATE.keys() - {"contactNo"})])
def test_an_update(running: Served, case: Case[dict[str, Any], None, Told]) -> None:
    answer = sent(running, f"{BASE}/offender/update", {**UPDATE, **case.given})
    assert (answer.status_code, answer.json()) == (400, invalid(*case.says))


@parametrize_cases([case for case in COMMON if is_json(case.ask)])
def test_a_call_of_contract_1(running: Served, case: Case[None, object, Code]) -> None:
    answer = sent(running, API_4, case.ask, Role.PLUS)
    assert (answer.status_code, answer.json()) == (400, flat(case.says))


@parametrize_cases([case for case in PAIRS if case.says is not BATCH_TOO_LARGE])
def test_a_court_update_wrong_in_two_places(running: Served, case: Case[None, object, Code]) -> None:
    answer = running.post(API_2, case.ask, headers=running.deployment.key(Role.CAS))
    assert (answer.status_code, answer.json()) == (400, flat(case.says))


def flat(code: Code) -> dict[str, str]:
    """Return a refusal of contract 1."""
    return {"appCode": code.code, "message": code.text}


@parametrize_cases([case for case in REVERSALS if not is_of_a_smaller_cap(case.says)])
def test_a_reversal_of_stages(running: Served, case: Malformed) -> None:
    code, text, _ = case.says
    answer = sent(running, f"{PORTAL}/reverse", case.ask)
    assert answer.status_code == 400
    (result,) = answer.json()["results"]
    assert (result["code"], result["message"]) == (f"OCMS.CPS.{code}", text)


@pytest.mark.rule("F52", "G7")
@pytest.mark.parametrize("field, value", PAGES)
def test_a_page_of_the_timeline(running: Served, field: str, value: object) -> None:
    answer = sent(running, f"{BASE}/timeline", {"noticeNo": NUMBER, field: value})
    assert (answer.status_code, answer.json()) == (400, invalid((field, f"Invalid {field}")))

"""A repeat that comes late, after something else has happened, changes nothing, on both databases (K1)."""

from collections.abc import Mapping
from typing import Any

import pytest

from ocms_core.kernel.access import Role
from tests.spec.http.test_repeats import BASE, credential, hired, owned, rows
from tests.support.builders import body
from tests.support.http_server import API_2, Headers, Served
from tests.support.offender_builders import FURNISH, UPDATE
from tests.support.rows import put_notices

PERSONS, NOTICES = "ocms_offence_notice_owner_driver", "ocms_valid_offence_notice"
ANOTHER = {**FURNISH, "idNo": "S7654321B", "name": "MARY LIM"}
COURT_NOTICE = "1234567890"


def column(served: Served, table: str, name: str) -> list[Any]:
    return [getattr(row, name) for row in rows(served.deployment.engine)[table]]


def post(served: Served, path: str, asked: Mapping[str, Any], headers: Headers) -> Mapping[str, str]:
    answer = served.http.post(path, json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers


def keyed(headers: Headers, key: str) -> Headers:
    return {**headers, "Idempotency-Key": key}


@pytest.mark.rule("K1", "F20")
def test_a_furnish_sent_three_times_moves_the_stage_once(empty: Served) -> None:
    owned(empty.deployment.engine)
    headers = keyed(credential(empty, Role.OIC), "furnish")
    post(empty, f"{BASE}/furnish", FURNISH, headers)
    assert column(empty, NOTICES, "last_processing_stage") == ["RD2"]
    made = rows(empty.deployment.engine)
    for _ in range(2):
        assert post(empty, f"{BASE}/furnish", FURNISH, headers)["Idempotency-Replayed"] == "true"
    assert rows(empty.deployment.engine) == made


@pytest.mark.rule("K1", "F20")
def test_a_late_repeat_of_a_furnish_leaves_whoever_was_furnished_since(empty: Served) -> None:
    owned(empty.deployment.engine)
    officer = credential(empty, Role.OIC)
    post(empty, f"{BASE}/furnish", FURNISH, keyed(officer, "first"))
    post(empty, f"{BASE}/furnish", ANOTHER, keyed(officer, "second"))
    made = rows(empty.deployment.engine)
    assert "MARY LIM" in column(empty, PERSONS, "name")
    assert post(empty, f"{BASE}/furnish", FURNISH, keyed(officer, "first"))["Idempotency-Replayed"] == "true"
    assert rows(empty.deployment.engine) == made


@pytest.mark.rule("K1", "F20")
def test_a_late_repeat_of_an_update_leaves_the_newer_particulars(empty: Served) -> None:
    hired(empty.deployment.engine)
    officer = credential(empty, Role.OIC)
    post(empty, f"{BASE}/update", {**UPDATE, "name": "JOHN OLD"}, keyed(officer, "first"))
    post(empty, f"{BASE}/update", {**UPDATE, "name": "JOHN NEW"}, keyed(officer, "second"))
    made = rows(empty.deployment.engine)
    post(empty, f"{BASE}/update", {**UPDATE, "name": "JOHN OLD"}, keyed(officer, "first"))
    assert column(empty, PERSONS, "name") == ["JOHN NEW"]
    assert rows(empty.deployment.engine) == made


@pytest.mark.rule("K1", "P24")
def test_a_late_repeat_of_a_court_update_moves_no_notice_back(empty: Served) -> None:
    put_notices(empty.deployment.engine, [COURT_NOTICE], last_processing_stage="CPC")
    court = credential(empty, Role.CAS)

    def update(stage: str, request_id: str) -> Mapping[str, str]:
        items = ({"noticeNo": COURT_NOTICE, "processingStage": stage},)
        return post(empty, API_2, body(items, requestId=request_id), court)

    first, second = (f"550e8400-e29b-41d4-a716-44665544000{place}" for place in (1, 2))
    update("CSD", first)
    update("WAR", second)
    made = rows(empty.deployment.engine)
    assert update("CSD", first)["Idempotency-Replayed"] == "true"
    assert column(empty, NOTICES, "last_processing_stage") == ["WAR"]
    assert rows(empty.deployment.engine) == made

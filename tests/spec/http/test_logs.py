"""What a serving process logs: JSON lines tied to requests, and nobody's identity number."""

import re
import uuid
from datetime import datetime, timedelta

import pytest

from tests.spec.http.test_bad_rows import refusing
from tests.support.builders import body
from tests.support.http_server import API_1, API_2, API_4, Deployment, Served, now
from tests.support.rows import put_notices

CANARY = "S1234567A"


def logged(served: Served, handle: str) -> list[dict[str, object]]:
    """Give the lines of one request."""
    return [line for line in served.log() if line["request_id"] == handle]


@pytest.mark.rule("G11")
def test_every_request_is_one_json_line_with_its_id_path_status_and_time(served: Served) -> None:
    before = now()
    for path in (API_1, API_2, API_4, "/nowhere"):
        handle = str(uuid.uuid4())
        status = served.post(path, b"{", headers={"X-Request-ID": handle}).status_code
        (line,) = logged(served, handle)
        assert (line["event"], line["status"]) == ("request", status)
        assert line["path"] == ("other" if path == "/nowhere" else path)
        written = datetime.fromisoformat(str(line["timestamp"]))
        assert before - timedelta(seconds=1) <= written <= now() + timedelta(seconds=1)


@pytest.mark.rule("G2", "G15")
def test_an_identity_number_reaches_no_log_wherever_it_is_sent(served: Served) -> None:
    sent = [
        served.http.get(f"/{CANARY}", params={"id": CANARY}, headers={"X-Request-ID": CANARY}),
        served.http.get(f"{API_1}/{CANARY}"),
        served.post(API_1, body([{"noticeNo": CANARY}], requestId=CANARY)),
        served.post(API_2, body([{"noticeNo": CANARY, "processingStage": CANARY}])),
        served.post(API_1, body(), headers={"X-API-Key": CANARY, "User-Agent": CANARY}),
        served.http.request(CANARY, API_1),
    ]
    assert all(answer.status_code < 500 for answer in sent)
    assert CANARY not in served.log_file.read_text()


@pytest.mark.rule("P4", "G15", "G2")
def test_a_fault_is_logged_under_the_id_the_caller_was_given_and_told_to_nobody_else(
    served: Served, deployment: Deployment
) -> None:
    put_notices(deployment.engine, [CANARY], vehicle_no=CANARY)
    with deployment.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ocms_suspended_notice RENAME TO away")
    try:
        answer = served.post(API_2, body([{"noticeNo": CANARY}]))
    finally:
        with deployment.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO ocms_suspended_notice")
    assert answer.status_code == 500
    assert answer.json().keys() == {"appCode", "message"}
    failed, request = logged(served, answer.headers["x-request-id"])
    assert (failed["event"], failed["level"]) == ("call_failed", "error")
    assert "Traceback" in str(failed["exception"])
    assert request["status"] == 500
    assert CANARY not in served.log_file.read_text()


@pytest.mark.rule("P25", "G2")
def test_a_row_the_database_refuses_is_not_quoted_in_the_log(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [CANARY])
    with refusing(deployment.engine, "ocms_valid_offence_notice", "UPDATE", CANARY):
        assert served.post(API_2, body([{"noticeNo": CANARY}])).status_code == 500
    assert CANARY not in served.log_file.read_text()


def test_the_metrics_count_calls_by_method_and_path_and_name_no_unknown_one(served: Served) -> None:
    served.http.get(f"/{CANARY}")
    served.post(API_1, b"{")
    served.http.request("LOOKUP", f"/{CANARY}")
    given = served.http.get("/metrics")
    assert given.headers["content-type"].startswith("text/plain")
    assert re.search(rf'ocms_http_requests_total{{method="POST",path="{API_1}",status="400"}} \d', given.text)
    assert 'method="GET",path="other",status="404"' in given.text
    assert 'method="other",path="other"' in given.text
    assert "LOOKUP" not in given.text
    assert CANARY not in given.text

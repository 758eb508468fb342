"""Every call that writes, tried first over HTTP, on both databases (K6)."""

import json
import re
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Engine

from ocms_adapters.sql import schema as t
from ocms_adapters.sql.schema import INTRANET
from ocms_core.kernel.access import OPERATIONS, Operation, Role
from tests.spec.http.stages.test_contract import PORTAL
from tests.spec.http.test_bad_rows import refusing
from tests.spec.http.test_repeats import CALLS, COURT, SUBMIT, Call, deliver, kept, name_of, prepared, rows
from tests.support.builders import body
from tests.support.http_server import API_2, API_4, Headers, Served
from tests.support.offender_builders import NUMBER
from tests.support.offender_rows import out_of_reach
from tests.support.rows import put_notices, rows_of

DRY_RUN = {"OCMS-Dry-Run": "1"}
NOW = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
QUERY = Call(
    Operation.QUERY_NOTICE_INFO,
    API_4,
    body(),
    {},
    lambda engine: put_notices(engine, ["1234567890"]),
)
WRITING_CALLS = (*CALLS, QUERY)

every_call = pytest.mark.parametrize("call", WRITING_CALLS, ids=name_of)


def answer_of(text: str) -> Any:
    """Return an answer without its moments and without the report of a batch."""
    answer = json.loads(NOW.sub("then", text))
    return answer | {"report": None} if "report" in answer else answer


def reports(served: Served) -> set[str]:
    return {str(each) for each in (served.deployment.folder / "var").rglob("*") if each.is_file()}


@pytest.mark.rule("K6")
def test_every_call_that_writes_is_tried_here() -> None:
    assert {call.operation for call in WRITING_CALLS} == {
        operation for operation, policy in OPERATIONS.items() if policy.writes
    }


@pytest.mark.rule("K6")
@every_call
def test_a_dry_run_answers_as_the_call_would_and_changes_nothing(empty: Served, call: Call) -> None:
    engine = empty.deployment.engine
    headers = prepared(empty, call)
    untouched, stored = rows(engine), reports(empty)
    tried = [deliver(empty, call, headers | DRY_RUN) for _ in range(2)]
    assert rows(engine) == untouched
    assert reports(empty) == stored
    done = deliver(empty, call, headers)
    assert done.status_code == 200, done.text
    assert rows(engine) != untouched
    assert [(each.status_code, each.headers["OCMS-Dry-Run"]) for each in tried] == [(200, "1")] * 2
    assert [answer_of(each.text) for each in tried] == [answer_of(done.text)] * 2
    assert "OCMS-Dry-Run" not in done.headers


@pytest.mark.rule("K6")
@pytest.mark.parametrize("call", [each for each in WRITING_CALLS if each.before is None], ids=name_of)
def test_a_call_that_is_refused_is_refused_alike_when_it_is_tried(empty: Served, call: Call) -> None:
    headers = prepared(empty, evolve(call, put_rows=lambda _engine: None))
    untouched = rows(empty.deployment.engine)
    tried = deliver(empty, call, headers | DRY_RUN)
    assert rows(empty.deployment.engine) == untouched
    done = deliver(empty, call, headers)
    assert (tried.status_code, answer_of(tried.text)) == (done.status_code, answer_of(done.text))


@pytest.mark.rule("K6", "G15")
@every_call
@pytest.mark.parametrize("header", ["0"])
def test_a_header_that_says_anything_else_is_refused(empty: Served, call: Call, header: str) -> None:
    headers = prepared(empty, call)
    untouched = rows(empty.deployment.engine)
    refused = deliver(empty, call, headers | {"OCMS-Dry-Run": header})
    assert refused.status_code == 400
    assert "OCMS-Dry-Run must be 1" in refused.text
    assert "OCMS-Dry-Run" not in refused.headers
    assert rows(empty.deployment.engine) == untouched


@pytest.mark.rule("K6")
def test_a_header_sent_twice_is_refused(empty: Served) -> None:
    (call,) = [each for each in CALLS if each.body is SUBMIT]
    usual = prepared(empty, call)
    untouched = rows(empty.deployment.engine)
    headers = [*usual.items(), ("OCMS-Dry-Run", "1"), ("OCMS-Dry-Run", "1")]
    refused = deliver(empty, call, headers)
    assert (refused.status_code, "OCMS-Dry-Run must be 1" in refused.text) == (400, True)
    assert rows(empty.deployment.engine) == untouched


@pytest.mark.rule("K6")
def test_a_call_that_writes_nothing_ignores_the_header(empty: Served) -> None:
    headers = empty.deployment.token(Role.OIC) | {"OCMS-Dry-Run": "nothing"}
    answer = empty.post(
        f"{PORTAL}/validate",
        {"notices": [{"noticeNo": "N-001"}], "newProcessingStage": "DN2"},
        headers=headers,
    )
    assert (answer.status_code, "OCMS-Dry-Run" in answer.headers) == (200, False)


@pytest.mark.rule("K6", "K1")
@pytest.mark.parametrize("call", CALLS, ids=name_of)
def test_a_dry_run_is_decided_anew_whatever_its_key_was_used_for(empty: Served, call: Call) -> None:
    engine = empty.deployment.engine
    headers = prepared(empty, call)
    before = kept(engine)
    deliver(empty, call, headers | DRY_RUN)
    assert kept(engine) == before
    assert "Idempotency-Replayed" not in deliver(empty, call, headers).headers
    for asked in (call.body, call.other):
        changed = rows(engine)
        again = deliver(empty, call, headers | DRY_RUN, asked)
        assert again.status_code != 422
        assert "Idempotency-Replayed" not in again.headers
        assert rows(engine) == changed


@pytest.mark.rule("K6", "K1")
def test_a_court_update_that_was_tried_is_no_repeat(empty: Served) -> None:
    put_notices(empty.deployment.engine, ["1234567890"], last_processing_stage="CPC")
    headers = empty.deployment.key()
    assert empty.post(API_2, COURT, headers=headers | DRY_RUN).status_code == 200
    assert "Idempotency-Replayed" not in empty.post(API_2, COURT, headers=headers).headers


@pytest.mark.rule("K6", "G2")
@pytest.mark.parametrize("call", [each for each in CALLS if "hst" in each.path], ids=name_of)
def test_a_dry_run_leaves_the_record_of_a_look(empty: Served, call: Call) -> None:
    engine = empty.deployment.engine
    headers = prepared(empty, call)
    before = len(rows_of(engine, t.ocms_access_record))
    deliver(empty, call, headers | DRY_RUN)
    assert len(rows_of(engine, t.ocms_access_record)) == before + 1


@pytest.mark.rule("K6", "P3")
def test_a_dry_run_counts_like_any_call(empty: Served) -> None:
    put_notices(empty.deployment.engine, ["1234567890"])
    headers: Headers = empty.deployment.key() | DRY_RUN
    statuses = [empty.post(API_2, COURT, headers=headers).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


@pytest.mark.rule("K6", "F60")
def test_a_dry_run_asks_nothing_of_the_internet_side(empty: Served) -> None:
    (call,) = [each for each in CALLS if each.operation is Operation.FURNISH_OFFENDER]
    headers = prepared(empty, call)
    with out_of_reach(empty.deployment.databases):
        tried = deliver(empty, call, headers | DRY_RUN)
    assert (tried.status_code, tried.json()["noticeNo"]) == (200, NUMBER)


@pytest.mark.rule("K6", "P25")
def test_a_row_the_database_refuses_is_answered_alike_when_it_is_tried(empty: Served) -> None:
    engine = empty.deployment.engine
    put_notices(engine, ["1234567890", "1234567891"], last_processing_stage="CPC")
    both = tuple({"noticeNo": each, "processingStage": "CSD"} for each in ("1234567890", "1234567891"))
    with refusing(engine, "ocms_valid_offence_notice", "UPDATE", "1234567891"):
        headers = empty.deployment.key()
        untouched = rows(engine)
        tried = empty.post(API_2, body(both), headers=headers | DRY_RUN)
        assert rows(engine) == untouched
        done = empty.post(API_2, body(both), headers=headers)
    assert (tried.status_code, tried.json()["data"]["failedCount"]) == (207, 1)
    assert answer_of(tried.text) == answer_of(done.text)


@pytest.mark.rule("K6", "S23")
def test_a_submit_that_is_tried_has_no_report(empty: Served) -> None:
    (call,) = [each for each in CALLS if each.body is SUBMIT]
    tried = deliver(empty, call, prepared(empty, call) | DRY_RUN)
    assert (tried.json()["results"][0]["newStage"], tried.json()["report"]) == ("DN2", None)


def other_tables(engine: Engine) -> set[str]:
    return {table.name for table in INTRANET.sorted_tables} - rows(engine).keys()


@pytest.mark.rule("K6")
def test_every_table_but_those_of_any_call_is_compared_here(empty: Served) -> None:
    assert other_tables(empty.deployment.engine) == {
        "ocms_rate_counter",
        "ocms_access_record",
        "ocms_api_credential",
    }

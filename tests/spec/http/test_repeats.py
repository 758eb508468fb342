"""Every call that changes something, delivered twice over HTTP, on both databases (K1)."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import pytest
from attrs import frozen
from hypothesis import settings
from sqlalchemy import Engine, delete, func, select, text

from ocms_adapters.sql.schema import INTRANET
from ocms_core.kernel.access import OPERATIONS, Operation, Role
from tests.spec.http.hst.test_contract import APPLY
from tests.spec.http.hst.test_contract import REVIVE as REVIVE_HST
from tests.spec.http.hst.test_contract import UPDATE as UPDATE_HST
from tests.spec.http.stages.test_contract import PLUS, PORTAL, TOPPAN
from tests.support import hst_rows, offender_rows
from tests.support.builders import body
from tests.support.http_server import API_2, API_4, Headers, Served
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, REDIRECT, UPDATE
from tests.support.rows import put_notices
from tests.support.stage_rows import in_stage, put_fees, put_offenders

Body = Mapping[str, Any]
# The notice of the identity that is to be listed.
SUSPECTED = "500500001A"

# What a repeat may write: its own rate slot, the record of a look, and when its key was used.
PER_DELIVERY = {"ocms_rate_counter", "ocms_access_record", "ocms_api_credential"}
LOCK = text("SELECT pg_advisory_lock(hashtextextended('ocms_call ' || :name, 0))")
UNLOCK = text("SELECT pg_advisory_unlock_all()")


def owned(engine: Engine) -> None:
    """Put in a notice with its owner as the current offender."""
    offender_rows.put_notice(engine, NUMBER)
    offender_rows.put_person(engine, NUMBER, "O", OWNER, current=True)


def hired(engine: Engine) -> None:
    """Put in a notice with its hirer as the current offender."""
    offender_rows.put_notice(engine, NUMBER)
    offender_rows.put_person(engine, NUMBER, "H", JOHN, current=True)


def suspected(engine: Engine) -> None:
    """Put in a notice of the identity that is to be listed."""
    with engine.begin() as connection:
        connection.execute(
            INTRANET.tables["ocms_valid_offence_notice"].insert(), [hst_rows.notice(SUSPECTED)]
        )
        connection.execute(
            INTRANET.tables["ocms_offence_notice_owner_driver"].insert(),
            [hst_rows.offender(SUSPECTED, "S1234567A")],
        )


def in_dn1(engine: Engine) -> None:
    """Put in a notice that an officer, PLUS or a print run may move on."""
    put_fees(engine)
    in_stage(engine, ["N-001"], next_processing_stage="DN2", last_processing_date="2025-12-15 09:00:00")


@frozen
class Call:
    """A call that changes something: what must be there first, and a call whose body is another."""

    operation: Operation
    path: str
    body: Body
    other: Body
    put_rows: Callable[[Engine], None]
    before: tuple[str, Body] | None = None
    method: str = "POST"

    @property
    def role(self) -> Role:
        """Who may make it."""
        return OPERATIONS[self.operation].role


BASE = "/api/v1/notice/offender"
SUBMIT = {"items": [{"noticeNo": "N-001", "reason": "SUP", "isConfirmation": True}]}
PLUS_CHANGE = {
    "noticeNo": ["N-001"],
    "lastStageName": "DN1",
    "nextStageName": "DN2",
    "lastStageDate": "2025-09-25T06:58:42",
    "newStageDate": "2025-09-30T06:58:42",
    "offenceType": "D",
    "source": "005",
}
RUN = {"noticeNumbers": ["N-001"], "currentStage": "DN2", "processingDate": "2025-12-19T00:30:00"}
COURT = body(({"noticeNo": "1234567890", "processingStage": "CSD"},))

CALLS = (
    Call(Operation.CHANGE_STAGES, PORTAL, SUBMIT, {**SUBMIT, "more": 1}, in_dn1),
    Call(Operation.PLUS_CHANGE_STAGES, PLUS, PLUS_CHANGE, {**PLUS_CHANGE, "more": 1}, in_dn1),
    Call(Operation.UPDATE_TOPPAN_STAGES, TOPPAN, RUN, {**RUN, "more": 1}, in_dn1),
    Call(
        Operation.UPDATE_COURT_NOTICES,
        API_2,
        COURT,
        {**COURT, "more": 1},
        lambda engine: put_notices(engine, ["1234567890"], last_processing_stage="CPC"),
    ),
    Call(Operation.FURNISH_OFFENDER, f"{BASE}/furnish", FURNISH, {**FURNISH, "name": "JOHN"}, owned),
    Call(Operation.REDIRECT_NOTICE, f"{BASE}/redirect", REDIRECT, {**REDIRECT, "name": "JOHN"}, owned),
    Call(Operation.UPDATE_OFFENDER, f"{BASE}/update", UPDATE, {**UPDATE, "name": "JOHN"}, hired),
    Call(
        Operation.UPDATE_OFFENDER, f"{BASE}/update", UPDATE, {**UPDATE, "name": "JOHN"}, hired, method="PATCH"
    ),
    Call(
        Operation.REVERSE_STAGES,
        f"{PORTAL}/reverse",
        {"items": [{"noticeNo": "N-001"}]},
        {"items": [{"noticeNo": "N-002"}]},
        in_dn1,
        (PORTAL, SUBMIT),
    ),
    Call(
        Operation.REVERSE_OFFENDER,
        f"{BASE}/reverse",
        {"noticeNos": [NUMBER]},
        {"noticeNos": ["500500304J"]},
        owned,
        (f"{BASE}/furnish", FURNISH),
    ),
    Call(Operation.APPLY_HST, "/v1/apply-hst", APPLY, {**APPLY, "more": 1}, suspected),
    Call(
        Operation.UPDATE_HST,
        "/v1/update-hst/S1234567A",
        UPDATE_HST,
        {**UPDATE_HST, "more": 1},
        suspected,
        ("/v1/apply-hst", APPLY),
    ),
    Call(
        Operation.REVIVE_HST,
        "/v1/revive-hst",
        REVIVE_HST,
        {**REVIVE_HST, "more": 1},
        suspected,
        ("/v1/apply-hst", APPLY),
    ),
    Call(
        Operation.REVERSE_HST,
        "/v1/reverse-hst",
        {"idNo": "S1234567A"},
        {"idNo": "S9876543B"},
        suspected,
        ("/v1/apply-hst", APPLY),
    ),
)
# The others answer item by item, or list an identity nobody knows.
REFUSING_CALLS = [
    call
    for call in CALLS
    if call.operation
    not in {
        Operation.CHANGE_STAGES,
        Operation.REVERSE_STAGES,
        Operation.REVERSE_OFFENDER,
        Operation.UPDATE_TOPPAN_STAGES,
        Operation.APPLY_HST,
    }
]


def name_of(call: Call) -> str:
    return f"{call.operation.value} {call.method}"


every_call = pytest.mark.parametrize("call", CALLS, ids=name_of)


def credential(served: Served, role: Role) -> Headers:
    deployment = served.deployment
    return deployment.key() if role is Role.CAS else deployment.token(role)


def deliver(served: Served, call: Call, headers: Any, asked: Body | None = None) -> httpx.Response:
    content = json.dumps(call.body if asked is None else asked)
    return served.http.request(call.method, call.path, content=content, headers=headers)


def prepared(served: Served, call: Call) -> Headers:
    """Put in what a call needs, and return the headers of its deliveries."""
    call.put_rows(served.deployment.engine)
    headers = credential(served, call.role)
    if call.before:
        path, asked = call.before
        assert served.http.post(path, json=asked, headers=headers).status_code == 200
    return {**headers, "Idempotency-Key": str(uuid4())}


def rows(engine: Engine) -> dict[str, list[Any]]:
    """Return every row of every table that a repeat has to leave as it is."""
    tables = [table for table in INTRANET.sorted_tables if table.name not in PER_DELIVERY]
    with engine.connect() as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key)))
            for table in tables
        }


def kept(engine: Engine) -> int:
    with engine.connect() as connection:
        table = INTRANET.tables["ocms_idempotent_answer"]
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.rule("K1")
def test_every_call_that_changes_something_is_delivered_here() -> None:
    assert {call.operation for call in CALLS} == {
        operation for operation, policy in OPERATIONS.items() if policy.changes
    }


@pytest.mark.rule("K1")
@every_call
def test_a_repeat_gets_the_first_answer_and_changes_nothing(empty: Served, call: Call) -> None:
    headers = prepared(empty, call)
    untouched = rows(empty.deployment.engine)
    first = deliver(empty, call, headers)
    changed = rows(empty.deployment.engine)
    again = deliver(empty, call, headers)
    assert first.status_code == 200, first.text
    assert changed != untouched
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert rows(empty.deployment.engine) == changed


@pytest.mark.rule("K1", "G15")
@every_call
def test_a_header_used_for_another_body_is_refused(empty: Served, call: Call) -> None:
    headers = prepared(empty, call)
    assert deliver(empty, call, headers).status_code == 200
    changed = rows(empty.deployment.engine)
    refused = deliver(empty, call, headers, call.other)
    assert refused.status_code == 422
    assert "Idempotency-Key was used for another call" in refused.text
    assert rows(empty.deployment.engine) == changed


@pytest.mark.rule("K1")
@every_call
def test_the_order_of_fields_makes_no_other_body(empty: Served, call: Call) -> None:
    headers = prepared(empty, call)
    first = deliver(empty, call, headers)
    again = deliver(empty, call, headers, dict(reversed(list(call.body.items()))))
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.rule("K1", "G15")
@every_call
@pytest.mark.parametrize(
    "header", [b"", b"a b", b"k" * 256, b"k\xe9"], ids=["empty", "with a blank", "too long", "not ASCII"]
)
def test_a_header_that_cannot_be_a_key_is_refused(empty: Served, call: Call, header: bytes) -> None:
    usual = prepared(empty, call)
    headers = {name.encode(): value.encode() for name, value in usual.items()}
    headers[b"Idempotency-Key"] = header
    untouched = rows(empty.deployment.engine)
    refused = deliver(empty, call, headers)
    assert refused.status_code == 400
    assert "Idempotency-Key must be a single value of 1 to 255 visible ASCII characters" in refused.text
    assert rows(empty.deployment.engine) == untouched


@pytest.mark.rule("K1", "G15")
@every_call
@pytest.mark.parametrize("values", [("k1", "k1"), ("k1", "k2")], ids=["one value", "two values"])
def test_a_header_sent_twice_is_refused(empty: Served, call: Call, values: tuple[str, str]) -> None:
    usual = prepared(empty, call)
    del usual["Idempotency-Key"]
    untouched = rows(empty.deployment.engine)
    refused = deliver(empty, call, [*usual.items(), *(("Idempotency-Key", each) for each in values)])
    assert refused.status_code == 400
    assert "Idempotency-Key must be a single value of" in refused.text
    assert rows(empty.deployment.engine) == untouched


@pytest.mark.rule("K1")
@every_call
def test_keys_that_differ_only_in_case_are_two(empty: Served, call: Call) -> None:
    headers = prepared(empty, call)
    small, capital = ({**headers, "Idempotency-Key": key} for key in ("call-a1", "call-A1"))
    assert deliver(empty, call, small).status_code == 200
    other = deliver(empty, call, capital, call.other)
    assert other.status_code != 422
    assert "Idempotency-Replayed" not in other.headers
    assert deliver(empty, call, small).headers["Idempotency-Replayed"] == "true"


@pytest.mark.rule("K1")
@every_call
def test_the_key_of_another_caller_is_no_repeat(empty: Served, call: Call) -> None:
    headers = prepared(empty, call)
    assert deliver(empty, call, headers).status_code == 200
    other = {**headers, **credential(empty, call.role)}
    assert "Idempotency-Replayed" not in deliver(empty, call, other).headers


@pytest.mark.rule("K1")
@pytest.mark.parametrize("call", REFUSING_CALLS, ids=name_of)
def test_nothing_is_kept_of_a_call_that_was_refused(empty: Served, call: Call) -> None:
    headers = {**credential(empty, call.role), "Idempotency-Key": "k"}
    before = kept(empty.deployment.engine)
    refused = deliver(empty, call, headers)
    assert refused.status_code >= 400
    assert kept(empty.deployment.engine) == before
    prepared(empty, call)
    assert deliver(empty, call, headers).status_code == 200


@contextmanager
def running(engine: Engine, call: Call, credential: str, key: str) -> Iterator[None]:
    """Let the first delivery of a call stand still, in a transaction of PostgreSQL, while the block lasts."""
    with engine.connect() as connection:
        connection.execute(LOCK, {"name": f"{call.operation.value} {credential} header {key}"})
        yield
        connection.execute(UNLOCK)


@pytest.mark.rule("K1", "G15")
@every_call
def test_the_repeat_of_a_call_that_still_runs_is_told_so(empty: Served, call: Call) -> None:
    engine = empty.deployment.engine
    if engine.name == "sqlite":
        return  # a repeat waits there, as the rule says: see the race below
    headers = prepared(empty, call)
    assert deliver(empty, call, headers).status_code == 200
    with engine.connect() as connection:
        table = INTRANET.tables["ocms_idempotent_answer"]
        (caller,) = connection.execute(select(table.c.credential)).scalars().unique()
    with running(engine, call, caller, "another"):
        refused = deliver(empty, call, {**headers, "Idempotency-Key": "another"})
    assert refused.status_code == 409
    assert "The same call is still being answered. Please try again later." in refused.text
    assert deliver(empty, call, headers).status_code == 200


@pytest.mark.rule("K1", "P20")
def test_a_court_update_is_known_by_its_request_id(empty: Served) -> None:
    engine = empty.deployment.engine
    put_notices(engine, ["1234567890"], last_processing_stage="CPC")
    headers = empty.deployment.key()
    first = empty.post(API_2, COURT, headers=headers)
    changed = rows(engine)
    again = empty.post(API_2, COURT, headers=headers)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert rows(engine) == changed
    another = {**COURT, "notices": [{"noticeNo": "1234567890", "processingStage": "CPC"}]}
    moved = empty.post(API_2, another, headers=headers)
    assert (moved.status_code, "Idempotency-Replayed" in moved.headers) == (200, False)
    assert rows(engine) != changed
    noted = [line for line in empty.log() if line["event"] == "request_id_reused"]
    assert noted[-1]["request_id_of_call"] == COURT["requestId"]
    late = empty.post(API_2, COURT, headers=headers)
    assert late.content == first.content


@pytest.mark.rule("K1", "P20")
def test_a_request_id_in_other_case_is_a_new_call(empty: Served) -> None:
    put_notices(empty.deployment.engine, ["1234567890"], last_processing_stage="CPC")
    headers = empty.deployment.key()
    written = {**COURT, "requestId": "550e8400-e29b-41d4-a716-44665544abcd"}
    capitals = {**COURT, "requestId": "550E8400-E29B-41D4-A716-44665544ABCD"}
    for sent, replayed in ((written, False), (capitals, False), (written, True), (capitals, True)):
        answer = empty.post(API_2, sent, headers=headers)
        assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (200, replayed)
    with empty.deployment.engine.connect() as connection:
        keys = connection.execute(select(INTRANET.tables["ocms_idempotent_answer"].c.idempotency_key))
        assert set(keys.scalars()) == {written["requestId"], capitals["requestId"]}


@pytest.mark.rule("K1", "P32")
def test_a_query_takes_no_key(empty: Served) -> None:
    put_notices(empty.deployment.engine, ["1234567890"])
    headers = {**empty.deployment.token(), "Idempotency-Key": "a b"}
    before = kept(empty.deployment.engine)
    assert empty.post(API_4, body(), headers=headers).status_code == 200
    assert kept(empty.deployment.engine) == before


@pytest.mark.rule("K1", "S30")
def test_a_submit_with_a_derived_stage_sent_three_times_moves_a_notice_once(empty: Served) -> None:
    engine = empty.deployment.engine
    put_fees(engine)
    put_notices(engine, ["N-001"], last_processing_stage="ROV", next_processing_stage="RD1")
    put_offenders(engine, ["N-001"], owner_driver_indicator="O")
    headers = {**empty.deployment.token(Role.OIC), "Idempotency-Key": "sent-three-times"}
    answers = [empty.post(PORTAL, SUBMIT, headers=headers) for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].status_code == 200, answers[0].text
    assert answers[0].json()["results"][0]["newStage"] == "RD1"
    assert len(rows(engine)["ocms_change_of_processing"]) == 1


@pytest.mark.rule("K1", "G13")
@every_call
def test_deliveries_at_once_from_two_servers_have_one_effect_and_one_answer(
    empty: Served, beside: Served, call: Call
) -> None:
    headers, moments = prepared(empty, call), Random(1)
    answers = list[httpx.Response]()

    def delivered(place: int, seconds: float) -> httpx.Response:
        time.sleep(seconds)
        return deliver((empty, beside)[place % 2], call, headers)

    # A thousand deliveries while soaking, the first eight at once and the others at any moment.
    for turn in range(125 if settings.get_current_profile_name() == "soak" else 1):
        with empty.deployment.engine.begin() as connection:
            connection.execute(delete(INTRANET.tables["ocms_rate_counter"]))
        waits = [moments.uniform(0, 0.1) if turn else 0.0 for _ in range(8)]
        with ThreadPoolExecutor(8) as threads:
            answers += threads.map(delivered, range(8), waits)
    done = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in done}) == 1
    assert len([answer for answer in done if "Idempotency-Replayed" not in answer.headers]) == 1
    changed = rows(empty.deployment.engine)
    assert deliver(beside, call, headers).content == done[0].content
    assert rows(empty.deployment.engine) == changed
    assert len(changed["ocms_idempotent_answer"]) == kept(empty.deployment.engine)


@pytest.mark.rule("K1", "G7")
@every_call
def test_a_body_too_deep_to_be_compared_is_malformed(empty: Served, call: Call) -> None:
    headers = {**credential(empty, call.role), "Idempotency-Key": "k"}
    text_of_body = json.dumps(call.body)
    for depth in (970, 984, 988, 990, 994, 997, 1000):
        nested = f'{text_of_body[:-1]}, "more": {"[" * depth}{"]" * depth}}}'
        answer = empty.http.request(call.method, call.path, content=nested, headers=headers)
        assert answer.status_code < 500, (depth, answer.text)

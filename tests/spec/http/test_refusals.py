"""How calls of contract 1 are refused: which code, which text, and which refusal comes first."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_core.kernel.access import OPERATIONS, Operation, Role
from tests.support.builders import body, numbers
from tests.support.http_server import API_1, API_2, API_4, Deployment, Headers, Served, as_sent, now
from tests.support.rows import put_notices
from tests.web.authentication.tokens import crafted

PATHS = (API_1, API_2, API_4)
KEY_APIS = (API_1, API_2)
NO = "1234567890"

INVALID_PAYLOAD = b'{"appCode":"OCMS-4001","message":"Invalid request payload"}'
INVALID_TIMESTAMP = b'{"appCode":"OCMS-4002","message":"Invalid request timestamp format"}'
INVALID_NOTICES = b'{"appCode":"OCMS-4003","message":"Notices array is empty or exceeds limit"}'
INVALID_NOTICE_NO = b'{"appCode":"OCMS-4004","message":"Invalid notice number format"}'
INVALID_TYPE = b'{"appCode":"OCMS-4005","message":"Invalid suspension type"}'
INVALID_REASON = b'{"appCode":"OCMS-4006","message":"Invalid EPR reason of suspension"}'
INVALID_STAGE = b'{"appCode":"OCMS-4007","message":"Invalid processing stage"}'
BAD_KEY = b'{"appCode":"OCMS-4011","message":"Invalid or missing API credentials"}'
BAD_TOKEN = b'{"appCode":"OCMS-4011","message":"Invalid or missing OAuth token"}'
NOT_ALLOWED = b'{"appCode":"OCMS-4031","message":"Not allowed"}'
TOO_OFTEN = as_sent("""
{
  "appCode": "OCMS-4291",
  "message": "Rate limit exceeded. Please try again later."
}
""")
TOO_MANY = as_sent("""
{
  "appCode": "OCMS-4131",
  "message": "Request exceeds maximum batch limit of 500 notices"
}
""")
TOO_MANY_FOR_PLUS = TOO_MANY.replace(b"500", b"100")

WITHOUT: dict[str, Any] = body()
STATIC = [
    ("a body that is no object", [body()], INVALID_PAYLOAD),
    ("no request id", {k: v for k, v in WITHOUT.items() if k != "requestId"}, INVALID_PAYLOAD),
    ("a request id that is null", body(requestId=None), INVALID_PAYLOAD),
    ("a request id that is no UUID", body(requestId="1234"), INVALID_PAYLOAD),
    ("a request id that is a number", body(requestId=550), INVALID_PAYLOAD),
    ("no timestamp", {k: v for k, v in WITHOUT.items() if k != "requestTimestamp"}, INVALID_TIMESTAMP),
    ("a timestamp of words", body(requestTimestamp="today"), INVALID_TIMESTAMP),
    ("a timestamp no calendar has", body(requestTimestamp="2025-02-30T10:30:00"), INVALID_TIMESTAMP),
    ("a timestamp that is a number", body(requestTimestamp=1736821800), INVALID_TIMESTAMP),
    ("no notices", {k: v for k, v in WITHOUT.items() if k != "notices"}, INVALID_NOTICES),
    ("an empty list of notices", body([]), INVALID_NOTICES),
    ("notices that are an object", body({"noticeNo": NO}), INVALID_NOTICES),
    ("notices that are null", body(None), INVALID_NOTICES),
    ("a notice that is a text", body([NO]), INVALID_NOTICE_NO),
    ("a notice without a number", body([{}]), INVALID_NOTICE_NO),
    ("a notice number that is a number", body([{"noticeNo": 1234567890}]), INVALID_NOTICE_NO),
    ("an empty notice number", body([{"noticeNo": ""}]), INVALID_NOTICE_NO),
    ("a notice number of eleven", body([{"noticeNo": "12345678901"}]), INVALID_NOTICE_NO),
    ("a notice number with a dash", body([{"noticeNo": "12345-7890"}]), INVALID_NOTICE_NO),
    ("a notice number in other digits", body([{"noticeNo": "١٢٣"}]), INVALID_NOTICE_NO),
    ("a notice number with a line end", body([{"noticeNo": "123456789\n"}]), INVALID_NOTICE_NO),
    ("one bad notice number of many", body([*numbers(50), {"noticeNo": "?"}]), INVALID_NOTICE_NO),
]


@pytest.mark.rule("P1", "P2", "G7")
@pytest.mark.parametrize("sent, refusal", [pytest.param(*case[1:], id=case[0]) for case in STATIC])
def test_what_is_wrong_with_a_request_is_said_by_its_code(
    served: Served, sent: object, refusal: bytes
) -> None:
    for path in PATHS:
        answer = served.post(path, sent)
        assert (path, answer.status_code, answer.content) == (path, 400, refusal)


@pytest.mark.rule("P20", "P2")
@pytest.mark.parametrize(
    "fields, refusal",
    [
        ({"suspensionType": "XX"}, INVALID_TYPE),
        ({"suspensionType": "ps"}, INVALID_TYPE),
        ({"suspensionType": ""}, INVALID_TYPE),
        ({"suspensionType": 1}, INVALID_TYPE),
        ({"suspensionType": ["PS"]}, INVALID_TYPE),
        ({"eprReasonOfSuspension": "WWP"}, INVALID_REASON),
        ({"eprReasonOfSuspension": "PS-XYZ"}, INVALID_REASON),
        ({"eprReasonOfSuspension": "TS-WWP"}, INVALID_REASON),
        ({"eprReasonOfSuspension": {}}, INVALID_REASON),
        ({"processingStage": "XYZ"}, INVALID_STAGE),
        ({"processingStage": "war"}, INVALID_STAGE),
        ({"processingStage": ""}, INVALID_STAGE),
        ({"processingStage": "\x00"}, INVALID_STAGE),
        ({"processingStage": True}, INVALID_STAGE),
        ({"processingStage": [["WAR"]]}, INVALID_STAGE),
    ],
)
def test_what_is_wrong_with_a_field_of_api_2_is_said_by_its_code(
    served: Served, fields: dict[str, object], refusal: bytes
) -> None:
    answer = served.post(API_2, body([{"noticeNo": NO, **fields}]))
    assert (answer.status_code, answer.content) == (400, refusal)


@pytest.mark.rule("P1", "G5", "G7")
@pytest.mark.parametrize(
    "timestamp",
    [
        "2025-01-14T10:30:00",
        "2025-01-14T02:30:00Z",
        "2025-01-14T10:30+0800",
        "2025-01-14T10:30:00.123456789+08",
    ],
)
def test_every_iso_8601_timestamp_is_taken_and_unknown_fields_are_ignored(
    served: Served, deployment: Deployment, timestamp: str
) -> None:
    put_notices(deployment.engine, [NO])
    for path in PATHS:
        sent = body([{"noticeNo": NO, "unknown": {"deep": [None]}}], requestTimestamp=timestamp, other=1.5e3)
        assert served.post(path, sent).status_code == 200


@pytest.mark.rule("P1", "P2", "P30", "G1")
@pytest.mark.parametrize("path, cap", [(API_1, 500), (API_2, 500), (API_4, 100)])
def test_one_notice_over_the_cap_is_413_naming_the_cap(served: Served, path: str, cap: int) -> None:
    answer = served.post(path, body(numbers(cap + 1)))
    assert answer.status_code == 413
    assert answer.content == (TOO_MANY if cap == 500 else TOO_MANY_FOR_PLUS)
    assert served.post(path, body(numbers(cap))).status_code in {200, 404}


@pytest.mark.rule("P2", "G8")
@pytest.mark.parametrize("path, refusal", [(API_1, TOO_MANY), (API_2, TOO_MANY), (API_4, TOO_MANY_FOR_PLUS)])
def test_a_body_too_large_to_be_read_is_413_naming_the_cap(served: Served, path: str, refusal: bytes) -> None:
    answer = served.post(path, json.dumps(body()).encode() + b" " * (2 * 1024 * 1024))
    assert (answer.status_code, answer.content) == (413, refusal)


@pytest.mark.rule("G1", "P2", "G15")
def test_a_call_without_a_key_is_the_401_of_the_contract(served: Served) -> None:
    for path in KEY_APIS:
        answer = served.post(path, body(), headers={})
        assert (answer.status_code, answer.content) == (401, BAD_KEY)
        assert answer.headers["www-authenticate"] == 'ApiKey realm="ocms"'


@pytest.mark.rule("P2", "G15")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "nonsense", id="nonsense"),
        pytest.param(lambda key: key[:-1], id="cut short"),
        pytest.param(lambda key: key + "A", id="too long"),
        pytest.param(lambda key: key[:22] + "A" * 43, id="wrong secret"),
        pytest.param(lambda key: "ocms_0000000000000000_" + key[22:], id="unknown key"),
        pytest.param(lambda key: key.upper(), id="in capitals"),
        pytest.param(lambda _: "x" * 50_000, id="huge"),
    ],
)
def test_a_key_that_is_not_exactly_one_issued_is_refused(
    served: Served, change: Callable[[str], str]
) -> None:
    key = served.deployment.key()["X-API-Key"]
    for path in KEY_APIS:
        answer = served.post(path, body(), headers={"X-API-Key": change(key)})
        assert (answer.status_code, answer.content) == (401, BAD_KEY)
        assert answer.headers["www-authenticate"] == 'ApiKey realm="ocms"'


@pytest.mark.rule("P2", "G15")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda token: token[:-1], id="cut short"),
        pytest.param(lambda token: token + "A", id="too long"),
        pytest.param(lambda token: token[:-43] + "A" * 43, id="another signature"),
    ],
)
def test_a_token_that_is_not_exactly_one_issued_is_refused(
    served: Served, change: Callable[[str], str]
) -> None:
    token = served.deployment.token(Role.PLUS)["Authorization"]
    answer = served.post(API_4, body(), headers={"Authorization": change(token)})
    assert (answer.status_code, answer.content) == (401, BAD_TOKEN)


@pytest.mark.rule("P2")
def test_a_revoked_and_an_expired_key_are_refused(served: Served, deployment: Deployment) -> None:
    credentials = SqlCredentials(deployment.engine)
    revoked = deployment.key()["X-API-Key"]
    assert credentials.revoke(revoked.split("_")[1], now=now())
    expired = credentials.issue("expired", Role.CAS, now=now() - timedelta(days=2), days=1)
    for key in (revoked, expired):
        answer = served.post(API_1, body(), headers={"X-API-Key": key})
        assert (answer.status_code, answer.content) == (401, BAD_KEY)


@pytest.mark.rule("P2", "G15")
@pytest.mark.parametrize(
    "sent",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer a.b.c"}],
    ids=["none", "no token", "another scheme", "no JWT"],
)
def test_api_4_wants_an_oauth_token_and_says_so_as_rfc_6750_asks(served: Served, sent: Headers) -> None:
    answer = served.post(API_4, body(), headers=sent)
    assert (answer.status_code, answer.content) == (401, BAD_TOKEN)
    assert answer.headers["www-authenticate"].startswith('Bearer realm="ocms"')


@pytest.mark.rule("G17")
@pytest.mark.parametrize(
    "padding, length, why",
    [(12201, 16384, "The token is not from an issuer known here"), (12202, 16385, "The token is malformed")],
)
def test_a_token_of_16_kb_arrives_whole(served: Served, padding: int, length: int, why: str) -> None:
    token = crafted({"alg": "ES256", "typ": "JWT", "kid": "k"}, {"iss": "x" * padding}, b"x")
    assert len(token) == length
    answer = served.post(API_4, body(), headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.content) == (401, BAD_TOKEN)
    assert f'error_description="{why}' in answer.headers["www-authenticate"]


CALLERS: dict[str, Callable[[Deployment], Headers]] = {
    "key of CAS": lambda deployment: deployment.key(Role.CAS),
    "key of PLUS": lambda deployment: deployment.key(Role.PLUS),
    "key of Toppan": lambda deployment: deployment.key(Role.TOPPAN),
    "token of CAS": lambda deployment: deployment.token(Role.CAS),
    "token of PLUS": lambda deployment: deployment.token(Role.PLUS),
    "token of Toppan": lambda deployment: deployment.token(Role.TOPPAN),
    "token of an officer": lambda deployment: deployment.token(Role.OIC),
}
GRANTED = {("key of CAS", API_1), ("key of CAS", API_2), ("token of PLUS", API_4)}
KIND_OF_PATH = {API_1: "key", API_2: "key", API_4: "token"}


@pytest.mark.rule("G16", "G15", "G8")
@pytest.mark.parametrize("caller", CALLERS)
def test_every_cell_of_the_access_table_lets_in_or_turns_away(
    served: Served, deployment: Deployment, caller: str
) -> None:
    put_notices(deployment.engine, [NO])
    for path, kind in KIND_OF_PATH.items():
        answer = served.post(path, body(), headers=CALLERS[caller](deployment))
        if (caller, path) in GRANTED:
            assert (path, answer.status_code) == (path, 200)
        elif caller.startswith(kind):
            assert (path, answer.status_code, answer.content) == (path, 403, NOT_ALLOWED)
            assert ("www-authenticate" in answer.headers) == caller.startswith("token")
        else:
            unauthorized = BAD_KEY if kind == "key" else BAD_TOKEN
            assert (path, answer.status_code, answer.content) == (path, 401, unauthorized)
            scheme = "ApiKey" if kind == "key" else "Bearer"
            assert answer.headers["www-authenticate"] == f'{scheme} realm="ocms"'


@pytest.mark.rule("P3", "G1", "G15")
@pytest.mark.parametrize("path, calls, seconds", [(API_1, 10, 3600), (API_2, 10, 3600), (API_4, 100, 60)])
def test_the_call_over_the_limit_is_429_and_says_when_to_come_back(
    served: Served, deployment: Deployment, path: str, calls: int, seconds: int
) -> None:
    put_notices(deployment.engine, [NO])
    credential = deployment.credential_for(path)
    statuses = [served.post(path, body(), headers=credential).status_code for _ in range(calls)]
    assert set(statuses) == {200}
    answer = served.post(path, body(), headers=credential)
    assert (answer.status_code, answer.content) == (429, TOO_OFTEN)
    assert seconds - 50 < int(answer.headers["retry-after"]) <= seconds
    assert served.post(path, body()).status_code == 200


@pytest.mark.rule("P3")
def test_apis_1_and_2_are_counted_apart(served: Served, deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO])
    credential = deployment.key()
    statuses = [served.post(API_1, body(), headers=credential).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert served.post(API_2, body(), headers=credential).status_code == 200


def test_the_limits_are_those_of_the_contract() -> None:
    limits = {operation: policy.limit for operation, policy in OPERATIONS.items()}
    given = {operation: (limit.calls, limit.seconds) for operation, limit in limits.items()}
    assert given[Operation.GET_PAYMENT_STATUS] == given[Operation.UPDATE_COURT_NOTICES] == (10, 3600)
    assert given[Operation.QUERY_NOTICE_INFO] == (100, 60)


@pytest.mark.rule("G8", "P1")
def test_of_all_that_is_wrong_with_a_call_the_first_is_said(served: Served, deployment: Deployment) -> None:
    allowed = deployment.key()
    for _ in range(10):
        served.post(API_2, b"", headers=allowed)
    huge = b"x" * (3 * 1024 * 1024)
    wrong: dict[str, Any] = {
        "requestId": "1",
        "requestTimestamp": "then",
        "notices": "none",
    }
    item: dict[str, Any] = {"suspensionType": "?", "eprReasonOfSuspension": "?", "processingStage": "?"}

    def refused(sent: object, headers: Headers | None = None) -> tuple[int, bytes]:
        answer = served.post(API_2, sent, headers=headers)
        return answer.status_code, answer.content

    assert refused(huge, {}) == (401, BAD_KEY)
    assert refused(huge, deployment.key(Role.PLUS)) == (403, NOT_ALLOWED)
    assert refused(huge, allowed) == (429, TOO_OFTEN)
    assert refused(huge) == (413, TOO_MANY)
    assert refused(b"{") == (400, INVALID_PAYLOAD)
    assert refused(wrong) == (400, INVALID_PAYLOAD)
    wrong["requestId"] = body()["requestId"]
    assert refused(wrong) == (400, INVALID_TIMESTAMP)
    wrong["requestTimestamp"] = "2025-01-14T10:30:00"
    assert refused(wrong) == (400, INVALID_NOTICES)
    wrong["notices"] = [item] * 501
    assert refused(wrong) == (413, TOO_MANY)
    wrong["notices"] = [item]
    assert refused(wrong) == (400, INVALID_NOTICE_NO)
    item["noticeNo"] = "9999999999"
    assert refused(wrong) == (400, INVALID_TYPE)
    item["suspensionType"] = "PS"
    assert refused(wrong) == (400, INVALID_REASON)
    item["eprReasonOfSuspension"] = "PS-WWP"
    assert refused(wrong) == (400, INVALID_STAGE)
    item["processingStage"] = "WAR"
    assert refused(wrong)[0] == 404


@pytest.mark.rule("G11")
def test_a_request_id_is_echoed_and_made_up_when_absent_or_unfit(served: Served) -> None:
    def echoed(**headers: str) -> str:
        given: str = served.http.post(API_1, headers=headers).headers["x-request-id"]
        return given

    assert echoed(**{"X-Request-ID": "CAS/2025-01-14#7"}) == "CAS/2025-01-14#7"
    assert echoed(**{"X-Request-ID": "x" * 128}) == "x" * 128
    made_up = [echoed(), echoed(**{"X-Request-ID": "x" * 129}), echoed(**{"X-Request-ID": "two words"})]
    assert len({uuid.UUID(each) for each in made_up}) == 3
    assert served.http.get("/nowhere", headers={"X-Request-ID": "kept"}).headers["x-request-id"] == "kept"


@pytest.mark.rule("G2", "G7")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND"])
def test_only_post_is_answered(served: Served, method: str) -> None:
    for path in PATHS:
        answer = served.http.request(method, path)
        assert answer.status_code == 405
        assert "POST" in answer.headers["allow"]
        if method != "HEAD":
            assert answer.json() == {"appCode": "OCMS-4051", "message": "Method not allowed on this path"}


@pytest.mark.rule("G7")
@pytest.mark.parametrize(
    "path",
    ["/v1/ocms", f"{API_1}/1", "/v1/ocms/cas-getpaymentstatus", "/%00", "/%ff%fe", "/..%2f..%2fetc/passwd"],
)
def test_an_unknown_path_is_answered_in_json(served: Served, path: str) -> None:
    answer = served.http.post(path)
    assert (answer.status_code, answer.json()["appCode"]) == (404, "OCMS-4041")


@pytest.mark.rule("G15", "P4")
def test_no_refusal_says_anything_of_what_is_inside(served: Served) -> None:
    inside = re.compile(r"sql|Traceback|File \"|litestar|psycopg|SELECT", re.IGNORECASE)
    for path in PATHS:
        for sent in (b"", b"{", b"\xff", b"[" * 1000):
            assert not inside.search(served.post(path, sent).text)

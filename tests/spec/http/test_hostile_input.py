"""Whatever bytes are sent, the answer is JSON of the family, and the fault is never ours."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from gzip import compress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocms_core.kernel.access import Role
from tests.support.builders import REQUEST_ID, body
from tests.support.http_server import API_1, API_2, API_4, Served
from tests.support.rows import put_notices

PATHS = (API_1, API_2, API_4)
MALFORMED = b'{"appCode":"OCMS-4001","message":"Invalid request payload"}'
TOO_LARGE = b'{"appCode":"OCMS-4131","message":"Request exceeds maximum batch limit of 500 notices"}'
BAD_KEY = b'{"appCode":"OCMS-4011","message":"Invalid or missing API credentials"}'
GOOD = json.dumps(body()).encode()
MEBIBYTE = 1024 * 1024
POST_API_4 = b"POST /v1/plus-queryNoticeInfo HTTP/1.1\r\nHost: x\r\n"
EXAMPLES = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.rule("G7", "P1")
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" \n", id="white space"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b"Infinity", id="infinity"),
        pytest.param(b'{"a": 1e999}', id="a number out of range"),
        pytest.param(b'{"a": -1e999}', id="a negative number out of range"),
        pytest.param(b"1" * 100_000, id="a huge whole number"),
        pytest.param(b'{"a": 1' + b"0" * 5000 + b"}", id="a huge whole number in an object"),
        pytest.param(b'{"requestId": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"requestId": "\\udc00\\ud800"}', id="surrogates the wrong way round"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="a surrogate in bytes"),
        pytest.param(b'{"requestId": "\xff\xfe"}', id="bytes that are no UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="a byte order mark"),
        pytest.param(GOOD.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"requestId": "a\x00b"}', id="a bare NUL"),
        pytest.param(b'{"requestId": "a\\u0000b"}', id="an escaped NUL"),
        pytest.param(GOOD[:-1], id="cut short"),
        pytest.param(GOOD + b"x", id="with a tail"),
        pytest.param(GOOD + GOOD, id="twice"),
        pytest.param(b"[" * 100_000, id="deep arrays"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep arrays, closed"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="deep objects, closed"),
        pytest.param(b'{"notices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="deep arrays in a field"),
        pytest.param(compress(GOOD), id="packed"),
        pytest.param(b"requestId=1&notices=2", id="a form"),
        pytest.param(b"<?xml version='1.0'?><notices/>", id="XML"),
    ],
)
def test_a_body_that_is_no_request_is_a_400_of_the_family(served: Served, sent: bytes) -> None:
    for path in PATHS:
        answer = served.post(path, sent)
        assert (path, answer.status_code, answer.content) == (path, 400, MALFORMED)


@pytest.mark.rule("G7")
def test_of_a_key_written_twice_the_last_holds(served: Served) -> None:
    assert served.post(API_1, GOOD[:-1] + b', "requestId": 1}').content == MALFORMED
    assert served.post(API_1, b'{"requestId": 1, ' + GOOD[1:]).status_code == 200


@pytest.mark.rule("G7")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml; charset=\xff"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Encoding": "gzip"},
        {"Accept": "text/html"},
        {"X-Note": "\xe9\xff"},
        {"X-Request-ID": "\xe9\xff"},
        {"X-HTTP-Method-Override": "GET"},
    ],
    ids=str,
)
def test_of_a_call_the_body_counts_and_no_other_header(served: Served, headers: dict[str, str]) -> None:
    sent = {**served.deployment.key(), **headers}
    in_bytes = {name.encode(): value.encode("latin-1") for name, value in sent.items()}
    answer = served.http.post(API_1, content=GOOD, headers=in_bytes)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"].isascii()


@pytest.mark.rule("G7", "G15")
@pytest.mark.parametrize("value", [b"\xff" * 65, b"ocms_\xe9", b"", b"a, b"])
def test_a_key_of_any_bytes_is_a_401(served: Served, value: bytes) -> None:
    answer = served.http.post(API_1, content=GOOD, headers={b"X-API-Key": value})
    assert (answer.status_code, answer.content) == (401, BAD_KEY)


@pytest.mark.rule("G15")
def test_a_repeated_key_is_a_401_even_when_both_are_good(served: Served) -> None:
    key = served.deployment.key()["X-API-Key"]
    answer = served.http.post(API_1, content=GOOD, headers=[("X-API-Key", key), ("x-api-key", key)])
    assert (answer.status_code, answer.content) == (401, BAD_KEY)


def mebibytes(many: int) -> Iterator[bytes]:
    return (b"x" * MEBIBYTE for _ in range(many))


@pytest.mark.rule("G8", "P2")
@pytest.mark.parametrize("many", [3, 50])
@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_huge_body_is_refused_for_its_credential_first_then_for_its_size(
    served: Served,
    many: int,
    chunked: bool,  # noqa: FBT001
) -> None:
    for headers, expected in (
        ({}, (401, BAD_KEY)),
        (served.deployment.key(Role.PLUS), (403, b'{"appCode":"OCMS-4031","message":"Not allowed"}')),
        (served.deployment.key(), (413, TOO_LARGE)),
    ):
        content = mebibytes(many) if chunked else b"x" * (many * MEBIBYTE)
        answer = served.http.post(API_2, content=content, headers=headers)
        assert (answer.status_code, answer.content) == expected


@pytest.mark.rule("G8", "P2")
def test_a_body_as_large_as_may_be_is_read(served: Served) -> None:
    assert served.post(API_1, GOOD + b" " * (2 * MEBIBYTE - len(GOOD))).status_code == 200
    assert served.post(API_1, GOOD + b" " * (2 * MEBIBYTE - len(GOOD) + 1)).content == TOO_LARGE


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST\r\n\r\n",
        POST_API_4 + b"Content-Length: many\r\n\r\n",
        POST_API_4 + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        POST_API_4 + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        POST_API_4 + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
        POST_API_4 + b"Content-Length: 100\r\n\r\n{",
    ],
    ids=["TLS", "no path", "a length in words", "two lengths", "a bad chunk", "a huge header", "hung up"],
)
def test_what_is_no_http_is_survived(served: Served, sent: bytes) -> None:
    url = served.http.base_url
    answer = b""
    with (
        socket.create_connection((url.host, url.port or 0), timeout=10) as raw,
        suppress(OSError),  # it may hang up before it has heard everything
    ):
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(65536)
    assert b" 50" not in answer.partition(b"\r\n")[0]
    assert served.post(API_1, GOOD).status_code == 200


def well_answered(served: Served, path: str, sent: bytes, credential: dict[str, str]) -> None:
    answer = served.post(path, sent, headers=credential)
    assert answer.status_code < 500
    assert answer.headers["content-type"] == "application/json"
    given = answer.json()
    assert given.get("data", given).keys() >= {"appCode", "message"}


@pytest.mark.rule("G7")
@EXAMPLES
@given(sent=st.binary(max_size=200), path=st.sampled_from(PATHS))
def test_any_bytes_are_answered(served: Served, sent: bytes, path: str) -> None:
    well_answered(served, path, sent, served.deployment.credential_for(path))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
LIKELY = st.sampled_from(
    ["1234567890", "9999999999", "PS", "TS", "PS-WWP", "WAR", "NPA", REQUEST_ID, "2025-01-14T10:30:00"]
)
FIELD = LIKELY | ANY_JSON


def objects(*names: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={**dict.fromkeys(names, FIELD), **more})


ITEM = objects("noticeNo", "suspensionType", "eprReasonOfSuspension", "processingStage") | ANY_JSON
REQUEST = objects("requestId", "requestTimestamp", notices=st.lists(ITEM, max_size=4) | ANY_JSON)


@pytest.fixture
def filled(served: Served) -> Served:
    put_notices(served.deployment.engine, ["1234567890"])
    return served


@pytest.mark.rule("G7")
@EXAMPLES
@given(sent=ANY_JSON | REQUEST | REQUEST.map(lambda part: body() | part), path=st.sampled_from(PATHS))
def test_any_json_is_answered(filled: Served, sent: object, path: str) -> None:
    well_answered(filled, path, json.dumps(sent).encode(), filled.deployment.credential_for(path))

"""OCMS behind real nginx and HAProxy, by the samples of `deploy`."""

import contextlib
import json
import socket
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from ocms_web.endpoints import MEBIBYTE
from tests.support.builders import body
from tests.support.http_server import API_1, API_2, Served
from tests.support.rows import notice_numbers, put_notices, row_of
from world.support.programs import wait_until
from world.support.proxies import Proxy, proxying

TOPPAN = "/ocms/v1/internal/toppan/update-stages"
ID_NO = "S1234567D"
NO = "9000000001"
SHORT = 2
REFUSED = {"appCode": "OCMS-4001", "message": "Invalid request payload"}
TOO_LARGE = {"appCode": "OCMS-4131", "message": "Request exceeds maximum batch limit"}
UNAVAILABLE = {"appCode": "OCMS-5031", "message": "Service unavailable"}
BOTH = ["nginx", "haproxy"]


@pytest.fixture(params=BOTH)
def proxy(request: pytest.FixtureRequest, served: Served) -> Iterator[Proxy]:
    """Yield each proxy in turn, before the running system."""
    with proxying(request.param, port_of(served)) as running:
        yield running


@pytest.fixture(params=BOTH)
def impatient(request: pytest.FixtureRequest, served: Served) -> Iterator[Proxy]:
    """Likewise, with time-outs of two seconds."""
    with proxying(request.param, port_of(served), seconds=SHORT) as running:
        yield running


def port_of(served: Served) -> int:
    """Return the port of a running system."""
    return served.http.base_url.port or 0


def post(proxy: Proxy, path: str, content: object, headers: dict[str, str]) -> httpx.Response:
    """Post a body through a proxy, as JSON unless it is bytes."""
    sent = content if isinstance(content, bytes) else json.dumps(content).encode()
    return proxy.http.post(path, content=sent, headers={"Content-Type": "application/json", **headers})


@pytest.mark.rule("G15")
def test_a_request_id_passes_and_is_in_both_logs(proxy: Proxy, served: Served) -> None:
    handle = str(uuid4())
    answer = post(proxy, API_1, body(), served.deployment.key() | {"X-Request-ID": handle})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (200, handle)
    assert any(line.get("request_id") == handle for line in served.log())
    wait_until(lambda: handle in proxy.logged(), proxy.logged)


@pytest.mark.rule("G2")
def test_no_identity_number_is_logged(proxy: Proxy, served: Served) -> None:
    hidden = {"Referer": f"https://portal.example/{ID_NO}", "User-Agent": ID_NO, "X-Request-ID": ID_NO}
    for path in (f"/v1/update-hst/{ID_NO}", f"/hstexists?idNo={ID_NO}", f"/nowhere/{ID_NO}", f"//{ID_NO}"):
        post(proxy, path, {"idNo": ID_NO}, served.deployment.token(Role.OIC) | hidden)
        proxy.http.get(path, headers=hidden)
    with socket.create_connection(("127.0.0.1", proxy.plain_port), timeout=30) as raw:
        raw.sendall(f"GET /{ID_NO} {ID_NO} HTTP/1.1\r\n\r\n".encode())
        raw.recv(65536)
    handle = str(uuid4())
    proxy.http.get("/health/live", headers={"X-Request-ID": handle})
    wait_until(lambda: handle in proxy.logged(), proxy.logged)
    assert "/v1/update-hst/{idNo}" in proxy.logged()
    assert ID_NO not in proxy.logged()


@pytest.mark.rule("G8", "S71")
def test_a_print_run_passes_and_a_larger_body_is_refused_in_the_words_of_its_contract(
    proxy: Proxy, served: Served
) -> None:
    token = served.deployment.token(Role.TOPPAN)
    numbers = [f"{number:010}" for number in range(100_000)]
    run = {"noticeNumbers": numbers, "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"}
    answer = post(proxy, TOPPAN, json.dumps(run, indent=2).encode(), token)
    assert (answer.status_code, answer.json()["totalNotices"]) == (200, 100_000)
    ours = post(proxy, TOPPAN, b" " * (5 * MEBIBYTE), token)
    assert (ours.status_code, ours.json()["errors"]) == (413, [TOO_LARGE["message"]])
    theirs = post(proxy, TOPPAN, b" " * (9 * MEBIBYTE), token)
    assert (theirs.status_code, theirs.json()) == (413, TOO_LARGE)
    assert theirs.headers["content-type"] == "application/json"


@pytest.mark.rule("G17")
def test_a_token_of_16_kb_passes_and_larger_headers_are_refused(proxy: Proxy) -> None:
    answer = post(proxy, TOPPAN, {}, {"Authorization": f"Bearer {'x' * 16_000}"})
    assert (answer.status_code, answer.json()["errors"]) == (401, ["Invalid or missing token"])
    refused = post(proxy, TOPPAN, {}, {"Authorization": f"Bearer {'x' * 60_000}"})
    assert refused.status_code == 400
    if proxy.name != "haproxy":  # which has a page of its own for what it cannot read
        assert refused.json() == REFUSED


@pytest.mark.rule("P1")
def test_callers_are_limited_each_by_itself(proxy: Proxy, served: Served) -> None:
    one, other = served.deployment.key(), served.deployment.key()
    assert [post(proxy, API_1, body(), one).status_code for _ in range(11)] == [200] * 10 + [429]
    assert post(proxy, API_1, body(), other).status_code == 200


@pytest.mark.rule("G7")
def test_a_body_that_does_not_come_is_given_up_by_the_proxy(impatient: Proxy, served: Served) -> None:
    before = len(served.log())
    begun = f"POST {API_1} HTTP/1.1\r\nHost: ocms\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", impatient.plain_port), timeout=30) as raw:
        raw.sendall(begun.encode())
        answer = raw.recv(65536)
    head, _, content = answer.partition(b"\r\n\r\n")
    if impatient.name == "nginx":  # it ends the connection without a word
        assert not answer
    else:
        assert (head.split()[1], json.loads(content)) == (b"408", REFUSED)
    assert not [line for line in served.log()[before:] if line["path"] == API_1]


@pytest.mark.rule("P4", "P20")
def test_a_call_that_takes_too_long_is_503_and_its_repeat_is_harmless(
    impatient: Proxy, served: Served
) -> None:
    engine = served.deployment.engine
    (number,) = notice_numbers(1)
    put_notices(engine, [number])
    call, key = body(({"noticeNo": number},)), served.deployment.key()
    with engine.begin():  # the one writer SQLite allows
        late = post(impatient, API_2, call, key)
    assert late.status_code == {"nginx": 503, "haproxy": 504}[impatient.name]
    assert late.json() == UNAVAILABLE
    first, second = (post(impatient, API_2, call, key) for _ in range(2))
    assert [first.status_code, second.status_code] == [200, 200]
    assert first.json() == second.json()


@pytest.mark.rule("P20")
@pytest.mark.parametrize("through", ["nothing", *BOTH])
def test_a_client_that_half_closes_may_repeat_its_call(through: str, served: Served) -> None:
    engine = served.deployment.engine
    (number,) = notice_numbers(1)
    put_notices(engine, [number])
    before = row_of(engine, t.ocms_valid_offence_notice, number)
    call, key = json.dumps(body(({"noticeNo": number},))), served.deployment.key()["X-API-Key"]
    sent = (
        f"POST {API_2} HTTP/1.1\r\nHost: ocms\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(call)}\r\n\r\n{call}"
    )
    with contextlib.ExitStack() as stack:
        port = port_of(served)
        if through != "nothing":
            port = stack.enter_context(proxying(through, port)).plain_port
        with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
            raw.sendall(sent.encode())
            raw.shutdown(socket.SHUT_WR)
            first = raw.recv(65536)
    if through == "haproxy":
        assert first.startswith(b"HTTP/1.1 200")
    again = served.post(API_2, json.loads(call), headers={"X-API-Key": key})
    third = served.post(API_2, json.loads(call), headers={"X-API-Key": key})
    assert again.json() == third.json()
    assert again.json()["data"]["updatedCount"] == 1
    after = row_of(engine, t.ocms_valid_offence_notice, number)
    assert {name: after[name] for name in before if not name.startswith("upd_")} == {
        name: value for name, value in before.items() if not name.startswith("upd_")
    }


@pytest.mark.rule("P4")
@pytest.mark.parametrize("name", BOTH)
def test_while_ocms_is_away_the_answer_is_503(name: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with proxying(name, nobody.getsockname()[1]) as proxy:
            answer = proxy.http.get("/health/live")
    assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)

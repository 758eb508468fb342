"""Callers that wait without end cost a serving process neither its known callers nor its memory."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from ocms_adapters.sql import schema as t
from tests.support.builders import body
from tests.support.http_server import API_2, API_4, Deployment, Headers, Served, serving
from tests.support.rows import put_notices, row_of, rows_of

NO = "1234567890"
HELD = 300
PATIENCE = 30


def head(path: str, length: int, headers: Headers) -> bytes:
    """Return the head of a request with a body of this length."""
    lines = [f"POST {path} HTTP/1.1", "Host: ocms", f"Content-Length: {length}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


@contextmanager
def connections(served: Served, many: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open connections and send the same over each."""
    url = served.http.base_url
    opened: list[socket.socket] = []
    try:
        for _ in range(many):
            opened.append(socket.create_connection((url.host, url.port or 0), PATIENCE))
            opened[-1].sendall(sent)
        yield opened
    finally:
        for each in opened:
            each.close()


def status(connection: socket.socket) -> int | None:
    """Return the status a connection is answered with; None when it is closed without an answer."""
    with suppress(ConnectionError):
        found = re.match(rb"HTTP/1.1 ([0-9]{3}) ", connection.recv(4096))
        return int(found[1]) if found else None
    return None


def known_callers_and_health_are_answered(served: Served, known: Headers) -> None:
    for question in ("live", "ready"):
        assert served.http.get(f"/health/{question}").status_code == 200
    assert served.post(API_4, body(), headers=known).status_code == 200


@pytest.mark.rule("G19")
def test_half_sent_bodies_of_unknown_callers_are_refused_at_once(sqlite_deployment: Deployment) -> None:
    put_notices(sqlite_deployment.engine, [NO])
    with serving(sqlite_deployment, body_seconds=600, ready_seconds=30) as served:
        known = sqlite_deployment.token()
        known_callers_and_health_are_answered(served, known)
        idle = served.memory()
        half = head(API_2, 2_000_000, {"X-API-Key": "nobody's"}) + b"x" * 1000
        for _ in range(2):
            with connections(served, HELD, half) as held:
                known_callers_and_health_are_answered(served, known)
                assert {status(each) for each in held} == {401}
                assert served.memory() < 1.2 * idle
        known_callers_and_health_are_answered(served, known)


@pytest.mark.rule("G19")
def test_a_half_sent_body_of_a_known_caller_ends_in_time_and_takes_half_of_the_places(
    sqlite_deployment: Deployment,
) -> None:
    put_notices(sqlite_deployment.engine, [NO])
    with serving(sqlite_deployment, body_seconds=5, calls=2, ready_seconds=30) as served:
        slow, known = sqlite_deployment.token(), sqlite_deployment.token()
        half = head(API_4, 2_000_000, slow) + b"x"
        while (refused := answered_meanwhile(served, half, slow, known)) is None:
            pass  # on a busy machine the body's time may be over before another call comes
        assert refused == (503, "OCMS-5031")
        known_callers_and_health_are_answered(served, slow)


def answered_meanwhile(
    served: Served, half: bytes, slow: Headers, known: Headers
) -> tuple[int, str | None] | None:
    """Return how another call of a slow caller is answered while its body is waited for; None if too late."""
    with connections(served, 1, half) as (held,):
        until = time.monotonic() + 4
        while (more := served.post(API_4, body(), headers=slow)).status_code == 200:
            if time.monotonic() > until:
                return None
            time.sleep(0.2)
        known_callers_and_health_are_answered(served, known)
        assert status(held) == 400
        return more.status_code, more.json()["appCode"]


@pytest.mark.rule("G19")
def test_connections_without_a_request_are_closed_in_time(sqlite_deployment: Deployment) -> None:
    with (
        serving(sqlite_deployment, connections=20, header_seconds=2) as served,
        connections(served, 25, b"POST / HT") as held,
    ):
        assert served.http.get("/health/live").status_code == 200
        assert {status(each) for each in held} <= {None, 408}


@pytest.mark.rule("G19")
def test_a_caller_that_closes_its_side_may_not_see_the_answer_and_repeats_safely(
    sqlite_deployment: Deployment,
) -> None:
    put_notices(sqlite_deployment.engine, [NO])
    key = sqlite_deployment.key()
    move = {"noticeNo": NO, "processingStage": "WAR", "eprReasonOfSuspension": "PS-WWP"}
    sent = json.dumps(body((move,))).encode()
    with serving(sqlite_deployment) as served:
        with connections(served, 1, head(API_2, len(sent), key) + sent) as (closing_side,):
            closing_side.shutdown(socket.SHUT_WR)
            assert status(closing_side) in (None, 200)
        for _ in range(2):
            assert served.post(API_2, sent, headers=key).status_code == 200
    assert row_of(sqlite_deployment.engine, t.ocms_valid_offence_notice, NO)["last_processing_stage"] == "WAR"
    assert len(rows_of(sqlite_deployment.engine, t.ocms_suspended_notice, NO)) == 1

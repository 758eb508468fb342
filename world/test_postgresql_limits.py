"""What a real PostgreSQL refuses for a time is 503 in each family, and is over without a restart of OCMS."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from sqlalchemy import text

from ocms_core.kernel.access import Role
from tests.support.builders import body
from tests.support.databases import postgres_databases
from tests.support.http_server import API_1, API_2, API_4, Deployment, Headers, Served, serving
from tests.support.postgres import PostgresServer, running_server
from tests.support.rows import put_notices
from world.support.programs import wait_until

NO = "1234567890"
ID_NO = "S1234567D"
CALLS: dict[str, tuple[Role, object]] = {
    API_1: (Role.CAS, body()),
    API_2: (Role.CAS, body()),
    API_4: (Role.PLUS, body()),
    "/ocms/v1/change-processing-stage/search": (Role.OIC, {"noticeNo": NO}),
    "/ocms/v1/internal/toppan/update-stages": (
        Role.TOPPAN,
        {"noticeNumbers": [NO], "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"},
    ),
    "/api/v1/notice/timeline": (Role.OIC, {"noticeNo": NO}),
    "/hstexists": (Role.OIC, {"idNo": ID_NO}),
}
LOCK_TABLES = text("LOCK TABLE ocms_valid_offence_notice, ocms_hst IN ACCESS EXCLUSIVE MODE")
HELD = text("UPDATE ocms_valid_offence_notice SET upd_user_id = 'other_app'")
CONNECTED = b"SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
WAITING = CONNECTED + b" AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """Yield a server whose settings the tests change."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def on_postgresql(own_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a running system on this server, with one notice."""
    with postgres_databases(own_server) as databases:
        deployment = Deployment(databases, tmp_path_factory.mktemp("served"))
        put_notices(deployment.engine, [NO])
        with serving(deployment) as served:
            yield served
        deployment.engine.dispose()


def plain(address: str) -> str:
    """Return an address as the driver takes it."""
    return address.replace("+psycopg", "")


@contextmanager
def setting(server: PostgresServer, name: str, value: str) -> Iterator[None]:
    """Change a setting of the server for all sessions, present ones too, until the block ends."""
    with psycopg.connect(plain(server.url()), autocommit=True) as connection:
        before = shown(connection, name)

        def change(words: str, becomes: str) -> None:
            connection.execute(f"ALTER SYSTEM {words}".encode())
            connection.execute("SELECT pg_reload_conf()")
            wait_until(lambda: shown(connection, name) == becomes)

        change(f"SET {name} = '{value}'", value)
        try:
            yield
        finally:
            change(f"RESET {name}", before)


def shown(connection: psycopg.Connection[tuple[object, ...]], name: str) -> str:
    """Return a setting of the server."""
    (value,) = connection.execute(f"SHOW {name}".encode()).fetchone() or ("",)
    return str(value)


@pytest.fixture
def credentials(on_postgresql: Served) -> dict[str, Headers]:
    """Return a fresh credential for each call."""
    deployment = on_postgresql.deployment
    return {
        path: deployment.key(role) if role is Role.CAS else deployment.token(role)
        for path, (role, _) in CALLS.items()
    }


def statuses(served: Served, credentials: dict[str, Headers]) -> dict[str, int]:
    """Make each call and return its status."""
    return {path: call(served, path, credentials[path]).status_code for path in CALLS}


def call(served: Served, path: str, credential: Headers) -> httpx.Response:
    """Make a call."""
    return served.post(path, CALLS[path][1], headers=credential)


GOOD = dict.fromkeys(CALLS, 200)
GONE = dict.fromkeys(CALLS, 503)


@pytest.mark.rule("P4", "G15")
def test_a_server_that_only_reads_after_a_failover_is_503_until_one_that_writes_is_there(
    own_server: PostgresServer, on_postgresql: Served, credentials: dict[str, Headers]
) -> None:
    assert statuses(on_postgresql, credentials) == GOOD
    with setting(own_server, "default_transaction_read_only", "on"):
        assert statuses(on_postgresql, credentials) == GONE
    assert statuses(on_postgresql, credentials) == GOOD


@pytest.mark.rule("P4", "G15")
@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout"])
def test_a_statement_that_waits_beyond_the_servers_limit_is_503_until_it_need_not_wait(
    own_server: PostgresServer, on_postgresql: Served, credentials: dict[str, Headers], limit: str
) -> None:
    with setting(own_server, limit, "300ms"), on_postgresql.deployment.engine.begin() as other:
        other.execute(text(f"SET LOCAL {limit} = 0"))
        other.execute(LOCK_TABLES)
        assert statuses(on_postgresql, credentials) == GONE
    assert statuses(on_postgresql, credentials) == GOOD


@pytest.mark.rule("P4", "G15")
def test_a_transaction_that_stands_still_is_ended_by_the_server_and_the_next_call_works(
    own_server: PostgresServer, on_postgresql: Served, credentials: dict[str, Headers]
) -> None:
    process, engine = on_postgresql.process, on_postgresql.deployment.engine
    with (
        setting(own_server, "idle_in_transaction_session_timeout", "500ms"),
        psycopg.connect(plain(on_postgresql.deployment.databases.intranet), autocommit=True) as watch,
        ThreadPoolExecutor(1) as threads,
    ):
        with engine.begin() as other:
            other.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            other.execute(HELD)
            answer = threads.submit(call, on_postgresql, API_2, credentials[API_2])
            wait_until(lambda: bool(sessions(watch, WAITING)))
            (waiting,) = sessions(watch, WAITING)
            os.killpg(process.pid, signal.SIGSTOP)
        try:  # what it waited for is there, and it does nothing with it
            wait_until(lambda: waiting not in sessions(watch, CONNECTED))
        finally:
            os.killpg(process.pid, signal.SIGCONT)
        assert answer.result().status_code == 503
    assert statuses(on_postgresql, credentials) == GOOD


def sessions(watch: psycopg.Connection[tuple[object, ...]], statement: bytes) -> set[object]:
    """Return the numbers of sessions."""
    return {row[0] for row in watch.execute(statement)}

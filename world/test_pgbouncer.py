"""OCMS behind a real PgBouncer that lends a server connection for a transaction only."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, make_url, text

from ocms_adapters.sql import engines
from ocms_adapters.sql.transactions import writing
from ocms_adapters.sql.vip_vehicles import SqlVipVehicles
from ocms_core.kernel.errors import Conflict
from tests.support.builders import NOW, body
from tests.support.databases import Databases, postgres_databases
from tests.support.http_server import API_1, API_2, API_4, Deployment, Served, serving
from tests.support.postgres import PostgresServer
from tests.support.rows import put_notices
from world.support.own_tests import run_own_tests
from world.support.pgbouncer import Pooler, pgbouncer

NO = "1234567890"
VEHICLES = 500


@pytest.fixture
def direct(postgres: PostgresServer) -> Iterator[Databases]:
    """Yield a pair of databases, by the addresses of the server itself."""
    with postgres_databases(postgres) as databases:
        yield databases


@pytest.fixture
def pooler(postgres: PostgresServer) -> Iterator[Pooler]:
    """Yield a pooler with one server connection for each database."""
    with pgbouncer(postgres) as running:
        yield running


def through(pooler: Pooler, direct: str) -> str:
    """Return the address of a database through a pooler."""
    return pooler.url(str(make_url(direct).database))


@pytest.mark.rule("P4")
def test_two_servers_never_get_each_others_statements(
    postgres: PostgresServer, direct: Databases, tmp_path: Path
) -> None:
    with pgbouncer(postgres, default_pool_size=3) as pooler:
        pair = Databases(through(pooler, direct.intranet), through(pooler, direct.internet))
        deployment = Deployment(pair, tmp_path)
        with opened(deployment.engine), serving(deployment) as one, serving(deployment) as other:
            put_notices(deployment.engine, [NO])
            expected = [answer(one, path) for path in (API_1, API_4)]

            def call(server: Served) -> list[tuple[int, bytes]]:
                paths = (API_1, API_4) if server is one else (API_4, API_1)
                return sorted({answer(server, path) for _ in range(25) for path in paths})

            with ThreadPoolExecutor(2) as threads:
                answers = list(threads.map(call, [one, other]))
            assert answers == [sorted(expected)] * 2
            assert [status for status, _ in expected] == [200, 200]
            assert answer(other, API_2)[0] == 200


def answer(server: Served, path: str) -> tuple[int, bytes]:
    """Return status and body of a call about one notice."""
    answered = server.post(path, body())
    return answered.status_code, answered.content


@contextmanager
def opened(*engines: Engine) -> Iterator[None]:
    """Dispose of engines when the block ends."""
    try:
        yield
    finally:
        for engine in engines:
            engine.dispose()


@pytest.mark.rule("G5", "G13")
def test_each_transaction_has_its_settings_and_leaves_none_to_the_next_client(
    pooler: Pooler, direct: Databases
) -> None:
    with psycopg.connect(plain(direct.intranet), autocommit=True) as owner:
        database = make_url(direct.intranet).database
        for setting in ("default_transaction_isolation = 'serializable'", "timezone = 'America/New_York'"):
            owner.execute(f"ALTER DATABASE {database} SET {setting}".encode())
    address = through(pooler, direct.intranet)
    usual, impatient = engines.create(address), engines.create(address, patience=0.5)
    with (
        opened(usual, impatient),
        psycopg.connect(plain(address), autocommit=True, prepare_threshold=None) as other,
    ):
        for _ in range(8):  # psycopg would prepare the sixth by name
            for engine, limit in ((usual, "0"), (impatient, "500ms")):
                with engine.begin() as connection:  # a rollback makes psycopg forget what it prepared
                    assert shown(connection, "TimeZone") == "Asia/Singapore"
                    assert shown(connection, "transaction_isolation") == "read committed"
                    assert shown(connection, "statement_timeout") == limit
                    assert not connection.exec_driver_sql("SELECT * FROM pg_prepared_statements").all()
                theirs = [
                    other.execute(f"SHOW {name}".encode()).fetchone()
                    for name in ("TimeZone", "statement_timeout")
                ]
                assert theirs == [("America/New_York",), ("0",)]
        with pytest.raises(Conflict), writing(impatient) as connection:
            connection.execute(text("SELECT pg_sleep(5)"))


def shown(connection: Connection, name: str) -> object:
    """Return a setting of a session."""
    return connection.execute(text(f"SHOW {name}")).scalar_one()


def plain(address: str) -> str:
    """Return an address as the driver takes it."""
    return address.replace("+psycopg", "")


@pytest.mark.rule("P41")
def test_the_vip_list_is_replaced_in_one_transaction(pooler: Pooler, direct: Databases) -> None:
    engine = engines.create(through(pooler, direct.intranet))

    def replace(first: int) -> int:
        file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
        rows = [(f"SVP{number:07}", "Y", "", "A") for number in range(first, first + VEHICLES)]
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
        file.seek(0)
        changes = SqlVipVehicles(engine).replace(
            file, NOW, largest_percent=100, accepted=True, check=lambda _: None
        )
        return changes.after

    with opened(engine), ThreadPoolExecutor(4) as threads:
        assert list(threads.map(replace, [0, 100, 200, 300])) == [VEHICLES] * 4
    with opened(engine), engine.connect() as connection:
        rows = connection.execute(text("SELECT count(*) FROM ocms_vip_vehicle")).scalar_one()
        left = connection.execute(text("SELECT count(*) FROM pg_class WHERE relpersistence = 't'"))
        assert (rows, left.scalar_one()) == (VEHICLES, 0)


@pytest.mark.parametrize(
    "tests",
    [
        "tests/ports/sql/test_vip_vehicles.py",
        "tests/ports/sql/test_rate_limits.py",
        "tests/jobs/test_job_queue.py",
    ],
)
def test_the_projects_own_tests_pass_through_the_pooler(tests: str, tmp_path: Path) -> None:
    # Namespaces have no way to a port of 127.0.0.1 outside.
    run_own_tests("world.through_pooler", "postgresql or queue and not namespaces", tests, tmp_path)

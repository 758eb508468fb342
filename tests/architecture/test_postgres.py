"""The PostgreSQL of the tests is a real server that leaves nothing behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from ocms_adapters.sql import engines
from tests.support.databases import Databases
from tests.support.emptied_databases import EmptiedDatabases
from tests.support.postgres import PostgresServer, running_server

HOLDER = """
import sys
from tests.support.postgres import running_server
with running_server() as server:
    print(server.folder, server.url(tcp=True), flush=True)
    sys.stdin.read()
"""


def ask(url: str, statement: str) -> object:
    """Return the first value that a statement answers with."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row and row[0]


def fill(url: str) -> None:
    """Put one table with one row into a database."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")


def test_a_clone_is_a_copy_of_its_template(postgres: PostgresServer) -> None:
    template = postgres.template("filled", fill)
    first, second = postgres.clone(template), postgres.clone(template)
    assert ask(postgres.url(first), "DELETE FROM kept RETURNING one") == 1
    assert ask(postgres.url(second, tcp=True), "SELECT one FROM kept") == 1
    for name in (first, second):
        postgres.drop(name)


def test_a_pair_is_used_again_as_it_was_when_it_was_new(postgres: PostgresServer) -> None:
    emptied = EmptiedDatabases(postgres)
    with emptied.pair() as first:
        stages = ask(first.intranet, "SELECT count(*) FROM ocms_stage_map")
        ask(first.intranet, "DELETE FROM ocms_stage_map RETURNING 1")
        ask(first.intranet, "SELECT nextval('ocms_outbox_id_seq')")
        ask(first.internet, "INSERT INTO eocms_schema_version VALUES ('other') RETURNING 1")
    with emptied.pair() as second:
        assert second == first
        assert ask(second.intranet, "SELECT count(*) FROM ocms_stage_map") == stages
        assert ask(second.intranet, "SELECT nextval('ocms_outbox_id_seq')") == 1
        assert ask(second.internet, "SELECT count(*) FROM eocms_schema_version") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other AS SELECT 1 AS one",
        "ALTER TABLE ocms_outbox ADD COLUMN other integer",
        "GRANT SELECT ON ocms_outbox TO PUBLIC",
        "ANALYZE ocms_stage_map",
        "TRUNCATE ocms_outbox",
    ],
)
def test_a_database_is_given_up_after_what_emptying_its_tables_does_not_undo(
    postgres: PostgresServer, statement: str
) -> None:
    emptied = EmptiedDatabases(postgres)
    with emptied.pair() as first, psycopg.connect(first.intranet.replace("+psycopg", "")) as connection:
        connection.execute(statement.encode())
    with emptied.pair() as second:
        assert second.intranet != first.intranet
        assert second.internet == first.internet


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_comes_back_at_the_same_place_with_its_data(mode: str) -> None:
    with running_server() as server:
        server.create("ours")
        before = server.url("ours", tcp=True)
        fill(before)
        server.stop(mode)
        with pytest.raises(psycopg.OperationalError):
            ask(before, "SELECT one FROM kept")
        server.start()
        assert server.url("ours", tcp=True) == before
        assert ask(before, "SELECT one FROM kept") == 1


def test_a_killed_holder_leaves_nothing_behind() -> None:
    holder = [sys.executable, "-c", HOLDER]
    pipe = subprocess.PIPE
    with subprocess.Popen(holder, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2]) as held:
        assert held.stdout
        folder, url = held.stdout.readline().split()
        assert ask(url, "SELECT 1") == 1
        held.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(folder).exists()
    with pytest.raises(psycopg.OperationalError):
        ask(url, "SELECT 1")


@pytest.mark.parametrize("side", ["intranet", "internet"])
def test_every_test_gets_databases_of_its_own(databases: Databases, side: str) -> None:
    engine = engines.create(getattr(databases, side))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (one INTEGER)"))
        assert connection.scalar(text("SELECT count(*) FROM mine")) == 0
    engine.dispose()

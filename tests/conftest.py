"""Fixtures for every test: a real PostgreSQL and freshly migrated databases."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.databases import Databases, server_databases, sqlite_databases
from tests.support.databases import sqlite_templates as filled
from tests.support.emptied_databases import EmptiedDatabases
from tests.support.postgres import PostgresServer, server_folder
from tests.support.rule_results import RuleResults
from tools.rule_pages import RESULTS

SERVER_FOLDER = "TEST_POSTGRESQL_FOLDER"

settings.register_profile("standard", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.register_profile("soak", deadline=None, print_blob=True, max_examples=10_000)
settings.load_profile("standard")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare one PostgreSQL for the whole run; the first worker that needs it starts it."""
    if not hasattr(config, "workerinput"):  # a worker of xdist uses its controller's
        run = ExitStack()
        os.environ[SERVER_FOLDER] = str(run.enter_context(server_folder()).folder)
        config.add_cleanup(run.close)
    config.pluginmanager.register(RuleResults(config.rootpath / RESULTS), "rule-results")


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """Return the running PostgreSQL server that all tests share."""
    server = PostgresServer(Path(os.environ[SERVER_FOLDER]))
    server.start()
    return server


@pytest.fixture(scope="session")
def postgres_pair(postgres: PostgresServer) -> EmptiedDatabases:
    """Return the pair of databases that tests on PostgreSQL use one after the other."""
    return EmptiedDatabases(postgres)


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one migrated SQLite file per side."""
    return filled(tmp_path_factory.mktemp("sqlite"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names a server to run on instead."""
    parser.addoption("--server", help="run on this server, by its SQLAlchemy URL without a database")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs databases on SQLite and PostgreSQL, or on the server that was named."""
    chosen = [str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize") if mark.args]
    if "on_both" in metafunc.fixturenames and not any("on_both" in names for names in chosen):
        kinds = ["server"] if metafunc.config.getoption("--server") else ["sqlite", "postgresql"]
        metafunc.parametrize("on_both", kinds, indirect=True)


@pytest.fixture
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Yield a freshly migrated pair of databases, once on SQLite and once on PostgreSQL."""
    if request.param == "server":
        with server_databases(request.config.getoption("--server")) as pair:
            yield pair
    elif request.param == "sqlite":
        yield sqlite_databases(request.getfixturevalue("sqlite_templates"), tmp_path)
    else:
        emptied: EmptiedDatabases = request.getfixturevalue("postgres_pair")
        with emptied.pair() as pair:
            yield pair


@pytest.fixture
def databases(on_both: Databases) -> Databases:
    """Return both in turn; a folder of tests to which the kind does not matter has SQLite in its place."""
    return on_both

"""Fixtures for every test: a real PostgreSQL and freshly migrated databases."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.databases import Databases, postgres_databases, sqlite_databases
from tests.support.databases import sqlite_templates as filled
from tests.support.postgres import PostgresServer, server_folder

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


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """Return the running PostgreSQL server that all tests share."""
    server = PostgresServer(Path(os.environ[SERVER_FOLDER]))
    server.start()
    return server


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one migrated SQLite file per side."""
    return filled(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Yield a freshly migrated pair of databases, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield sqlite_databases(request.getfixturevalue("sqlite_templates"), tmp_path)
    else:
        with postgres_databases(request.getfixturevalue("postgres")) as pair:
            yield pair


@pytest.fixture
def databases(on_both: Databases) -> Databases:
    """Return both in turn; a folder of tests to which the kind does not matter has SQLite in its place."""
    return on_both

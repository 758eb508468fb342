"""Fixtures for the tests with real programs: a PostgreSQL server and freshly migrated databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browsers import at_browser, served_staff
from tests.support.databases import Databases, sqlite_databases, sqlite_templates
from tests.support.http_server import Deployment, Served, serving
from tests.support.postgres import PostgresServer, running_server

__all__ = ["at_browser", "served_staff"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Yield the running PostgreSQL server that the tests share."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session", name="sqlite_templates")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one migrated SQLite file per side."""
    return sqlite_templates(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """Yield a running system on SQLite."""
    folder = tmp_path_factory.mktemp("served")
    databases: Databases = sqlite_databases(request.getfixturevalue("sqlite_templates"), folder)
    deployment = Deployment(databases, folder)
    with serving(deployment) as server:
        yield server
    deployment.engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of the test's own."""
    return tmp_path

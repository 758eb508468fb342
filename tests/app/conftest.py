"""A deployment for each test that starts, stops or breaks one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import Databases, sqlite_databases
from tests.support.http_server import Deployment
from tests.support.log_lines import logs_as_before


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Leave logging as it was: a command run in this process sets it up."""
    with logs_as_before():
        yield


@pytest.fixture
def deployment(databases: Databases, tmp_path: Path) -> Iterator[Deployment]:
    """Give freshly migrated databases and their credentials, on each database in turn."""
    deployment = Deployment(databases, tmp_path)
    yield deployment
    deployment.engine.dispose()


@pytest.fixture
def sqlite_deployment(sqlite_templates: Path, tmp_path: Path) -> Iterator[Deployment]:
    """Return a deployment on SQLite, for what is the same on every database."""
    deployment = Deployment(sqlite_databases(sqlite_templates, tmp_path), tmp_path)
    yield deployment
    deployment.engine.dispose()

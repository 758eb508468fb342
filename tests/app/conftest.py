"""A house of one's own, for who starts, stops and breaks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import Databases, sqlite_databases
from tests.support.http_server import House
from tests.support.log_lines import logs_as_before


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Leave logging as it was: a command run in this process sets it up."""
    with logs_as_before():
        yield


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> Iterator[House]:
    """Give freshly migrated databases and their credentials, on each database in turn."""
    house = House(databases, tmp_path)
    yield house
    house.engine.dispose()


@pytest.fixture
def small_house(sqlite_templates: Path, tmp_path: Path) -> Iterator[House]:
    """Give a house on SQLite, for what no database makes a difference to."""
    house = House(sqlite_databases(sqlite_templates, tmp_path), tmp_path)
    yield house
    house.engine.dispose()

"""The running system the cases of the contracts are called on, once on each database."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, delete

from ocms_adapters.sql.schema import INTRANET
from tests.spec.http.hst.conftest import TABLES as HST_TABLES
from tests.support import offender_rows
from tests.support.databases import postgres_databases, sqlite_databases
from tests.support.http_server import Deployment, Served, serving
from tests.support.rows import emptied
from tests.support.stage_rows import emptied_of_changes


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a running `ocms serve` on freshly migrated databases."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        if request.param == "sqlite":
            databases = sqlite_databases(request.getfixturevalue("sqlite_templates"), folder)
        else:
            databases = stack.enter_context(postgres_databases(request.getfixturevalue("postgres")))
        deployment = Deployment(databases, folder)
        yield stack.enter_context(serving(deployment))
        deployment.engine.dispose()


@pytest.fixture(scope="session")
def beside(running: Served) -> Iterator[Served]:
    """Give a second server of the same system: three more processes on its databases."""
    with serving(running.deployment, workers=3) as second:
        yield second


@pytest.fixture
def served(running: Served) -> Served:
    """Give the running system with no notice in it and nothing counted yet."""
    emptied(running.deployment.engine)
    return running


@pytest.fixture
def empty(served: Served) -> Served:
    """Give the running system without a row that any call which changes something is about."""
    emptied_of_calls(served.deployment.engine)
    return served


@pytest.fixture
def deployment(served: Served) -> Deployment:
    """Give the databases and credentials of the running system."""
    return served.deployment


def emptied_of_calls(engine: Engine) -> None:
    """Take out what the calls that change something are about, and what they leave behind."""
    emptied_of_changes(engine)
    offender_rows.emptied(engine)
    with engine.begin() as connection:
        for table in (*HST_TABLES, INTRANET.tables["ocms_idempotent_answer"]):
            connection.execute(delete(table))

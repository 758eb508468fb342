"""The database of the stage tests, with the fees a move may need."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ocms_adapters.sql.stages import SqlStageStores
from tests.support import engines
from tests.support.databases import Databases
from tests.support.stage_rows import put_fees


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    put_fees(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def stores(engine: Engine) -> SqlStageStores:
    return SqlStageStores(engine)

"""Old rows go while others write; `make campaign NAME=removal` has 120,000 and measures their locks."""

import pytest

from ocms_adapters.sql import engines
from ocms_core.jobs.retention import CHUNK
from tests.campaigns.removal.campaign import COLUMNS, run
from tests.support.databases import postgres_databases
from tests.support.postgres import PostgresServer


@pytest.mark.rule("K3")
def test_just_the_old_rows_go_while_others_write(postgres: PostgresServer) -> None:
    with postgres_databases(postgres) as pair:
        engine = engines.create(pair.intranet)
        found = run(engine, CHUNK + 1, writers=1)
        engine.dispose()
    assert set(found) == set(COLUMNS)
    assert all(len(seen.transactions) >= 2 for seen in found.values())

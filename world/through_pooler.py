"""
A plugin of pytest: the project's own tests reach PostgreSQL through a real PgBouncer by transaction.

`pytest -p world.through_pooler tests/ports/sql` runs them so. Databases are created and dropped at the
server itself.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer
from world.support.pgbouncer import pgbouncer, pooled_url

ADMINISTRATION = "postgres"
direct = PostgresServer.url
ports: dict[Path, int] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Give every database of every server an address through a pooler."""
    poolers = ExitStack()
    config.add_cleanup(poolers.close)

    def pooled(server: PostgresServer, database: str = ADMINISTRATION, *, tcp: bool = False) -> str:
        if database == ADMINISTRATION or database.endswith("_draft"):
            return direct(server, database, tcp=tcp)
        if server.folder not in ports:
            # Enough for transactions that wait for each other.
            pooler = pgbouncer(server, default_pool_size=20, server_idle_timeout=5)
            ports[server.folder] = poolers.enter_context(pooler).port
        return pooled_url(direct(server, database, tcp=True), ports[server.folder])

    PostgresServer.url = pooled  # type: ignore[method-assign, assignment]

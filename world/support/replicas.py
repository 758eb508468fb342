"""A real pair of PostgreSQL servers: a primary, and a standby that streams from it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from attrs import frozen
from sqlalchemy import make_url

from tests.support.postgres import PostgresServer, server_folder
from world.support.programs import DEBIAN_POSTGRESQL, wait_until


@frozen
class ServerPair:
    """A primary and its standby."""

    primary: PostgresServer
    standby: PostgresServer

    def url(self, database: str) -> str:
        """Return the URL of a database on whichever server writes, as the docs have it."""
        url = make_url(self.primary.url(database, tcp=True))
        one, other = (
            f"127.0.0.1:{make_url(each.url(tcp=True)).port}" for each in (self.primary, self.standby)
        )
        where = f"host={one}&host={other}&target_session_attrs=read-write"
        return f"postgresql://{url.username}:{url.password}@/{url.database}?{where}"

    def wait_until_streaming(self) -> None:
        """Wait until the standby takes over each change at once."""
        wait_until(lambda: say(self.primary, "SELECT state FROM pg_stat_replication") == [("streaming",)])

    def wait_for_standby(self, *, synchronous: bool) -> None:
        """Let each COMMIT wait for the standby, or for nobody."""
        names = "*" if synchronous else ""
        say(self.primary, f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        say(self.primary, "SELECT pg_reload_conf()")
        kinds = [("sync",)] if synchronous else [("async",)]
        wait_until(lambda: say(self.primary, "SELECT sync_state FROM pg_stat_replication") == kinds)

    def stop_streaming(self) -> None:
        """Let the standby, which has everything so far, fall behind from here on, as over a broken line."""
        behind = "SELECT replay_lsn < pg_current_wal_flush_lsn() FROM pg_stat_replication"
        wait_until(lambda: say(self.primary, behind) == [(False,)])
        say(self.standby, "ALTER SYSTEM SET primary_conninfo = ''")
        say(self.standby, "SELECT pg_reload_conf()")
        wait_until(lambda: say(self.primary, "SELECT state FROM pg_stat_replication") == [])

    def promote(self) -> None:
        """Make the standby the server that writes."""
        assert say(self.standby, "SELECT pg_promote()") == [(True,)]


@contextmanager
def server_pair() -> Iterator[ServerPair]:
    """Run a primary and a standby; no COMMIT waits for the standby."""
    with (
        server_folder(durable=True, binaries=DEBIAN_POSTGRESQL) as primary,
        server_folder(durable=True, binaries=DEBIAN_POSTGRESQL) as standby,
    ):
        primary.start()
        standby.follow(primary)
        pair = ServerPair(primary, standby)
        pair.wait_until_streaming()
        yield pair


def say(server: PostgresServer, statement: str) -> list[tuple[object, ...]]:
    """Execute a statement in the server's own database and return its rows."""
    with psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection:
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []

"""
A plugin of pytest: the project's own tests on Debian's PostgreSQL, in databases that sort by ICU.

`pytest -p world.on_icu -k postgresql tests/ports/sql` runs them so. The PostgreSQL of the tests has no ICU.
"""

from tests.support.postgres import PostgresServer, unprivileged
from world.support.programs import DEBIAN_POSTGRESQL


def command(server: PostgresServer, program: str, *words: str) -> list[str]:
    """Return the command of a program of Debian's server."""
    del server
    return [*unprivileged(), str(DEBIAN_POSTGRESQL / program), *words]


def create(server: PostgresServer, name: str) -> None:
    """Create an empty database that sorts as people in Singapore do: "a" before "B", "-" last of all."""
    server._say(  # noqa: SLF001  # in place of its own method
        f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-SG' LOCALE 'C'"
    )


PostgresServer._command = command  # type: ignore[method-assign, assignment]  # noqa: SLF001
PostgresServer.create = create  # type: ignore[method-assign, assignment]

"""Databases of Debian's PostgreSQL that sort by language, for plugins of pytest."""

import subprocess
from pathlib import Path

from tests.support.postgres import PostgresServer, unprivileged
from world.support.programs import DEBIAN_POSTGRESQL

ENGLISH = "en_US.UTF-8"


def make_english(folder: Path) -> None:
    """Make the operating system's English in a folder, which programs find by the variable LOCPATH."""
    subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", folder / ENGLISH], check=True)


def create_databases(*, locale: str) -> None:
    """Let the PostgreSQL of the tests be Debian's, and each of its databases have a locale."""

    def command(_server: PostgresServer, program: str, *words: str) -> list[str]:
        return [*unprivileged(), str(DEBIAN_POSTGRESQL / program), *words]

    def create(server: PostgresServer, name: str) -> None:
        server._say(f"CREATE DATABASE {name} TEMPLATE template0 {locale}")  # noqa: SLF001  # in place of its own

    PostgresServer._command = command  # type: ignore[method-assign, assignment]  # noqa: SLF001
    PostgresServer.create = create  # type: ignore[method-assign, assignment]

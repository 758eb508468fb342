"""Pairs of freshly migrated databases, intranet and internet, copied from templates migrated once."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import get_args

from attrs import frozen
from sqlalchemy import make_url

from ocms_adapters.sql import engines
from ocms_adapters.sql.migrations import Side, upgrade
from tests.support.postgres import PostgresServer

SIDES: tuple[Side, ...] = get_args(Side)


@frozen
class Databases:
    """The SQLAlchemy URLs of one pair of databases."""

    intranet: str
    internet: str


@contextmanager
def postgres_databases(server: PostgresServer) -> Iterator[Databases]:
    """Yield a pair in a PostgreSQL server, for as long as the block lasts."""
    pair = {side: server.clone(server.template(side, partial(migrate, side))) for side in SIDES}
    try:
        yield Databases(**{side: server.url(name) for side, name in pair.items()})
    finally:
        for name in pair.values():
            server.drop(name)


@contextmanager
def server_databases(url: str) -> Iterator[Databases]:
    """Yield a new pair on a running server, by its URL without a database, and drop it afterwards."""
    suffix = secrets.token_hex(4)
    pair = {side: f"ocms_suite_{suffix}_{side}" for side in SIDES}
    with administration(url) as execute:
        for name in pair.values():
            execute(f"CREATE DATABASE {name}")
    urls = {side: make_url(url).set(database=name) for side, name in pair.items()}
    shown = {side: each.render_as_string(hide_password=False) for side, each in urls.items()}
    try:
        for side in SIDES:
            migrate(side, shown[side])
        yield Databases(**shown)
    finally:
        with administration(url) as execute:
            for name in pair.values():
                execute(f"DROP DATABASE {name}")


@contextmanager
def administration(url: str) -> Iterator[Callable[[str], object]]:
    """Yield what executes a statement in the server's own database, outside of any transaction."""
    parsed = make_url(url)
    home = {"mssql": "master", "postgresql": "postgres"}[parsed.get_backend_name()]
    engine = engines.create(parsed.set(database=home).render_as_string(hide_password=False))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection.exec_driver_sql
    engine.dispose()


def sqlite_templates(folder: Path) -> Path:
    """Fill a folder with one migrated SQLite file per side, and give the folder."""
    for side in SIDES:
        migrate(side, sqlite_url(folder, side))
    return folder


def sqlite_databases(templates: Path, folder: Path) -> Databases:
    """Return a pair of SQLite files in a folder."""
    shutil.copytree(templates, folder, dirs_exist_ok=True)
    return Databases(**{side: sqlite_url(folder, side) for side in SIDES})


def sqlite_url(folder: Path, side: Side) -> str:
    """Return the URL of one side's file in a folder."""
    return f"sqlite:///{folder / side}.sqlite"


def migrate(side: Side, url: str) -> None:
    """Bring an empty database to the newest schema of its side."""
    engine = engines.create(url)
    upgrade(engine, side)
    engine.dispose()

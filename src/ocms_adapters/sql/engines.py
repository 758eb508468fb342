"""Connections to a database, set up for the one work OCMS does with it."""

import sqlite3
from collections.abc import Callable
from math import ceil
from pathlib import Path
from select import POLLIN, poll
from typing import Any, cast

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine.characteristics import ConnectionCharacteristic
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import InvalidatePoolError

BUSY_SECONDS = 30
SQLITE_SETTINGS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
}

CONNECT_SECONDS = 5
POSTGRESQL_SESSION = {
    "timezone": "Asia/Singapore",
    "default_transaction_isolation": r"read\ committed",
}
# A server that is gone without a word is noticed within half a minute.
POSTGRESQL_NETWORK = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


def create(url: str, *, echo: bool = False, pool_size: int = 10, patience: float = BUSY_SECONDS) -> Engine:
    """
    Open the database at a URL: `sqlite:///file`, `postgresql://...` or `mssql://...`.

    `engine.begin()` opens a transaction that may write (on SQLite it takes the write lock at
    once); `engine.connect().execution_options(ocms_read_only=True)` opens one that only reads and
    waits for nobody. `pool_size` connections are kept, no more are opened. With less than the usual
    `patience`, in seconds, connecting and each statement are given up after that time. Values never show in
    errors or logs. ValueError for any other database and for SQLite without a file.
    """
    parsed = make_url(url)
    name = parsed.get_backend_name()
    if name not in OPENERS:
        raise ValueError(f"The database is one of {', '.join(OPENERS)}, not {name}.")
    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": patience}
    return OPENERS[name](parsed, {**pool, "echo": echo, "hide_parameters": True}, patience)


def open_sqlite(url: URL, options: dict[str, Any], patience: float) -> Engine:
    """Open a SQLite file, making its folder where there is none."""
    if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
        raise ValueError("SQLite needs a file: in memory, every connection would see a database of its own.")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": patience}, **options)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; `begin` below does
        for name, value in SQLITE_SETTINGS.items():
            connection.execute(f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that begins by reading and writes later can lose its turn to another, and no
        # waiting helps; one that says so at the start waits for it (G13).
        reading = connection.get_execution_options().get("ocms_read_only", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


class WithoutTransaction(ConnectionCharacteristic):
    """
    Reading PostgreSQL without a transaction: one round trip in place of three.

    READ COMMITTED shows each statement its own state anyway, so nothing else changes.
    """

    transactional = True

    def set_characteristic(self, dialect: Dialect, dbapi_conn: Any, value: bool) -> None:  # noqa: ARG002, FBT001
        """Begin no transaction from here on, or begin them again."""
        dbapi_conn.autocommit = value

    def get_characteristic(self, dialect: Dialect, dbapi_conn: Any) -> bool:  # noqa: ARG002
        """Whether statements stand alone."""
        return bool(dbapi_conn.autocommit)

    def reset_characteristic(self, dialect: Dialect, dbapi_conn: Any) -> None:  # noqa: ARG002
        """Leave the connection as the next user expects it."""
        dbapi_conn.autocommit = False


def open_postgresql(url: URL, options: dict[str, Any], patience: float) -> Engine:
    """Open a PostgreSQL database, with connections that outlive a restart of the server."""
    session = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_SESSION.items())
    network, connect_seconds = POSTGRESQL_NETWORK, CONNECT_SECONDS
    if patience < BUSY_SECONDS:
        milliseconds = int(patience * 1000)
        session += f" -c statement_timeout={milliseconds}"
        network = network | {"tcp_user_timeout": milliseconds}
        connect_seconds = min(CONNECT_SECONDS, ceil(patience))
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": connect_seconds, "options": session, **network},
        **options,
    )
    dialect = cast("DefaultDialect", engine.dialect)
    dialect.connection_characteristics = dialect.connection_characteristics.union(
        {"ocms_read_only": WithoutTransaction()}
    )

    @event.listens_for(engine, "checkout")
    def still_connected(connection: Any, _record: object, _proxy: object) -> None:
        # An idle connection on which there is something to read is one the server has closed. Looking
        # costs a few microseconds, a ping as long as a query.
        socket = poll()
        socket.register(connection.fileno(), POLLIN)
        if socket.poll(0):
            raise InvalidatePoolError("the server has closed the connection")

    return engine


def open_mssql(url: URL, options: dict[str, Any], patience: float) -> Engine:
    """Open a SQL Server database."""
    limits = {"connect_args": {"timeout": ceil(patience)}} if patience < BUSY_SECONDS else {}
    return create_engine(url.set(drivername="mssql+mssqlpython"), pool_pre_ping=True, **limits, **options)


OPENERS: dict[str, Callable[[URL, dict[str, Any], float], Engine]] = {
    "sqlite": open_sqlite,
    "postgresql": open_postgresql,
    "mssql": open_mssql,
}

"""SQLite: one file and one writer at a time; keys and rows travel as JSON, times as text, money as number."""

import csv
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Engine,
    Executable,
    FromClause,
    MetaData,
    String,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from tenacity import Retrying, retry_if_exception, stop_after_delay
from tenacity.wait import wait_random

from ocms_adapters.sql.dialects.database_dialect import Columns, Converter, DatabaseDialect
from ocms_adapters.sql.dialects.sqlite_times import keep_times_normal
from ocms_adapters.sql.dialects.upsert import Upsert, upsert_on_conflict
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.money import money

SETTINGS = {
    "synchronous": "FULL",
    "foreign_keys": "ON",
}
SINGAPORE = ZoneInfo("Asia/Singapore")
MONEY_BOUND = Decimal("1e13")
ROWS_AT_ONCE = 10_000
LOCKED_WAIT_SECONDS = 0.05


class NoDatabase(OcmsError):
    """There is no file of a database; the message says what to do."""

    def __init__(self, path: Path) -> None:
        remedy = "run `ocms db upgrade` to make it, or correct its address"
        super().__init__(f"there is no database {path.absolute()}; {remedy}")


class SqliteDialect(DatabaseDialect):
    """SQLite; it needs none of the locks, since a transaction that writes has the database to itself."""

    name = "sqlite"
    utc_now = text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
    local_now = "datetime('now', '+8 hours')"
    error_attribute = "sqlite_errorname"
    unavailable_errors = (
        "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL",
        "SQLITE_READONLY", "SQLITE_CORRUPT", "SQLITE_NOTADB",
    )  # fmt: skip
    conflict_errors = ("SQLITE_BUSY", "SQLITE_LOCKED")
    refused_row_errors = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE")
    missing_schema_errors = ("SQLITE_ERROR: no such table", "SQLITE_ERROR: no such column")
    enforces_lengths = False
    streams_without_transaction = True
    loads_csv = True

    def open(self, url: URL, options: dict[str, Any], patience: float) -> Engine:
        """Return an engine of a file."""
        if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
            raise ValueError(
                "SQLite needs a file: in memory, every connection would see a database of its own."
            )
        engine = create_engine(url, connect_args={"timeout": patience}, **options)

        @event.listens_for(engine, "connect")
        def set_up(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None  # the driver begins nothing by itself; `begin` below does
            keep_write_ahead_log(connection, patience)
            for name, value in SETTINGS.items():
                connection.execute(f"PRAGMA {name} = {value}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A transaction that begins by reading and writes later can lose its turn to another, and no
            # waiting helps; one that says so at the start waits for it (G13).
            reading = connection.get_execution_options().get("ocms_read_only", False)
            connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

        return engine

    def prepare_connecting(self, engine: Engine, *, may_make: bool) -> None:
        """Make the folder of the file before a connection, or raise `NoDatabase` where there is no file."""
        path = Path(engine.url.database or "")

        @event.listens_for(engine, "do_connect")
        def look_for_file(*_connecting: object) -> None:
            if may_make:
                path.parent.mkdir(parents=True, exist_ok=True)
            elif not path.exists():
                raise NoDatabase(path)

    def moment_to_driver(self) -> Converter:
        """Return `local_text`."""
        return local_text

    def moment_from_driver(self) -> Converter:
        """Return `local_moment`."""
        return local_moment

    def money_to_driver(self) -> Converter:
        """Return `number`."""
        return number

    def money_from_driver(self) -> Converter:
        """Return `cents`."""
        return cents

    def row_table(self, dialect: Dialect, columns: Columns) -> FromClause:
        """Return `json_each` over an array of arrays."""
        del dialect
        row = func.json_each(bindparam("rows", type_=String)).table_valued("value", name="j")
        return select(
            *(
                func.json_extract(row.c.value, f"$[{place}]", type_=kind).label(name)
                for place, (name, kind) in enumerate(columns.items())
            )
        ).subquery("r")

    def key_among(self, dialect: Dialect, key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return `IN` over `json_each`."""
        del dialect
        return key.in_(select(func.json_each(bindparam("keys", type_=String)).table_valued("value").c.value))

    def upsert(self, dialect: Dialect, upsert: Upsert, rows: FromClause) -> Executable:
        """Return `INSERT ... ON CONFLICT`."""
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415  # only where it is in use

        del dialect
        return upsert_on_conflict(insert, upsert, rows)

    def rows_as_json(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        """Return `json_group_array`."""
        return func.json_group_array(func.json_array(*columns), type_=String())

    def day_of(self, moment: ColumnElement[datetime]) -> ColumnElement[date]:
        """Return the day of a text that is a moment."""
        return func.date(moment, type_=Date())

    def complete_schema(self, connection: Connection, metadata: MetaData) -> None:
        """Keep times that other programs write in the one text form."""
        keep_times_normal(connection, metadata)

    def load_csv(
        self, connection: Connection, lines: TextIO, table: str, columns: Sequence[str], nullable: str
    ) -> int:
        """Load a CSV file, ten thousand rows at a time."""
        values = ", ".join("nullif(?, '')" if name == nullable else "?" for name in columns)
        rows, count = map(tuple, csv.reader(lines)), 0
        while some := list(islice(rows, ROWS_AT_ONCE)):
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})", some)  # noqa: S608  # our own table
            count += len(some)
        return count


def keep_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    """
    Set the write-ahead log, which the file keeps, within `patience` seconds.

    SQLite does not wait for its busy timeout here: of two connections that open a new file at once, one is
    told at once that the file is locked. Raise sqlite3.OperationalError where it still is at the end.
    """
    for attempt in Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(patience),
        wait=wait_random(0, LOCKED_WAIT_SECONDS),
        reraise=True,
    ):
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")


def _is_locked(error: BaseException) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # above the low byte stands which kind of busy


def local_text(moment: datetime) -> str:
    """
    Return a local time as SQLite keeps it: `2025-02-14 09:30:00`, microseconds only where there are any.

    One text per moment, and texts sort as the moments do. Takes naive Singapore time; ValueError
    for a time with a zone.
    """
    if moment.tzinfo is not None:
        raise ValueError("columns hold Singapore time without a zone")
    return moment.isoformat(" ")


def local_moment(text: str) -> datetime:
    """
    Return the local time another program may have written as `2025-02-14`, with `T`, a fraction or a zone.

    Naive Singapore time; ValueError where the text is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(text)
    return moment.astimezone(SINGAPORE).replace(tzinfo=None) if moment.tzinfo else moment


def number(amount: Decimal) -> float:
    """Return an amount as SQLite keeps it; ValueError where that would not be exact to the cent."""
    if abs(amount) >= MONEY_BOUND:
        raise ValueError("amount too large to be kept exactly in SQLite")
    return float(amount)


def cents(amount: float | str) -> Decimal:
    """Return an amount from SQLite, rounded to the cent."""
    return money(str(amount))

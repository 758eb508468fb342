"""SQL Server: keys and rows travel as JSON, rows are locked by table hints, upserts are MERGE."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    FromClause,
    String,
    and_,
    bindparam,
    create_engine,
    func,
    text,
)
from sqlalchemy.types import TypeEngine

from ocms_adapters.sql.dialects.database_dialect import USUAL_PATIENCE, Columns, DatabaseDialect
from ocms_adapters.sql.dialects.upsert import Upsert

# SQLAlchemy drops FOR UPDATE here without a word; what it stands for are these hints of a table.
LOCK_ROWS = "WITH (UPDLOCK, ROWLOCK)"
LOCK_FREE_ROWS = "WITH (UPDLOCK, ROWLOCK, READPAST)"
LOCK_TABLE = "WITH (TABLOCKX, HOLDLOCK)"

LOCK_IDENTITY = text(
    "EXEC sp_getapplock @Resource = :key, @LockMode = 'Exclusive', @LockOwner = 'Transaction'"
)
LOCK_SCHEMA = text("EXEC sp_getapplock @Resource = 'ocms_schema', @LockMode = 'Exclusive'")


class MssqlDialect(DatabaseDialect):
    """SQL Server through mssql-python."""

    name = "mssql"
    utc_now = text("SELECT SYSUTCDATETIME()")
    local_now = "DATEADD(hour, 8, SYSUTCDATETIME())"

    def open(self, url: URL, options: dict[str, Any], patience: float) -> Engine:
        """Return an engine that looks whether a connection is still there before each use."""
        limits = {"connect_args": {"timeout": ceil(patience)}} if patience < USUAL_PATIENCE else {}
        return create_engine(url.set(drivername="mssql+mssqlpython"), pool_pre_ping=True, **limits, **options)

    def moment_type(self) -> TypeEngine[Any]:
        """Return `datetime2(7)`."""
        from sqlalchemy.dialects.mssql import DATETIME2  # noqa: PLC0415  # only where it is in use

        return DATETIME2(7)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy

    def same_moment(self, column: ColumnElement[datetime], read: ColumnElement[datetime]) -> Any:
        """
        Return the test of a column against a moment that was read from it, whose seventh digit was cut.

        Other systems may have written tenths of a microsecond, which a Python datetime does not hold.
        """
        return and_(column >= read, column < func.dateadd(text("microsecond"), 1, read))

    def row_table(self, dialect: Dialect, columns: Columns) -> FromClause:
        """Return `OPENJSON ... WITH`, each column typed and found by its place."""
        shaped = text(f"SELECT {', '.join(columns)} FROM {opened_rows(dialect, columns)}")  # noqa: S608  # names and types come from our own tables
        return shaped.bindparams(bindparam("rows", type_=String)).columns(**columns).subquery("r")

    def key_among(self, dialect: Dialect, key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return `IN` over `OPENJSON`."""
        listed = text(
            f"SELECT value FROM OPENJSON(:keys) WITH (value {key.type.compile(dialect=dialect)} '$')"  # noqa: S608  # the type comes from our own table
        )
        return key.in_(
            listed.bindparams(bindparam("keys", type_=String)).columns(value=key.type).scalar_subquery()
        )

    def upsert(self, dialect: Dialect, upsert: Upsert, rows: FromClause) -> Executable:
        """Return `MERGE`."""
        shared, newer = upsert.shared, upsert.newer
        columns = {each.name: each.type for each in rows.c}
        source = ", ".join([*columns, *(f":{value.key} AS {name}" for name, value in shared.items())])
        names = [*columns, *shared]
        same = " AND ".join(f"target.{key} = r.{key}" for key in upsert.keys)
        only_later = f" AND (target.{newer} IS NULL OR target.{newer} < r.{newer})" if newer else ""
        updated = ", ".join(f"{name} = r.{name}" for name in upsert.updated)
        values = ", ".join(f"r.{name}" for name in names)
        return text(
            f"MERGE {upsert.table.name} WITH (HOLDLOCK) AS target "  # noqa: S608  # names and types are our own
            f"USING (SELECT {source} FROM {opened_rows(dialect, columns)}) AS r ON {same} "
            f"WHEN MATCHED{only_later} THEN UPDATE SET {updated}, upd_date = :now, upd_user_id = :user "
            f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}, cre_date, cre_user_id) "
            f"VALUES ({values}, :now, :user);"
        ).bindparams(
            bindparam("rows", type_=String),
            *{value.key: value for value in (*shared.values(), upsert.now)}.values(),
            user=upsert.user,
        )

    def lock_identities(self, connection: Connection, id_nos: Sequence[str]) -> None:
        """Take application locks, one by one."""
        for id_no in id_nos:
            connection.execute(LOCK_IDENTITY, {"key": f"ocms_identity {id_no}"})

    def lock_schema(self, connection: Connection) -> None:
        """Take an application lock."""
        connection.execute(LOCK_SCHEMA)

    def limit_lock_waits(self, connection: Connection, seconds: float) -> None:
        """Set `LOCK_TIMEOUT`."""
        connection.execute(text(f"SET LOCK_TIMEOUT {int(seconds * 1000)}"))


def opened_rows(dialect: Dialect, columns: Columns) -> str:
    """Return `OPENJSON` over the bound rows with a type and a place for each column."""
    typed = ", ".join(
        f"{name} {kind.compile(dialect=dialect)} '$[{place}]'"
        for place, (name, kind) in enumerate(columns.items())
    )
    return f"OPENJSON(:rows) WITH ({typed})"

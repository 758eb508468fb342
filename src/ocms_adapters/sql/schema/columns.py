"""The columns the tables are made of, each kind by a short name."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    VARBINARY,
    BigInteger,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UnicodeText,
)
from sqlalchemy import text as condition_of
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ocms_adapters.sql.dialects import dialect_of
from ocms_adapters.sql.schema.column_types import LocalDateTime, Money


class local_now(FunctionElement[datetime]):  # noqa: N801  # reads as the SQL function it stands for
    """The database's own clock, in Singapore time without a zone."""

    type = LocalDateTime()
    inherit_cache = True


@compiles(local_now)
def _local_now(_element: local_now, compiler: SQLCompiler, **_options: object) -> str:
    return dialect_of(compiler.dialect).local_now


def varchar(
    name: str, length: int, *, key: bool = False, null: bool = True, default: str | None = None
) -> Column[str]:
    """Return a column of text of at most `length` characters."""
    return Column(name, String(length), primary_key=key, nullable=null and not key, server_default=default)


def bytewise_key(name: str, length: int) -> Column[str]:
    """Return a key column of text in which `a` and `A` are two keys on every database."""
    # SQL Server takes them for one by its usual collations; the others compare keys by their bytes.
    of_sql_server = String(length, collation="Latin1_General_BIN2")
    return Column(name, String(length).with_variant(of_sql_server, "mssql"), primary_key=True)


def long_text(name: str) -> Column[str]:
    """Return a column of text of any length; null while there is none."""
    return Column(name, UnicodeText)


def bytewise_text(name: str) -> Column[str]:
    """Return a column of text of any length, compared by its bytes whatever the database's language."""
    by_bytes = UnicodeText().with_variant(UnicodeText(collation="C"), "postgresql")
    return Column(name, by_bytes.with_variant(UnicodeText(collation="Latin1_General_BIN2"), "mssql"))


def binary(name: str) -> Column[bytes]:
    """Return a column of bytes, any number of them; null while there are none."""
    # SQL Server has VARBINARY(max) where no length is given; LargeBinary would be its IMAGE.
    return Column(name, LargeBinary().with_variant(VARBINARY(), "mssql"))


def whole(name: str, *, key: bool = False, null: bool = True, default: int | None = None) -> Column[int]:
    """Return a column of whole numbers."""
    server_default = None if default is None else str(default)
    return Column(
        name,
        Integer,
        primary_key=key,
        nullable=null and not key,
        server_default=server_default,
        autoincrement=False,
    )


def serial(name: str) -> Column[int]:
    """Return the key column of numbers that the database gives each new row, ever rising."""
    # SQLite numbers rows by itself only where the key is exactly INTEGER.
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True)


def money(name: str, *, null: bool = True) -> Column[Decimal]:
    """Return a column of dollars and cents."""
    return Column(name, Money, nullable=null)


def moment(
    name: str, *, key: bool = False, null: bool = True, default: local_now | None = None
) -> Column[datetime]:
    """Return a column of moments in Singapore time."""
    return Column(name, LocalDateTime, primary_key=key, nullable=null and not key, server_default=default)


def day(name: str, *, key: bool = False) -> Column[date]:
    """Return a column of calendar days; null while unknown, except in a key."""
    return Column(name, Date, primary_key=key)


def partial_index(name: str, *columns: str, where: str) -> Index:
    """Return an index of only those rows that a condition holds for."""
    rows = condition_of(where)
    return Index(name, *columns, postgresql_where=rows, sqlite_where=rows, mssql_where=rows)


def table(name: str, *items: SchemaItem, metadata: MetaData, audit_user: str, **options: Any) -> Table:
    """
    Return a table with its audit columns: who made and who last changed each row, and when (G4).

    The database fills in `cre_*` for a program that does not, under the audit user of its side.
    """
    return Table(
        name,
        metadata,
        *items,
        moment("cre_date", null=False, default=local_now()),
        varchar("cre_user_id", 50, null=False, default=audit_user),
        moment("upd_date"),
        varchar("upd_user_id", 50),
        **options,
    )

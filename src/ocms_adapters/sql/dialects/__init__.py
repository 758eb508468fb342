"""All that databases differ in: a module for each, and a table of them by SQLAlchemy's name."""

from collections.abc import Mapping

from sqlalchemy import Dialect

from ocms_adapters.sql.dialects.database_dialect import DatabaseDialect
from ocms_adapters.sql.dialects.mssql import MssqlDialect
from ocms_adapters.sql.dialects.postgresql import PostgresqlDialect
from ocms_adapters.sql.dialects.sqlite import SqliteDialect

DIALECTS: Mapping[str, DatabaseDialect] = {
    each.name: each for each in (SqliteDialect(), PostgresqlDialect(), MssqlDialect())
}


def dialect_of(dialect: Dialect) -> DatabaseDialect:
    """Return the database that SQLAlchemy's dialect of an engine or connection is of."""
    return DIALECTS[dialect.name]

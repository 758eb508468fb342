"""The database's own clock in UTC, which all lock holders share whatever their machines' clocks say."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from ocms_adapters.sql.dialects import dialect_of


def utc_now(connection: Connection) -> datetime:
    """Return the time of the database: UTC without zone."""
    read = connection.execute(dialect_of(connection.dialect).utc_now).scalar_one()
    return datetime.fromisoformat(read) if isinstance(read, str) else read


def aware(moment: datetime) -> datetime:
    """Return a time of this clock with its zone."""
    return moment.replace(tzinfo=UTC)

"""The database's own clock in UTC, which all lock holders share whatever their machines' clocks say."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

# Not the start of the transaction: the lock may be asked for late in one.
CLOCKS = {
    "postgresql": text("SELECT clock_timestamp() AT TIME ZONE 'UTC'"),
    "sqlite": text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"),
    "mssql": text("SELECT SYSUTCDATETIME()"),
}


def utc_now(connection: Connection) -> datetime:
    """Read the clock: UTC without zone, the way `ocms_shedlock` keeps its times."""
    read = connection.execute(CLOCKS[connection.dialect.name]).scalar_one()
    return datetime.fromisoformat(read) if isinstance(read, str) else read


def aware(moment: datetime) -> datetime:
    """Give a moment read from this clock its zone."""
    return moment.replace(tzinfo=UTC)

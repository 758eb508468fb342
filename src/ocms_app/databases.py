"""The Intranet and the Internet database of the settings."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql import engines, migrations
from ocms_adapters.sql.lock_times import IN_UTC, LockTimes
from ocms_adapters.sql.replication import TRY_SECONDS
from ocms_adapters.sql.transactions import translated
from ocms_app.settings import UTC, Settings
from ocms_core.kernel.errors import Unavailable


@frozen
class Databases:
    """The two databases; `internet_at_once` is the Internet one for deliveries that an officer waits for."""

    intranet: Engine
    internet: Engine
    internet_at_once: Engine

    def sides(self) -> Iterator[tuple[migrations.Side, Engine]]:
        """Yield both by name."""
        yield "intranet", self.intranet
        yield "internet", self.internet

    def ready(self) -> None:
        """Raise `Unavailable` unless both databases answer and are up to date."""
        for side, engine in self.sides():
            with translated():
                if not migrations.is_current(engine, side):
                    raise Unavailable(f"the {side} database (it needs `ocms db upgrade`)")

    def dispose(self) -> None:
        """Close every connection."""
        for engine in (self.intranet, self.internet, self.internet_at_once):
            engine.dispose()


def lock_times(settings: Settings) -> LockTimes:
    """Return how the nodes that share the locks write their times."""
    return IN_UTC if settings.lock_times == UTC else LockTimes(ZoneInfo(settings.lock_times))


def open_databases(settings: Settings) -> Databases:
    """Open both databases; nothing is connected yet."""
    return Databases(
        engines.create(settings.intranet_url, pool_size=settings.threads),
        engines.create(settings.internet_url, pool_size=settings.threads),
        engines.create(settings.internet_url, pool_size=settings.threads, patience=TRY_SECONDS),
    )

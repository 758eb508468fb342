"""How times stand in `ocms_shedlock`: without a zone, so all nodes that share it must write those of one."""

from datetime import UTC, datetime, tzinfo

from attrs import frozen
from sqlalchemy import Connection

from ocms_adapters.sql.utc_clock import aware, utc_now
from ocms_core.kernel.dates import singapore


@frozen
class LockTimes:
    """
    The wall clock of one zone: UTC, as ShedLock writes with the database's time or by force, or that of JVMs.

    A zone that changes its clocks has an hour twice a year, in which no lock can be relied on.
    """

    zone: tzinfo = UTC

    def kept(self, moment: datetime) -> datetime:
        """Convert a moment to what the table keeps."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def moment(self, kept: datetime) -> datetime:
        """Convert what the table keeps to a moment, in Singapore time."""
        return singapore(kept.replace(tzinfo=self.zone))

    def now(self, connection: Connection) -> datetime:
        """Return the time of the database as the table keeps it."""
        return self.kept(aware(utc_now(connection)))


IN_UTC = LockTimes()

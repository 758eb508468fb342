"""The system clock."""

from datetime import datetime

from attrs import frozen

from ocms_core.kernel.dates import SINGAPORE


@frozen
class SystemClock:
    """The clock of this machine, in Singapore time (G5)."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(SINGAPORE)

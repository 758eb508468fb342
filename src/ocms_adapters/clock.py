"""The one clock of the house."""

from datetime import datetime

from attrs import frozen

from ocms_core.kernel.dates import SINGAPORE


@frozen
class SystemClock:
    """Tells the time of this machine, in Singapore (G5)."""

    def now(self) -> datetime:
        """Give the present moment."""
        return datetime.now(SINGAPORE)

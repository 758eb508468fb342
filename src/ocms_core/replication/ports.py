"""The port of delivery to the Internet database."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol


class Delivery(Protocol):
    """Delivers what the outbox holds."""

    def try_now(self, notice_nos: Collection[str], now: datetime) -> bool:
        """
        Deliver the outbox rows of these notices at once; False when the Internet database did not take them.

        What is not delivered stays in the outbox for the relay; no fault of either side is raised.
        """

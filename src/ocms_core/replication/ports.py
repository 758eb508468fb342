"""What delivery to the Internet side needs."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol


class Delivery(Protocol):
    """Delivers what the outbox holds."""

    def try_now(self, notice_nos: Collection[str], now: datetime) -> bool:
        """
        Deliver at once what these notices have outgoing; False when the Internet side did not take it.

        What is not delivered stays in the outbox for the relay; no fault of either side is raised.
        """

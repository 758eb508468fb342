"""The sessions of officers who are signed in at the staff pages."""

from datetime import datetime, timedelta
from typing import Protocol

from ocms_core.kernel.access import Principal
from ocms_core.kernel.value_objects import value_object

SEEN_EVERY = timedelta(minutes=1)
"""How much later than the last one a use is recorded: not every page costs a write."""


@value_object
class SessionLimits:
    """How long a session lasts without a use, and how long at most."""

    idle: timedelta
    longest: timedelta


@value_object
class StaffSession:
    """
    An officer who has signed in, since when, and when the session was last used.

    `content` is what the pages keep for the officer between two of them, as text; None for nothing.
    """

    principal: Principal
    signed_in_at: datetime
    used_at: datetime
    content: str | None = None

    def is_live(self, limits: SessionLimits, now: datetime) -> bool:
        """Return whether the session can still be used: not idle for too long, and not too old."""
        return now - self.used_at < limits.idle and now - self.signed_in_at < limits.longest

    def is_use_to_be_recorded(self, now: datetime) -> bool:
        """Return whether the last recorded use is long enough ago."""
        return now - self.used_at >= SEEN_EVERY


class StaffSessions(Protocol):
    """Where sessions are kept, each by the secret token its browser holds; only a digest is stored."""

    def open(self, token: str, session: StaffSession, former: str | None = None) -> None:
        """Store a new session, and remove that of the former token: both or neither."""

    def find(self, token: str) -> StaffSession | None:
        """Return the session of a token, live or not; None when there is none."""

    def record_use(self, token: str, now: datetime) -> None:
        """Record that a session was used."""

    def keep(self, token: str, content: str | None) -> None:
        """Replace what a session keeps, readable only with the token."""

    def close(self, token: str) -> None:
        """Remove a session, if it is there."""

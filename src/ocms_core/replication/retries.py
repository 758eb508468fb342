"""The time a failed delivery is tried again."""

from datetime import datetime, timedelta

from ocms_core.kernel.rule_tags import rule

CLOCK_TOLERANCE = timedelta(minutes=1)
FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=5)


@rule("G12")
def next_attempt(attempts: int, now: datetime) -> datetime:
    """Return when a failed delivery is tried again: after 2 seconds, then ever later, 5 minutes at most."""
    return now + min(FIRST * (1 << min(attempts, 10)), LONGEST)


@rule("G12")
def latest_attempt(now: datetime) -> datetime:
    """Return the latest moment a delivery can be put off to; a row dated later was dated by a wrong clock."""
    return now + LONGEST + CLOCK_TOLERANCE

"""The time a failed delivery is tried again."""

from datetime import datetime, timedelta

from ocms_core.kernel.rule_tags import rule

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=5)


@rule("G12")
def next_attempt(attempts: int, now: datetime) -> datetime:
    """Return when a failed delivery is tried again: after 2 seconds, then ever later, 5 minutes at most."""
    return now + min(FIRST * (1 << min(attempts, 10)), LONGEST)

"""Singapore time: aware inside the core, local without zone in the tables."""

import re
from datetime import date, datetime, timedelta, timezone

from ocms_core.kernel.rule_tags import rule

# Singapore has kept UTC+8 without daylight saving since 1982, so a fixed offset is exact.
SINGAPORE = timezone(timedelta(hours=8))

# A span of days that an administrator has set is taken for this at most: the calendar ends with 9999.
LONGEST_DAYS = 36_500

# A date and a time of day joined by T; which of them the calendar has, `fromisoformat` knows.
TIMESTAMP = re.compile(r"[0-9W-]{7,10}T[0-9:]{2,8}([.,][0-9]+)?(Z|[+-][0-9:]{2,5})?")

# A calendar day, as 2025-01-31; other ISO forms of a day are not taken.
CALENDAR_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@rule("G5")
def singapore(moment: datetime) -> datetime:
    """Convert a moment to Singapore time; one without an offset means Singapore time (G5)."""
    zone = moment.tzinfo
    if zone is SINGAPORE:
        return moment
    # `replace` takes five times as long as `combine`, and every row that is read or written has moments.
    return (
        datetime.combine(moment, moment.time(), SINGAPORE) if zone is None else moment.astimezone(SINGAPORE)
    )


def local(moment: datetime) -> datetime:
    """Convert a moment to what the tables keep: Singapore wall time without a zone (G5)."""
    moment = singapore(moment)
    return datetime.combine(moment, moment.time())


def today(now: datetime) -> date:
    """Return the Singapore calendar day of a moment (G5)."""
    return singapore(now).date()


def day_after(day: date) -> date | None:
    """Return the day after a day; None after the last one the calendar has."""
    return day + timedelta(days=1) if day < date.max else None


def timestamp(text: str) -> datetime | None:
    """
    Read an ISO 8601 date and time, with or without an offset; without one it is Singapore time (G5).

    None when the text is no such timestamp or names a moment the calendar does not have.
    """
    if not TIMESTAMP.fullmatch(text):
        return None
    try:
        return singapore(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def calendar_day(text: str) -> date | None:
    """Return the day a text names, written as 2025-01-31; None when it names none."""
    try:
        return date.fromisoformat(text) if CALENDAR_DAY.fullmatch(text) else None
    except ValueError:
        return None

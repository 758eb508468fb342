"""How the pages write days, moments, sums and what is missing."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from ocms_core.kernel.dates import singapore

NOTHING = "–"


def day_text(value: date | datetime | str | None) -> str:
    """Return a day as `12 Dec 2026`; a moment's day is that in Singapore."""
    if not value:
        return NOTHING
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {found:%b %Y}"


def moment_text(value: datetime | str | None) -> str:
    """Return a moment as `12 Dec 2026, 14:05`, in Singapore time."""
    if not value:
        return NOTHING
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    found = singapore(found)
    return f"{found.day} {found:%b %Y, %H:%M}"


def sum_text(value: Decimal | str | None) -> str:
    """Return a sum of dollars as `$80.00`."""
    return NOTHING if value is None else f"${Decimal(value):,.2f}"


def or_nothing(value: object) -> object:
    """Return a value, or the sign for what is missing."""
    return NOTHING if value is None or value == "" else value


FILTERS: Mapping[str, Callable[..., object]] = {
    "day": day_text,
    "moment": moment_text,
    "sum": sum_text,
    "or_nothing": or_nothing,
}

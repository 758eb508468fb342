"""Moments in statements and rows: in the tables Singapore time without a zone (G5)."""

from datetime import datetime

from sqlalchemy import BindParameter, bindparam

from ocms_adapters.sql.schema.column_types import LocalDateTime
from ocms_core.kernel.dates import local, singapore

MOMENT = LocalDateTime()


def now() -> BindParameter[datetime]:
    """Return the parameter for the moment of a write, bound once for every statement of a batch."""
    return bindparam("now", type_=MOMENT)


def local_or_none(moment: datetime | None) -> datetime | None:
    """Convert a moment to the time the tables keep; None stays None."""
    return None if moment is None else local(moment)


def singapore_or_none(moment: datetime | None) -> datetime | None:
    """Convert a time the tables keep to a moment with its zone; None stays None."""
    return None if moment is None else singapore(moment)

"""What an audit row says: who changed what, and what was there before (K2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ocms_core.kernel.actors import Actor
from ocms_core.kernel.value_objects import value_object


@value_object
class RowChange:
    """
    A change of one row of a table: the columns that were set, before and after.

    `before` is None for a row that was not there, `after` for one that was deleted. Moments are those of
    the tables, in Singapore time without a zone.
    """

    table: str
    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def notice_no(self) -> str | None:
        """The notice the row belongs to; None where it belongs to none."""
        return self.key.get("notice_no")


@value_object
class AuditRow:
    """The changes of one transaction, in the order they were written, and who made them when."""

    number: int
    changed_at: datetime
    actor: Actor
    changes: Sequence[RowChange]

"""Where reports are kept, and the links they are fetched by."""

from datetime import datetime, timedelta
from typing import Protocol

from ocms_core.kernel.sheets import Sheet
from ocms_core.kernel.value_objects import value_object

LONGEST_LINK = timedelta(days=31)
"""No link opens longer; one that seems to was made by a clock that is wrong."""


@value_object
class StoredReport:
    """A report that is safely stored: how many rows it has and the SHA-256 of its bytes, in hex."""

    row_count: int
    sha256: str


class ReportStore(Protocol):
    """
    Keeps workbooks by name, such as `change-stage/ChangeStageReport_20250115_USER01.xlsx`.

    A name is one or more words of letters, digits, `.`, `_` and `-`, joined by `/`; none begins with
    a dot. Any other is a ValueError. `Unavailable` when the store cannot be reached.
    """

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        """Write a sheet as a workbook; it is there whole or not at all, in place of an earlier one."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a workbook, None when there is none of that name."""

    def link(self, name: str, expires_at: datetime) -> str:
        """Return an address the workbook can be fetched from, without a credential, until it expires."""


class ReportArchive(ReportStore, Protocol):
    """A report store whose old workbooks can be removed."""

    def remove_old(self, kind: str, before: datetime, most: int) -> int:
        """
        Remove workbooks of a kind, the first word of their names, stored before a moment; return how many.

        At most `most` are removed, in no order.
        """

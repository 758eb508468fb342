"""What the offender services need from a database."""

from contextlib import AbstractContextManager
from typing import Protocol

from ocms_core.kernel.unit_of_work import Store
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.timeline import NoticeHistory


class OffenderReader(Protocol):
    """One reading connection; it locks nothing."""

    def notice(self, notice_no: str) -> OffenderNotice | None:
        """Return a notice with everybody in its roles."""

    def history(self, notice_no: str) -> NoticeHistory | None:
        """Return everything recorded of a notice; None when there is no such notice."""


class OffenderStore(Store, Protocol):
    """One writing transaction; what it reads stays locked until it ends."""

    def notice(self, notice_no: str) -> OffenderNotice | None:
        """Lock and return a notice with everybody in its roles."""

    def notice_for(self, notice_no: str, id_no: str) -> OffenderNotice | None:
        """
        Lock the identity that is to become the notice's offender, then the notice, and return it (G13).

        Whether that identity is on the HST list is looked at under both locks.
        """


class OffenderStores(Protocol):
    """Opens transactions for the offender services."""

    def reading(self) -> AbstractContextManager[OffenderReader]:
        """Open a connection that only reads."""

    def writing(self) -> AbstractContextManager[OffenderStore]:
        """Open a transaction that locks, decides and writes."""

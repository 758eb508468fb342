"""What the court and payment services need from a database."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ocms_core.court.facts import CourtFacts, CourtNotice, NoticePaymentStatus, PlusNotice
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.unit_of_work import Store


class CourtReader(Protocol):
    """Reads, each statement for itself; nothing is locked."""

    def payment_statuses(self, notice_nos: Sequence[str]) -> Mapping[str, NoticePaymentStatus]:
        """Return the notices that exist, by number, in one statement."""

    def plus_notices(self, notice_nos: Sequence[str]) -> Mapping[str, PlusNotice]:
        """Return the notices that exist with their court cases, by number, in one statement."""

    def court_notices(self, notice_nos: Sequence[str]) -> Mapping[str, CourtNotice]:
        """Return the notices that exist as the court update would find them, by number."""

    def reference(self) -> Reference:
        """Return the reference data that a court update would be judged by."""


class CourtStore(Store, Protocol):
    """One writing transaction; what it reads stays locked, in notice order, until it ends."""

    def court_facts(self, notice_nos: Sequence[str]) -> CourtFacts:
        """Lock and return the notices of a court update with their suspensions and the reference data."""

    def plus_notices(self, notice_nos: Sequence[str]) -> Mapping[str, PlusNotice]:
        """Lock and return the notices that exist with their court cases, by number."""


class CourtStores(Protocol):
    """Opens transactions for the court and payment services."""

    def reading(self) -> AbstractContextManager[CourtReader]:
        """Return what only reads."""

    def writing(self) -> AbstractContextManager[CourtStore]:
        """Open a transaction that locks, decides and writes."""

"""What the check of suspensions needs from a database."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ocms_core.kernel.unit_of_work import Store
from ocms_core.suspensions.facts import SuspensionFacts


class SuspensionReader(Protocol):
    """One reading transaction; it locks nothing."""

    def suspended(self, after: str, most: int) -> Sequence[str]:
        """Return notices beyond `after`, in order, whose row shows something or that have an open record."""

    def facts(self, notice_nos: Sequence[str]) -> SuspensionFacts:
        """Return notices with all that suspends them, unlocked."""


class SuspensionStore(Store, Protocol):
    """One writing transaction; the identities of current offenders are locked first, then notices."""

    def locked_facts(self, notice_nos: Sequence[str]) -> SuspensionFacts:
        """Lock notices and their current offenders and return them; `Conflict` when an offender changed."""


class SuspensionStores(Protocol):
    """Opens transactions for the check of suspensions."""

    def reading(self) -> AbstractContextManager[SuspensionReader]:
        """Open a transaction that only reads."""

    def writing(self) -> AbstractContextManager[SuspensionStore]:
        """Open a transaction that locks, decides and writes."""

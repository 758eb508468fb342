"""What reversals need from a database."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ocms_core.kernel.unit_of_work import Store
from ocms_core.reversals.facts import IdentityReversalFacts, ReversalFacts


class ReversalReader(Protocol):
    """One reading transaction; it locks nothing."""

    def reversal_facts(self, notice_nos: Sequence[str], now: datetime, *, with_list: bool) -> ReversalFacts:
        """
        Return the notices that exist, with what was changed of them since the first day that counts.

        `with_list`: with who of their people is on the HST list, where any of them was ever under TS-HST.
        """

    def identity_reversal_facts(self, id_no: str, now: datetime) -> IdentityReversalFacts:
        """Return an identity with the notices of the last change of its place on the list."""


class ReversalStore(Store, Protocol):
    """One writing transaction; the notices it reads stay locked, in notice order, until it ends."""

    def reversal_facts(self, notice_nos: Sequence[str], now: datetime, *, with_list: bool) -> ReversalFacts:
        """Lock those people, then the notices, and return what a reader returns (G13)."""

    def identity_reversal_facts(self, id_no: str, now: datetime) -> IdentityReversalFacts:
        """Lock an identity, then the notices of the last change of its place on the list, and return them."""


class ReversalStores(Protocol):
    """Opens transactions for reversals."""

    def reading(self) -> AbstractContextManager[ReversalReader]:
        """Open a transaction that only reads."""

    def writing(self) -> AbstractContextManager[ReversalStore]:
        """Open a transaction that locks, decides and writes."""

"""A call that is only tried: what it writes is undone, so that its answer is all that is left of it (K6)."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from ocms_core.kernel.rule_tags import rule

Reader_co = TypeVar("Reader_co", covariant=True)
WritingStore_co = TypeVar("WritingStore_co", covariant=True)


class Stores(Protocol[Reader_co, WritingStore_co]):
    """Opens transactions for the services of a capability."""

    def reading(self) -> AbstractContextManager[Reader_co]:
        """Open a transaction that only reads."""

    def writing(self) -> AbstractContextManager[WritingStore_co]:
        """Open a transaction that locks, decides and writes."""


class Undone(Exception):
    """The end of a transaction whose writing is to be undone."""


@frozen
class DryRunStores(Generic[Reader_co, WritingStore_co]):
    """Stores whose writing transactions write as always and are undone at their end."""

    stores: Stores[Reader_co, WritingStore_co]

    def reading(self) -> AbstractContextManager[Reader_co]:
        """Open a transaction that only reads."""
        return self.stores.reading()

    @rule("K6")
    @contextmanager
    def writing(self) -> Iterator[WritingStore_co]:
        """Open a transaction that locks, decides and writes as always, and is undone at its end (K6)."""
        with suppress(Undone), self.stores.writing() as store:
            yield store
            raise Undone


@frozen
class DryRunDelivery:
    """The delivery to the Internet side of what was not written: there is nothing to deliver."""

    def try_now(self, notice_nos: Collection[str], now: datetime) -> bool:
        """Return True, as a delivery that the Internet side takes does."""
        del notice_nos, now
        return True

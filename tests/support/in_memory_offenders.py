"""The stores of contract 3 and the delivery to the Internet side in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from attrs import field, mutable

from ocms_core.kernel.changes import Change, notice_of
from ocms_core.kernel.errors import RowRejected
from ocms_core.offenders.facts import OffenderNotice
from ocms_core.offenders.timeline import NoticeHistory


@mutable
class InMemoryOffenderStores:
    """
    Notices with their people and histories; the database refuses every row of the notices in `refuses`.

    `opened` has the transactions and what was locked in them, `written` what was committed.
    """

    notices: Mapping[str, OffenderNotice] = field(factory=dict)
    histories: Mapping[str, NoticeHistory] = field(factory=dict)
    refuses: frozenset[str] = frozenset()
    opened: list[object] = field(factory=list)
    written: list[Change] = field(factory=list)

    @contextmanager
    def reading(self) -> Iterator["InMemoryOffenderStores"]:
        """Open a transaction that only reads."""
        self.opened.append("reading")
        yield self

    @contextmanager
    def writing(self) -> Iterator["InMemoryOffenderStores"]:
        """Open a transaction that writes."""
        self.opened.append("writing")
        yield self

    def notice(self, notice_no: str) -> OffenderNotice | None:
        """Return a notice."""
        return self.notices.get(notice_no)

    def notice_for(self, notice_no: str, id_no: str) -> OffenderNotice | None:
        """Lock an identity and a notice, and return the notice."""
        self.opened.append((notice_no, id_no))
        return self.notices.get(notice_no)

    def history(self, notice_no: str) -> NoticeHistory | None:
        """Return the history of a notice."""
        return self.histories.get(notice_no)

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """Keep changes, those of refused rows excepted."""
        del now
        refused = frozenset(notice_of(change) for change in changes) & self.refuses
        if refused and not isolate:
            raise RowRejected
        self.written.extend(change for change in changes if notice_of(change) not in refused)
        return refused


@mutable
class InMemoryDelivery:
    """Delivers when the Internet side is `reachable`, and keeps what it was to deliver, when."""

    reachable: bool = True
    tried: list[tuple[frozenset[str], datetime]] = field(factory=list)

    def try_now(self, notice_nos: Collection[str], now: datetime) -> bool:
        """Deliver the rows of notices."""
        self.tried.append((frozenset(notice_nos), now))
        return self.reachable

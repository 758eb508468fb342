"""The stores, MHA and DataHive of the HST jobs in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

from attrs import evolve, field, frozen, mutable

from ocms_core.hst.facts import (
    CheckedIdentity,
    DataHiveAnswers,
    HstNotice,
    IdentityFacts,
    ListedIdentity,
    Statistics,
    UnreportedAnswer,
)
from ocms_core.hst.mha_file import (
    ExceptionLine,
    Totals,
    control_names,
    encode_exceptions,
    encode_totals,
)
from ocms_core.hst.ports import HstStores
from ocms_core.kernel.addresses import AddressAnswer
from ocms_core.kernel.changes import Change, EnquirySent, FileExchanged, SuspensionsOpened
from ocms_core.kernel.codes import Code
from ocms_core.kernel.errors import RowRejected, Unavailable
from tests.support.hst_facts import LISTED, NOW, facts


@mutable
class InMemoryHstStores:
    """
    The HST list with its queue and the notices of its identities.

    `queue` is the type by number of those queued. Identities in `new` have notices to suspend, notices in
    `refused` a row the database refuses. `checked` is who was checked in the month that begins at a moment.
    `written` is what was committed, in order, `closed` the answers marked reported.
    """

    queue: Mapping[str, str] = field(factory=dict)
    new: Mapping[str, tuple[HstNotice, ...]] = field(factory=dict)
    due: Mapping[str, HstNotice] = field(factory=dict)
    refused: frozenset[str] = frozenset()
    written: list[Change] = field(factory=list)
    unreported: Sequence[UnreportedAnswer] = ()
    checked: Mapping[datetime, Sequence[CheckedIdentity]] = field(factory=dict)
    closed: list[UnreportedAnswer] = field(factory=list)
    looked_for: list[tuple[str, int]] = field(factory=list)

    @property
    def stores(self) -> HstStores:
        """Itself; the jobs ask for no more of the port than is here."""
        return cast("HstStores", self)

    @contextmanager
    def reading(self) -> Iterator["InMemoryHstStores"]:
        """Open a transaction that only reads."""
        yield self

    @contextmanager
    def writing(self) -> Iterator["InMemoryHstStores"]:
        """Open a transaction that writes."""
        yield self

    def queued_identities(
        self, system: str, id_types: Sequence[str], after: str, most: int
    ) -> Mapping[str, str]:
        """Return queued identities beyond `after` of these types that were not sent to the system."""
        self.looked_for.append((after, most))
        sent = {
            each.id_no for each in self.written if isinstance(each, EnquirySent) and each.system == system
        }
        found = [
            id_no
            for id_no, id_type in sorted(self.queue.items())
            if id_no > after and id_no not in sent and id_type in id_types
        ]
        return {id_no: self.queue[id_no] for id_no in found[:most]}

    def listed_among(self, id_nos: Sequence[str]) -> frozenset[str]:
        """Return which identities are queued, which all are listed."""
        return frozenset(id_nos) & self.queue.keys()

    def with_new_notices(self, after: str, most: int) -> Sequence[str]:
        """Return the identities beyond `after` that have new notices."""
        self.looked_for.append((after, most))
        return [id_no for id_no in sorted(self.new) if id_no > after][:most]

    def due_notices(self, before: datetime, after: str, most: int) -> Sequence[str]:
        """Return the notices beyond `after` with an open TS-HST due before a moment."""
        self.looked_for.append((after, most))
        found = [
            notice_no
            for notice_no, notice in sorted(self.due.items())
            if any(each.due and each.due < before for each in notice.suspensions.hst_records)
        ]
        return [notice_no for notice_no in found if notice_no > after][:most]

    def file_applied(self, sha256: str, direction: str) -> bool:
        """Return whether a file of this content was exchanged before."""
        return any((each.sha256, each.direction) == (sha256, direction) for each in self.files())

    def files_waiting(self, names: Sequence[str]) -> Mapping[tuple[str, str], datetime]:
        """Return since when files are noted as waiting."""
        return {(each.direction, each.name): each.at for each in self.files() if each.name in names}

    def unreported_answers(self) -> Sequence[UnreportedAnswer]:
        """Return the answers no report has shown."""
        return self.unreported

    def checked_identities(self, since: datetime, before: datetime) -> Iterable[CheckedIdentity]:
        """Return who was checked in a month."""
        assert since < before <= since + timedelta(days=31)
        return self.checked.get(since, ())

    def listed_with_answer(self, id_no: str) -> tuple[ListedIdentity | None, AddressAnswer | None]:
        """Return the last check of an identity."""
        of_identity = [
            each for checked in self.checked.values() for each in checked if each.answer.id_no == id_no
        ]
        return (of_identity[-1].listed, of_identity[-1].answer) if of_identity else (None, None)

    def statistics(self, since: datetime, before: datetime) -> Statistics:
        """Return figures that name the months they are of."""
        return Statistics(since.month, before.month, 0, 0, 0, 0)

    def close_reported(self, reported: Sequence[UnreportedAnswer], now: datetime) -> None:
        """Mark answers reported."""
        assert now == NOW
        self.closed.extend(reported)

    def identity_facts(self, id_nos: Sequence[str]) -> IdentityFacts:
        """Return listed identities with their notices."""
        notices = [notice for id_no in id_nos for notice in self.new[id_no]]
        return facts(*notices, listed=[evolve(LISTED, id_no=id_no) for id_no in id_nos])

    def due_facts(self, notice_nos: Sequence[str]) -> IdentityFacts:
        """Return notices, their identities listed."""
        notices = [self.due[notice_no] for notice_no in notice_nos]
        return facts(*notices, listed=[evolve(LISTED, id_no=notice.id_no) for notice in notices])

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """Keep the changes, unless a row among them is refused."""
        del now
        assert isolate is False
        opened = [each for each in changes if isinstance(each, SuspensionsOpened)]
        if any(notice_no in self.refused for each in opened for notice_no, _ in each.numbered):
            raise RowRejected
        self.written.extend(changes)
        return frozenset()

    def sent_to(self, system: str) -> list[str]:
        """Return to whom an enquiry is noted as sent."""
        return [
            each.id_no for each in self.written if isinstance(each, EnquirySent) and each.system == system
        ]

    def files(self) -> list[FileExchanged]:
        """Return the files noted as exchanged."""
        return [each for each in self.written if isinstance(each, FileExchanged)]


@mutable
class InMemoryDataHive:
    """DataHive, which is unavailable for a batch with `unavailable_for` in it and cannot be read for some."""

    answers: Sequence[AddressAnswer] = ()
    unreadable: frozenset[str] = frozenset()
    unavailable_for: str = ""
    asked: list[Mapping[str, str]] = field(factory=list)

    def ask(self, identities: Mapping[str, str]) -> DataHiveAnswers:
        """Answer about the identities it knows."""
        self.asked.append(identities)
        if self.unavailable_for in identities:
            raise Unavailable("DataHive")
        answers = tuple(each for each in self.answers if each.id_no in identities)
        return DataHiveAnswers(answers, NOW, self.unreadable)


@frozen
class Outbox:
    """The files MHA has laid out, in memory."""

    files: dict[str, bytes] = field(factory=dict)

    def put(self, name: str, content: bytes) -> None:
        """Keep a file."""
        self.files[name] = content

    def names(self) -> Sequence[str]:
        """Return the names in order."""
        return sorted(self.files)

    def get(self, name: str) -> bytes:
        """Return a file."""
        return self.files[name]

    def lay_out(self, name: str, content: bytes, *, matched: int, invalid: int = 0) -> None:
        """Keep a response with the control files that say so many identities were matched and invalid."""
        totals, exceptions = control_names(name)
        lines = [ExceptionLine(serial, "S0000000A", "INVALID") for serial in range(invalid)]
        self.files[name] = content
        self.files[totals] = encode_totals(Totals(matched + invalid, matched, invalid, 0))
        self.files[exceptions] = encode_exceptions(lines)


@frozen
class Alarm:
    """Keeps alerts."""

    raised: list[tuple[str, str]] = field(factory=list)

    def alert(self, code: Code, text: str) -> None:
        """Keep an alert."""
        self.raised.append((code.code, text))

"""What the HST services need from a database and from outside."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

from ocms_core.hst.facts import (
    CheckedIdentity,
    DataHiveAnswers,
    IdentityFacts,
    KnownOffender,
    ListedIdentity,
    ListedRow,
    Statistics,
    UnreportedAnswer,
)
from ocms_core.hst.request_checks import HstListQuery
from ocms_core.kernel.addresses import AddressAnswer
from ocms_core.kernel.codes import Code
from ocms_core.kernel.unit_of_work import Store

Progress: TypeAlias = Callable[[int], bool]
"""Called after each chunk with how much is done; returning False stops the work there."""


def continue_always(_done: int) -> bool:
    """Show nothing and stop nothing."""
    return True


class HstReader(Protocol):
    """One reading transaction; it locks nothing."""

    def known_offender(self, id_no: str) -> KnownOffender:
        """Return what is known of an identity: listed or not, name, newest address, number of notices."""

    def notice_facts(self, notice_no: str) -> IdentityFacts:
        """Return a notice with its current offender, also one that has none, unlocked."""

    def listing(self, query: HstListQuery) -> tuple[int, tuple[ListedRow, ...]]:
        """Return how many rows of the list the filters leave, and one page of them, newest first."""

    def with_new_notices(self, after: str, most: int) -> Sequence[str]:
        """Return listed identities beyond `after`, in order, that may have new notices to suspend."""

    def due_notices(self, before: datetime, after: str, most: int) -> Sequence[str]:
        """Return notices beyond `after`, in order, with an open TS-HST due before a moment."""

    def queued_identities(
        self, system: str, id_types: Sequence[str], after: str, most: int
    ) -> Mapping[str, str]:
        """
        Return the kind by number of queued, listed identities beyond `after`, not yet sent to a system.

        A stored B is U.
        """

    def listed_among(self, id_nos: Sequence[str]) -> frozenset[str]:
        """Return which of these identities are on the list."""

    def file_applied(self, sha256: str, direction: str) -> bool:
        """Return whether a file of this content was exchanged before."""

    def files_waiting(self, names: Sequence[str]) -> Mapping[tuple[str, str], datetime]:
        """Return since when files are noted, by what they are noted as (WAITING, OVERDUE) and name."""

    def unreported_answers(self) -> Sequence[UnreportedAnswer]:
        """Return the answers no report has shown yet."""

    def checked_identities(self, since: datetime, before: datetime) -> Iterable[CheckedIdentity]:
        """Return the identities whose latest answer came in within a period, by number."""

    def listed_with_answer(self, id_no: str) -> tuple[ListedIdentity | None, AddressAnswer | None]:
        """Return an identity as it is listed, and the latest answer about it; None for what there is not."""

    def statistics(self, since: datetime, before: datetime) -> Statistics:
        """Count the list and its suspensions now, and those of a period."""


class HstStore(Store, Protocol):
    """One writing transaction; identities are locked first, in order, then notices in notice order."""

    def identity_facts(self, id_nos: Sequence[str]) -> IdentityFacts:
        """Lock identities and return them with all notices they are the current offender of."""

    def due_facts(self, notice_nos: Sequence[str]) -> IdentityFacts:
        """Lock the current offenders of notices and the notices; `Conflict` when an offender changed."""

    def queue_listed(self, now: datetime, month: datetime) -> int:
        """
        Queue every listed identity to be asked about, unless it has answered since `month` began.

        Who was last asked before that is asked again.
        """

    def close_reported(self, reported: Sequence[UnreportedAnswer], now: datetime) -> None:
        """Mark answers reported, and take those identities out of the queue that all systems were sent."""


class HstStores(Protocol):
    """Opens transactions for the HST services."""

    def reading(self) -> AbstractContextManager[HstReader]:
        """Open a transaction that only reads."""

    def writing(self) -> AbstractContextManager[HstStore]:
        """Open a transaction that locks, decides and writes."""


class MhaExchange(Protocol):
    """The file exchange with MHA; `Unavailable` when it cannot be reached or cannot be trusted."""

    def put(self, name: str, content: bytes) -> None:
        """Deliver a file; under its name it is there whole or not at all."""

    def names(self) -> Sequence[str]:
        """List the files MHA has published, in the order of their names."""

    def get(self, name: str) -> bytes:
        """Fetch a file."""


class DataHive(Protocol):
    """DataHive's address enquiry."""

    def ask(self, identities: Mapping[str, str]) -> DataHiveAnswers:
        """Ask about identities, number and kind; `Unavailable` when the retries are used up."""


class ReportMailer(Protocol):
    """Mail to the officers in charge."""

    def send(self, subject: str, text: str, attachments: Mapping[str, bytes]) -> None:
        """Send a message with files; `Unavailable` when it could not be delivered."""


class Alerts(Protocol):
    """Tells those who run OCMS that something wants their attention; never with personal data."""

    def alert(self, code: Code, text: str) -> None:
        """Raise an alert."""

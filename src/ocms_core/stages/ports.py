"""What the services of stage changes need from a database."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.unit_of_work import Store
from ocms_core.stages.facts import FoundNotice, Period, StageFacts, ToppanFacts
from ocms_core.stages.notice_state import NoticeDetails
from ocms_core.stages.reports import OfficerDay, ReportBatch, ReportEntry
from ocms_core.stages.request_checks import Criteria


class StageReader(Protocol):
    """One reading transaction; it locks nothing."""

    def search(self, criteria: Criteria, most: int) -> tuple[Sequence[FoundNotice], int]:
        """Return the first `most` notices that meet all criteria, in notice order, and how many there are."""

    def listed(self, notice_nos: Sequence[str]) -> Sequence[FoundNotice]:
        """Return the notices of some numbers that exist, in notice order."""

    def details(self, notice_nos: Sequence[str]) -> Mapping[str, NoticeDetails]:
        """Return the notices that exist, with what an officer's screen shows."""

    def stage_facts(
        self, notice_nos: Sequence[str], changed_in: Period | None, changed_to: str | None = None
    ) -> StageFacts:
        """
        Return the notices, the reference data, and which notices have a change row in a period.

        Rows of changes to `changed_to` alone where that is given.
        """

    def days(self, start: date, end: date) -> Iterable[OfficerDay]:
        """Count the change rows of each day and officer, both days included."""

    def report(self, name: str) -> ReportEntry | None:
        """Find a report in the registry."""

    def batch_rows(self, batch: ReportBatch) -> Iterable[tuple[object, ...]]:
        """Stream the report rows of a batch, in notice order."""

    def day_rows(self, day: date) -> Iterable[tuple[object, ...]]:
        """Stream the report rows of a day, in notice order."""


class StageStore(Store, Protocol):
    """One writing transaction; the notices it reads stay locked, in notice order, until it ends."""

    def stage_facts(
        self, notice_nos: Sequence[str], changed_in: Period | None, changed_to: str | None = None
    ) -> StageFacts:
        """Lock the notices and return what a reader returns."""

    def toppan_facts(self, notice_nos: Sequence[str]) -> ToppanFacts:
        """Lock the notices and return them with the newest change row of each and the reference data."""

    def register(self, entry: ReportEntry) -> None:
        """Put a report into the registry; `RowRejected` when the name is taken."""

    def record_stored(self, name: str, report: StoredReport, now: datetime) -> None:
        """Note in the registry that a report is in the store."""


class WritingStageStores(Protocol):
    """Opens transactions for the services that change stages."""

    def writing(self) -> AbstractContextManager[StageStore]:
        """Open a transaction that locks, decides and writes."""


class StageStores(WritingStageStores, Protocol):
    """Opens transactions for the services of stage changes."""

    def reading(self) -> AbstractContextManager[StageReader]:
        """Open a transaction that only reads."""

    def streaming(self) -> AbstractContextManager[StageReader]:
        """Open a transaction that reads many rows piece by piece."""

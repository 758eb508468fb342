"""The stores and the report store of stage changes in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from attrs import field, mutable

from ocms_core.kernel.changes import Change, by_notice, notice_of
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.idempotency import IdempotencyKey, StoredAnswer, check_repeat
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.report_store import StoredReport
from ocms_core.kernel.sheets import Sheet
from ocms_core.stages.facts import EntryChange, FoundNotice, Period, StageFacts, StageNotice, ToppanFacts
from ocms_core.stages.notice_state import NoticeDetails
from ocms_core.stages.reports import OfficerDay, ReportBatch, ReportEntry
from ocms_core.stages.request_checks import Criteria
from tests.support.stage_builders import DEFAULTS


@mutable
class InMemoryStageStores:
    """
    Notices, their change rows and the registry of reports; a transaction refused leaves nothing behind.

    `changed` has the moment of each notice's change row. The database refuses every row of the notices in
    `refuses`. `opened` has the kinds of transactions in order, `written` what was committed.
    """

    notices: Mapping[str, StageNotice] = field(factory=dict)
    changed: Mapping[str, datetime] = field(factory=dict)
    entries: Mapping[str, EntryChange] = field(factory=dict)
    found: Sequence[FoundNotice] = ()
    shown: Mapping[str, NoticeDetails] = field(factory=dict)
    rows: Mapping[ReportBatch | date, Sequence[tuple[object, ...]]] = field(factory=dict)
    officer_days: Sequence[OfficerDay] = ()
    refuses: frozenset[str] = frozenset()
    registry: dict[str, ReportEntry] = field(factory=dict)
    stored: list[tuple[str, StoredReport, datetime]] = field(factory=list)
    opened: list[str] = field(factory=list)
    asked: list[object] = field(factory=list)
    written: list[Change] = field(factory=list)
    answers: dict[IdempotencyKey, StoredAnswer] = field(factory=dict)
    reference: Reference = DEFAULTS

    @contextmanager
    def reading(self) -> Iterator["InMemoryStageStores"]:
        """Open a transaction that only reads."""
        self.opened.append("reading")
        yield self

    @contextmanager
    def streaming(self) -> Iterator["InMemoryStageStores"]:
        """Open a transaction that reads piece by piece."""
        self.opened.append("streaming")
        yield self

    @contextmanager
    def writing(self) -> Iterator["InMemoryStageStores"]:
        """Open a transaction that writes."""
        self.opened.append("writing")
        yield self

    def search(self, criteria: Criteria, most: int) -> tuple[Sequence[FoundNotice], int]:
        """Return the first notices and the number of all."""
        self.asked.append(criteria)
        return self.found[:most], len(self.found)

    def listed(self, notice_nos: Sequence[str]) -> Sequence[FoundNotice]:
        """Return the notices of some numbers."""
        return [notice for notice in self.found if notice.notice_no in notice_nos]

    def details(self, notice_nos: Sequence[str]) -> Mapping[str, NoticeDetails]:
        """Return notices with what an officer's screen shows."""
        return {number: self.shown[number] for number in notice_nos if number in self.shown}

    def stage_facts(
        self, notice_nos: Sequence[str], changed_in: Period | None, changed_to: str | None = None
    ) -> StageFacts:
        """Return notices and which of them have a change row in a period, each to the stage in question."""
        del changed_to
        notices = {number: self.notices[number] for number in notice_nos if number in self.notices}
        moments = {number: self.changed[number] for number in notices if number in self.changed}
        within = {
            number
            for number, moment in moments.items()
            if changed_in and changed_in[0] <= moment < changed_in[1]
        }
        return StageFacts(self.reference, notices, frozenset(within))

    def toppan_facts(self, notice_nos: Sequence[str]) -> ToppanFacts:
        """Return notices and their newest change rows."""
        self.asked.append(tuple(notice_nos))
        return ToppanFacts(
            self.reference,
            {number: self.notices[number] for number in notice_nos if number in self.notices},
            {number: self.entries[number] for number in notice_nos if number in self.entries},
        )

    def days(self, start: date, end: date) -> Iterable[OfficerDay]:
        """Return the days within two, both included."""
        return [each for each in self.officer_days if start <= each.day <= end]

    def report(self, name: str) -> ReportEntry | None:
        """Return a report of the registry."""
        return self.registry.get(name)

    def batch_rows(self, batch: ReportBatch) -> Iterable[tuple[object, ...]]:
        """Return the rows of a batch."""
        return self.rows[batch]

    def day_rows(self, day: date) -> Iterable[tuple[object, ...]]:
        """Return the rows of a day."""
        return self.rows[day]

    def register(self, entry: ReportEntry) -> None:
        """Put a report into the registry, unless its name is taken."""
        if entry.name in self.registry:
            raise RowRejected
        self.registry[entry.name] = entry

    def record_stored(self, name: str, report: StoredReport, now: datetime) -> None:
        """Note that a report is stored."""
        self.stored.append((name, report, now))

    def claim(self, key: IdempotencyKey, now: datetime) -> None:
        """Raise what a repeat of a call gets."""
        check_repeat(key, [self.answers[key]] if key in self.answers else [], now)

    def keep_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Keep the answer of a call."""
        self.answers[key] = answer

    def complete_answer(self, key: IdempotencyKey, answer: StoredAnswer) -> None:
        """Replace a kept answer."""
        assert key in self.answers
        self.answers[key] = answer

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        """Keep changes, those of refused rows excepted."""
        del now
        refused = frozenset(notice_of(change) for change in by_notice(changes)) & self.refuses
        if refused and not isolate:
            raise RowRejected
        self.written.extend(change for change in changes if notice_of(change) not in refused)
        return refused


@mutable
class InMemoryReports:
    """Keeps workbooks as the text of their rows."""

    kept: dict[str, bytes] = field(factory=dict)

    def put(self, name: str, sheet: Sheet) -> StoredReport:
        """Keep a sheet."""
        rows = list(sheet.rows)
        self.kept[name] = repr(rows).encode()
        return StoredReport(len(rows), f"digest of {name}")

    def read(self, name: str) -> bytes | None:
        """Return what is kept under a name."""
        return self.kept.get(name)

    def link(self, name: str, expires_at: datetime) -> str:
        """Return an address with name and end in it."""
        return f"/download/{name}?until={expires_at.isoformat()}"

"""The check of all suspensions and its repair, page by page, over a store in memory."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from attrs import evolve, field, mutable

from ocms_core.kernel.changes import (
    Change,
    NoticeChanged,
    SuspensionClosed,
    SuspensionOpened,
    notice_of,
)
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.suspensions import (
    NOT_SUSPENDED,
    OpenSuspension,
    ShownSuspension,
    SuspensionReason,
    Suspensions,
)
from ocms_core.suspensions import service
from ocms_core.suspensions.facts import NoticeSuspensions, SuspensionFacts
from ocms_core.suspensions.service import CheckedNotice, Outcome
from tests.support.builders import DUE, HST, NOW, SINCE

WWP = SuspensionReason("PS", "WWP")
WRONG = ShownSuspension("PS", "WWP", SINCE, None)
UNCLEAR = ShownSuspension("PS", "XYZ", SINCE, None)
ALONE = ShownSuspension("TS", None, None, None)


@mutable
class MemoryStore:
    """
    Notices by number, each with what its row shows; a suspension that has got its record is sound.

    `refused` are notices that the database refuses; `before_lock` is called before rows are locked.
    `seen_wrong` are read once as if their row had been changed before their records were read.
    """

    rows: dict[str, ShownSuspension]
    open_records: Mapping[str, tuple[OpenSuspension, ...]] = field(factory=dict)
    refused: frozenset[str] = frozenset()
    seen_wrong: set[str] = field(factory=set)
    before_lock: Callable[["MemoryStore"], None] = lambda _store: None
    written: list[Change] = field(factory=list)
    written_at: datetime = NOW
    transactions: int = 0

    def suspended(self, after: str, most: int) -> Sequence[str]:
        return sorted(number for number in self.rows if number > after)[:most]

    def facts(self, notice_nos: Sequence[str]) -> SuspensionFacts:
        opened = {each.notice_no: each.record for each in self.written if isinstance(each, SuspensionOpened)}
        notices = (
            NoticeSuspensions(
                number,
                Suspensions(self.row_of(number, opened), self.open_records.get(number, ())),
            )
            for number in sorted(notice_nos)
        )
        facts = SuspensionFacts(tuple(notices), frozenset({WWP}), {})
        self.seen_wrong.difference_update(notice_nos)
        return facts

    def row_of(self, number: str, opened: Container[str]) -> ShownSuspension:
        if number in self.seen_wrong:
            return WRONG
        return NOT_SUSPENDED if number in opened else self.rows[number]

    def locked_facts(self, notice_nos: Sequence[str]) -> SuspensionFacts:
        self.before_lock(self)
        return self.facts(notice_nos)

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        self.written_at = now
        refused = self.refused & {notice_of(each) for each in changes}
        if refused and not isolate:
            raise RowRejected("refused")
        self.written += [each for each in changes if notice_of(each) not in refused]
        return frozenset(refused)

    @contextmanager
    def reading(self) -> Iterator["MemoryStore"]:
        yield self

    @contextmanager
    def writing(self) -> Iterator["MemoryStore"]:
        self.transactions += 1
        yield self


def outcomes(found: Iterator[CheckedNotice]) -> list[tuple[str, Outcome]]:
    return [(each.contradiction.notice.notice_no, each.outcome) for each in found]


def checked(store: MemoryStore) -> list[tuple[str, Outcome]]:
    return outcomes(service.check(stores=store, now=NOW, progress=lambda _many: None))


def repaired(store: MemoryStore) -> list[tuple[str, Outcome]]:
    return outcomes(service.repair(officer="OIC9", stores=store, now=NOW, progress=lambda _many: None))


@pytest.mark.rule("U1", "U2")
def test_a_check_names_what_is_wrong_and_what_needs_a_person_and_writes_nothing() -> None:
    store = MemoryStore({"A": WRONG, "B": ALONE, "C": UNCLEAR, "D": WRONG})
    assert checked(store) == [("A", Outcome.FOUND), ("C", Outcome.UNCLEAR), ("D", Outcome.FOUND)]
    assert (store.written, store.transactions) == ([], 0)


@pytest.mark.rule("U1", "U2")
def test_notices_are_looked_at_page_by_page_and_each_page_is_counted() -> None:
    looked_at: list[int] = []
    store = MemoryStore({f"N{number:04}": ALONE for number in range(501)})
    assert list(service.check(stores=store, now=NOW, progress=looked_at.append)) == []
    assert looked_at == [500, 501]


@pytest.mark.rule("U1", "U2")
def test_a_notice_that_a_call_changes_while_it_is_read_does_not_contradict_itself() -> None:
    store = MemoryStore({"A": WRONG, "B": NOT_SUSPENDED}, seen_wrong={"B"})
    assert checked(store) == [("A", Outcome.FOUND)]


@pytest.mark.rule("U1", "U2")
def test_a_repair_writes_what_the_check_shows_by_its_officer_once() -> None:
    store = MemoryStore({"A": WRONG, "B": ALONE, "C": UNCLEAR})
    shown = [
        each.contradiction.changes
        for each in service.repair(officer="OIC9", stores=store, now=NOW, progress=lambda _many: None)
    ]
    assert [each for changes in shown for each in changes] == store.written
    (opened,) = store.written
    assert isinstance(opened, SuspensionOpened)
    assert (opened.record.reason, opened.record.officer, store.written_at) == (WWP, "OIC9", NOW)
    assert repaired(store) == [("C", Outcome.UNCLEAR)]
    assert store.written == [opened]


@pytest.mark.rule("U5", "H10")
def test_a_record_that_nothing_could_close_is_closed_at_the_moment_of_the_check_or_the_repair() -> None:
    held = OpenSuspension(HST, SINCE, 1, DUE)
    store = MemoryStore({"A": ShownSuspension("TS", "HST", SINCE, DUE)}, {"A": (held,)})
    (found,) = service.check(stores=store, now=NOW, progress=lambda _many: None)
    (put_right,) = service.repair(officer="OIC9", stores=store, now=NOW, progress=lambda _many: None)
    for each in (found, put_right):
        closed = each.contradiction.changes[0]
        assert isinstance(closed, SuspensionClosed)
        assert (closed.since, closed.sr_no, closed.at) == (SINCE, 1, NOW)
    assert tuple(store.written) == put_right.contradiction.changes


@pytest.mark.rule("G20", "U1")
def test_a_repair_is_dated_after_the_suspensions_it_puts_right() -> None:
    newest = NOW + timedelta(minutes=1)
    store = MemoryStore({"A": WRONG, "B": evolve(WRONG, since=newest)})
    assert repaired(store) == [("A", Outcome.REPAIRED), ("B", Outcome.REPAIRED)]
    assert store.written_at > newest


@pytest.mark.rule("U1")
def test_a_page_that_is_sound_is_not_locked() -> None:
    store = MemoryStore({"B": ALONE})
    assert (repaired(store), store.transactions) == ([], 0)


@pytest.mark.rule("U1")
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_follow_each_other_to_the_end(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", size)
    store, seen = MemoryStore(dict.fromkeys("ABCDE", WRONG)), list[int]()
    found = service.check(stores=store, now=NOW, progress=seen.append)
    assert outcomes(found) == [(number, Outcome.FOUND) for number in "ABCDE"]
    assert seen == [*range(size, 5, size), 5]
    assert repaired(store) == [(number, Outcome.REPAIRED) for number in "ABCDE"]
    assert checked(store) == []


@pytest.mark.rule("U1")
def test_a_page_that_is_sound_ends_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 1)
    assert checked(MemoryStore({"A": ALONE, "B": WRONG})) == [("B", Outcome.FOUND)]


@pytest.mark.rule("U1", "G13")
def test_what_another_has_put_right_meanwhile_is_not_written_again() -> None:
    def meanwhile(store: MemoryStore) -> None:
        store.rows = {**store.rows, "A": ALONE}

    store = MemoryStore({"A": WRONG, "B": WRONG}, before_lock=meanwhile)
    assert repaired(store) == [("B", Outcome.REPAIRED)]
    assert [notice_of(each) for each in store.written] == ["B"]


@pytest.mark.rule("U1", "G13")
def test_one_overtaken_decides_again_on_fresh_facts() -> None:
    calls = iter([Conflict("overtaken"), None])

    def meanwhile(_store: MemoryStore) -> None:
        conflict = next(calls)
        if conflict:
            raise conflict

    store = MemoryStore({"A": WRONG}, before_lock=meanwhile)
    assert repaired(store) == [("A", Outcome.REPAIRED)]
    assert store.transactions == 2


@pytest.mark.rule("U1", "P25")
def test_a_row_the_database_refuses_is_named_and_the_others_are_written() -> None:
    store = MemoryStore({"A": WRONG, "B": WRONG, "C": UNCLEAR}, refused=frozenset({"A"}))
    assert repaired(store) == [
        ("A", Outcome.REFUSED),
        ("B", Outcome.REPAIRED),
        ("C", Outcome.UNCLEAR),
    ]
    assert [notice_of(each) for each in store.written] == ["B"]
    assert not any(isinstance(each, NoticeChanged) for each in store.written)


def test_an_outcome_is_said_in_words() -> None:
    assert [each.value for each in Outcome] == [
        "found",
        "repaired",
        "needs a person",
        "refused by the database",
    ]

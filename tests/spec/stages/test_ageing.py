"""The bands of ages, the count of open notices by stage and band, and the lists behind it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from attrs import field, mutable
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.stage_moves import StageChange
from ocms_core.stages.ageing import (
    AGE_BANDS,
    AgeBand,
    AgedNotice,
    StageAges,
    changes_of_day,
    count_ages,
    notices_of_age,
)
from tests.support.builders import at
from tests.support.cases import Case, parametrize_cases

TODAY = date(2025, 3, 10)
NOW = at("2025-03-10T00:30:00")


@mutable
class InMemoryAgeing:
    """Open notices and change rows in memory."""

    notices: Sequence[AgedNotice] = ()
    change_rows: Sequence[StageChange] = ()
    opened: list[str] = field(factory=list)

    @contextmanager
    def reading(self) -> Iterator["InMemoryAgeing"]:
        """Open a transaction that only reads."""
        self.opened.append("reading")
        yield self

    def counts(self, since: Sequence[date]) -> Iterable[tuple[str, int, int]]:
        """Count each notice in the first band that begins before it."""
        for each in self.notices:
            days = [place for place, day in enumerate(since) if each.entered_at.date() >= day]
            yield each.stage, days[0] if days else len(since), 1

    def open_notices(
        self, stage: str, since: date | None, before: date | None, most: int
    ) -> Sequence[AgedNotice]:
        """Return the notices of a stage and period."""
        found = [
            each
            for each in self.notices
            if each.stage == stage
            and (since is None or each.entered_at.date() >= since)
            and (before is None or each.entered_at.date() < before)
        ]
        return sorted(found, key=lambda each: (each.entered_at, each.notice_no))[:most]

    def changes(self, officer: str, day: date, most: int) -> Sequence[StageChange]:
        """Return the changes of an officer and day."""
        return [
            each for each in self.change_rows if each.officer == officer and each.date_of_change.date() == day
        ][:most]


def aged(number: str, days: int, stage: str = "RD1") -> AgedNotice:
    entered = datetime.combine(TODAY, at("2025-03-10T23:59:59").timetz()) - timedelta(days=days)
    return AgedNotice(number, "SBA1234A", stage, entered, "RD2", None, None)


BANDS: tuple[Case[AgeBand, None, tuple[str, date | None, date | None]], ...] = (
    Case(
        rule="S1",
        name="entered in the last fourteen days",
        given=AGE_BANDS[0],
        says=("0 to 14 days", date(2025, 2, 24), None),
    ),
    Case(
        rule="S1",
        name="entered a month ago",
        given=AGE_BANDS[1],
        says=("15 to 30 days", date(2025, 2, 8), date(2025, 2, 24)),
    ),
    Case(
        rule="S1",
        name="entered in the last quarter",
        given=AGE_BANDS[2],
        says=("31 to 90 days", date(2024, 12, 10), date(2025, 2, 8)),
    ),
    Case(
        rule="S1",
        name="entered before that",
        given=AGE_BANDS[3],
        says=("91 days and more", None, date(2024, 12, 10)),
    ),
)


@parametrize_cases(BANDS)
def test_bands(case: Case[AgeBand, None, tuple[str, date | None, date | None]]) -> None:
    assert (str(case.given), *case.given.entered(TODAY)) == case.says


@pytest.mark.rule("S1")
@given(days=st.integers(min_value=-400, max_value=40_000))
def test_every_day_of_entry_is_in_one_band(days: int) -> None:
    entered = TODAY - timedelta(days=days)
    spans = [band.entered(TODAY) for band in AGE_BANDS]
    assert sum((since or date.min) <= entered < (before or date.max) for since, before in spans) == 1


@pytest.mark.rule("S1")
def test_stages_are_counted_in_the_order_of_the_contract_and_unknown_ones_last() -> None:
    stores = InMemoryAgeing(
        [
            aged("A", 0),
            aged("B", 14),
            aged("C", 15),
            aged("D", 90),
            aged("E", 91),
            aged("F", 3000),
            aged("G", -2),
            *(aged(stage, 0, stage) for stage in ("XX", "CWT", "NPA", "AA")),
        ]
    )
    assert count_ages(stores=stores, now=NOW) == (
        StageAges("NPA", (1, 0, 0, 0)),
        StageAges("RD1", (3, 1, 1, 2)),
        StageAges("CWT", (1, 0, 0, 0)),
        StageAges("AA", (1, 0, 0, 0)),
        StageAges("XX", (1, 0, 0, 0)),
    )
    assert stores.opened == ["reading"]
    assert count_ages(stores=InMemoryAgeing(), now=NOW) == ()


@pytest.mark.rule("S1")
@given(days=st.lists(st.integers(min_value=-3, max_value=200), max_size=20))
def test_each_figure_is_the_length_of_its_list(days: list[int]) -> None:
    stores = InMemoryAgeing([aged(f"N{place:03}", each) for place, each in enumerate(days)])
    lists = [notices_of_age("RD1", band, stores=stores, now=NOW) for band in AGE_BANDS]
    figures = [each.notices for each in count_ages(stores=stores, now=NOW)]
    assert figures == ([tuple(map(len, lists))] if days else [])
    assert sum(map(len, lists)) == len(days)
    assert all(list(found) == sorted(found, key=lambda each: each.entered_at) for found in lists)


@pytest.mark.rule("S1", "S51")
def test_a_list_shows_the_first_lines_of_many() -> None:
    stores = InMemoryAgeing(
        [aged(f"N{place:03}", 0) for place in range(201)],
        [
            StageChange(f"N{place:03}", NOW, "RD2", "RD1", "SUP", officer, "PORTAL")
            for officer in ("OIC.TAN", "OIC.LIM")
            for place in range(201)
        ],
    )
    assert len(notices_of_age("RD1", AGE_BANDS[0], stores=stores, now=NOW)) == 200
    found = changes_of_day("OIC.LIM", TODAY, stores=stores)
    assert len(found) == 200
    assert {each.officer for each in found} == {"OIC.LIM"}
    assert changes_of_day("OIC.LIM", TODAY + timedelta(days=1), stores=stores) == []

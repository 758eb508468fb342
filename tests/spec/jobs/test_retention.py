"""What is kept for a time is removed after it, the oldest first, and nothing else."""

from datetime import datetime, timedelta
from math import ceil

import pytest
from attrs import field, mutable
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.jobs.retention import CHUNK, RowKind, next_chunk, remove_old_rows
from tests.support.builders import NOW
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_jobs import Clock

MILLISECOND = timedelta(milliseconds=1)
DAYS = dict.fromkeys(RowKind, 0)


@mutable
class InMemoryRows:
    """Rows by kind: when each ended, None for one that has not."""

    rows: dict[RowKind, list[datetime | None]]
    calls: list[RowKind] = field(factory=list)

    def remove(self, kind: RowKind, before: datetime, most: int) -> int:
        """Remove the oldest that ended before a moment."""
        self.calls.append(kind)
        kept = self.rows.get(kind, [])
        old = sorted(ended for ended in kept if ended and ended < before)[:most]
        for ended in old:
            kept.remove(ended)
        return len(old)


def removed(rows: InMemoryRows, days: dict[RowKind, int], *, ending: bool = False) -> dict[str, int]:
    counts = remove_old_rows(rows, DAYS | days, lambda: NOW, lambda: ending)
    return {kind: count for kind, count in counts.items() if count}


@pytest.mark.rule("K3")
def test_a_row_goes_after_its_days_and_not_before() -> None:
    day = NOW - timedelta(days=30)
    rows = InMemoryRows({RowKind.OUTBOX: [day, day - timedelta(microseconds=1), None]})
    assert removed(rows, {RowKind.OUTBOX: 30}) == {"outbox": 1}
    assert rows.rows[RowKind.OUTBOX] == [day, None]


@pytest.mark.rule("K3")
def test_every_kind_is_counted_and_one_of_no_days_is_kept_for_ever() -> None:
    rows = InMemoryRows({kind: [NOW - timedelta(days=10_000)] for kind in RowKind})
    counts = remove_old_rows(rows, DAYS | {RowKind.ALERTS: 400}, lambda: NOW, lambda: False)
    assert counts == {
        "answers": 0, "outbox": 0, "rate_slots": 0, "access_records": 0, "frequent_runs": 0,
        "job_runs": 0, "alerts": 1, "reports": 0, "sessions": 0, "sync_progress": 0,
    }  # fmt: skip
    assert rows.calls == [RowKind.ALERTS] * 2


@pytest.mark.rule("K3")
def test_a_job_that_is_to_end_removes_nothing_more() -> None:
    rows = InMemoryRows({RowKind.ANSWERS: [NOW - timedelta(days=2)]})
    assert removed(rows, {RowKind.ANSWERS: 1}, ending=True) == {}


@pytest.mark.rule("K3")
@given(old=st.integers(0, 3 * CHUNK), young=st.integers(0, 5))
def test_all_that_is_old_goes_in_chunks_and_all_that_is_young_stays(old: int, young: int) -> None:
    ages = [NOW - timedelta(days=2)] * old + [NOW] * young
    rows = InMemoryRows({RowKind.JOB_RUNS: list(ages)})
    assert removed(rows, {RowKind.JOB_RUNS: 1}).get("job_runs", 0) == old
    assert rows.rows[RowKind.JOB_RUNS] == [NOW] * young
    assert len(rows.calls) == ceil(old / CHUNK) + 1


CHUNKS: tuple[Case[int, timedelta, int], ...] = (
    Case(rule="K3", name="a slow transaction halves", given=1000, ask=26 * MILLISECOND, says=500),
    Case(rule="K3", name="the longest that may be keeps", given=500, ask=25 * MILLISECOND, says=500),
    Case(rule="K3", name="one that is neither keeps", given=500, ask=6.25 * MILLISECOND, says=500),
    Case(rule="K3", name="a quick one doubles", given=500, ask=6 * MILLISECOND, says=1000),
    Case(rule="K3", name="there are never more than a thousand", given=1000, ask=timedelta(0), says=1000),
    Case(rule="K3", name="nor fewer than fifty", given=60, ask=timedelta(seconds=9), says=50),
    Case(rule="K3", name="a clock that goes back is quick", given=50, ask=-MILLISECOND, says=100),
)


@parametrize_cases(CHUNKS)
def test_the_size_of_the_next_chunk(case: Case[int, timedelta, int]) -> None:
    assert next_chunk(case.given, case.ask) == case.says


@pytest.mark.rule("K3")
def test_while_the_database_is_slow_fewer_rows_go_at_once() -> None:
    clock = Clock()

    @mutable
    class Slow(InMemoryRows):
        """Rows of which each takes a tenth of a millisecond."""

        def remove(self, kind: RowKind, before: datetime, most: int) -> int:
            """Remove them in their time."""
            sizes.append(most)
            count = super().remove(kind, before, most)
            clock.move(count * MILLISECOND / 10)
            return count

    sizes: list[int] = []
    rows = Slow({RowKind.OUTBOX: [NOW - timedelta(days=2)] * 2_250})
    counts = remove_old_rows(rows, DAYS | {RowKind.OUTBOX: 1}, clock.now, lambda: False)
    assert counts["outbox"] == 2_250
    assert sizes == [1000, 500, 250, 250, 250, 250]


@pytest.mark.rule("K3")
def test_a_row_that_is_used_anew_in_between_keeps_nothing_else_from_going() -> None:
    @mutable
    class UsedAnew(InMemoryRows):
        """Rows of which one in each chunk is used anew before it is removed."""

        def remove(self, kind: RowKind, before: datetime, most: int) -> int:
            """Remove one fewer than wanted."""
            return super().remove(kind, before, most - 1)

    rows = UsedAnew({RowKind.RATE_SLOTS: [NOW - timedelta(days=2)] * (2 * CHUNK)})
    assert removed(rows, {RowKind.RATE_SLOTS: 1}) == {"rate_slots": 2 * CHUNK}

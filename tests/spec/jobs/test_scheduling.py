"""When a job is due: each time of its schedule once, the last of those missed, and retries after a delay."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.jobs.runs import RunOutcome, RunResult, SkipReason
from ocms_core.jobs.scheduling import (
    HELD_RETRY_DELAY,
    PendingSlot,
    due_slot,
    last_slot,
    retry_delay,
    sleep_time,
)
from tests.support.builders import NOW
from tests.support.in_memory_jobs import Times

PAUSE = timedelta(minutes=10)
SECONDS = st.integers(-5_000, 5_000)
MOMENTS = SECONDS.map(lambda seconds: NOW + timedelta(seconds=seconds))
SCHEDULES = st.lists(MOMENTS, max_size=20).map(lambda times: Times(tuple(times)))


@given(schedule=SCHEDULES, after=MOMENTS, until=MOMENTS)
def test_the_last_slot_is_the_latest_time_after_one_moment_and_not_after_another(
    schedule: Times, after: datetime, until: datetime
) -> None:
    between = [time for time in schedule.times if after < time <= until]
    assert last_slot(schedule, after, until) == max(between, default=None)


@given(schedule=SCHEDULES, begun=MOMENTS, looks=st.lists(st.integers(0, 900), max_size=30))
def test_however_often_a_worker_looks_each_slot_is_due_once_and_none_before_its_time(
    schedule: Times, begun: datetime, looks: list[int]
) -> None:
    now, after, due = begun, begun, list[datetime]()
    for seconds in looks:
        now += timedelta(seconds=seconds)
        slot = due_slot(schedule, after=after, pending=None, now=now)
        if slot:
            assert slot <= now
            due.append(slot)
            after = slot
    assert due == sorted(set(due))
    assert set(due) <= set(schedule.times)
    past = [time for time in schedule.times if begun < time <= now]
    assert (due[-1] if due else None) == max(past, default=None), "the last one is never missed"


@given(schedule=SCHEDULES, now=MOMENTS, catch_up=st.integers(0, 5_000))
def test_what_was_missed_is_made_up_for_as_far_back_as_the_job_says(
    schedule: Times, now: datetime, catch_up: int
) -> None:
    after = now - timedelta(seconds=catch_up)
    slot = due_slot(schedule, after=after, pending=None, now=now)
    missed = [time for time in schedule.times if after < time <= now]
    assert slot == max(missed, default=None)


@given(schedule=SCHEDULES, after=MOMENTS, now=MOMENTS, retry_at=MOMENTS)
def test_a_pending_slot_is_due_from_its_retry_on_unless_a_newer_one_is(
    schedule: Times, after: datetime, now: datetime, retry_at: datetime
) -> None:
    pending = PendingSlot(after, retry_at)
    newer = last_slot(schedule, after, now)
    expected = newer or (after if retry_at <= now else None)
    assert due_slot(schedule, after=after, pending=pending, now=now) == expected


@pytest.mark.parametrize(
    "result, tries, delay",
    [
        (SkipReason.HELD, 1, timedelta(milliseconds=500)),
        (SkipReason.MISDATED, 1, timedelta(minutes=1)),
        (SkipReason.PAUSED, 3, PAUSE),
        (SkipReason.SLOT_RUN, 3, None),
        (SkipReason.RAN_TODAY, 3, None),
        (RunResult.DONE, 3, None),
        (RunResult.LOST, 1, HELD_RETRY_DELAY),
        (RunResult.FAILED, 1, None),
        (RunResult.FAILED, 2, PAUSE),
    ],
)
def test_a_slot_is_attempted_again_where_it_may_still_be_run(
    result: RunResult | SkipReason, tries: int, delay: timedelta | None
) -> None:
    ended = RunOutcome(1, result, {}) if isinstance(result, RunResult) else result
    assert retry_delay(ended, tries=tries, pause=PAUSE) == delay


@given(moments=st.lists(st.none() | MOMENTS, max_size=10), now=MOMENTS, running=st.booleans())
def test_a_worker_sleeps_past_no_moment_and_never_long(
    moments: list[datetime | None], now: datetime, *, running: bool
) -> None:
    sleep = sleep_time(moments, running=running, now=now)
    assert timedelta(0) <= sleep <= timedelta(seconds=0.5 if running else 30)
    assert all(now + sleep <= max(moment, now) for moment in moments if moment)


def test_a_worker_with_nothing_ahead_looks_again_after_half_a_minute() -> None:
    assert sleep_time([], running=False, now=NOW) == timedelta(seconds=30)
    assert sleep_time([], running=True, now=NOW) == timedelta(seconds=0.5)


@given(now=MOMENTS, seconds=st.integers(0, 30))
def test_a_worker_with_one_moment_ahead_wakes_at_it(now: datetime, seconds: int) -> None:
    ahead = timedelta(seconds=seconds)
    assert sleep_time([now + ahead], running=False, now=now) == ahead

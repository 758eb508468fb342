"""When a run may begin, and how it is seen to stand."""

from datetime import timedelta

import pytest
from attrs import evolve

from ocms_core.jobs.runs import (
    HeldLock,
    LockLost,
    LockRequest,
    Run,
    RunResult,
    SkipReason,
    SlotRuns,
    dated_ahead,
    final_result,
    skip_reason,
)
from tests.support.builders import NOW

BY_HAND = LockRequest("refresh_vip_vehicle", "worker", timedelta(minutes=10))
SCHEDULED = evolve(BY_HAND, slot=NOW)
ONCE = evolve(SCHEDULED, once_a_day=True)


RETRIED = evolve(SCHEDULED, tries=3, pause=timedelta(minutes=10))
DONE, FAILED = SlotRuns(done=True), SlotRuns(failed=1, last_failed=NOW - timedelta(minutes=10))


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "ask, slot, ran_today, given",
    [
        (BY_HAND, SlotRuns(), True, None),
        (SCHEDULED, SlotRuns(), True, None),
        (SCHEDULED, DONE, True, SkipReason.SLOT_RUN),
        (SCHEDULED, FAILED, True, SkipReason.SLOT_RUN),
        (ONCE, SlotRuns(), False, None),
        (ONCE, SlotRuns(), True, SkipReason.RAN_TODAY),
        (evolve(ONCE, slot=None, forced=True), SlotRuns(), True, None),
        (evolve(ONCE, forced=True), DONE, True, SkipReason.SLOT_RUN),
    ],
)
def test_once_a_day_counts_runs_and_can_be_forced(
    ask: LockRequest, slot: SlotRuns, given: SkipReason | None, *, ran_today: bool
) -> None:
    assert skip_reason(ask, slot=slot, ran_today=ran_today, now=NOW) is given


@pytest.mark.parametrize(
    "slot, given",
    [
        (FAILED, None),
        (evolve(FAILED, last_failed=NOW - timedelta(minutes=9, seconds=59)), SkipReason.PAUSED),
        (evolve(FAILED, failed=2), None),
        (evolve(FAILED, failed=3), SkipReason.SLOT_RUN),
        (evolve(FAILED, done=True), SkipReason.SLOT_RUN),
    ],
)
def test_a_run_that_failed_is_tried_again_after_a_pause_so_often(
    slot: SlotRuns, given: SkipReason | None
) -> None:
    assert skip_reason(RETRIED, slot=slot, ran_today=True, now=NOW) is given


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "result, held, on_record",
    [
        (RunResult.DONE, True, RunResult.DONE),
        (RunResult.DONE, False, RunResult.DONE),
        (RunResult.FAILED, True, RunResult.FAILED),
        (RunResult.FAILED, False, RunResult.LOST),
        (RunResult.LOST, True, RunResult.LOST),
    ],
)
def test_a_run_that_failed_when_its_lock_was_gone_is_lost(
    result: RunResult, on_record: RunResult, *, held: bool
) -> None:
    assert final_result(result, held=held) is on_record


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "result, holds_lock, state",
    [
        (None, True, "running"),
        (None, False, "never ended"),
        (RunResult.DONE, False, "done"),
        (RunResult.FAILED, True, "failed"),
        (RunResult.LOST, False, "lost"),
    ],
)
def test_a_run_that_never_ended_is_told_from_one_that_runs(
    result: RunResult | None, state: str, *, holds_lock: bool
) -> None:
    assert Run(1, "job", "worker", NOW, result=result, holds_lock=holds_lock).state == state


def test_why_a_run_did_not_begin_is_told_in_words() -> None:
    assert {reason.name: reason.value for reason in SkipReason} == {
        "HELD": "another worker is at it, or it ended a moment ago",
        "MISDATED": "its lock is dated ahead of the database's clock, see docs/howto/java-nodes.md",
        "PAUSED": "it failed a moment ago and is tried again soon",
        "SLOT_RUN": "it has run for this time of its schedule already",
        "RAN_TODAY": "it has run today already; --force runs it again",
    }
    assert {result.name: result.value for result in RunResult} == {
        "DONE": "done",
        "FAILED": "failed",
        "LOST": "lost",
    }
    assert str(LockLost("query_datahive")) == (
        "query_datahive lost its lock: it ran past the time it had and was not extended"
    )


def test_a_manual_run_asks_for_nothing_unusual() -> None:
    assert LockRequest("loop", "worker", timedelta(minutes=10)) == LockRequest(
        "loop",
        "worker",
        timedelta(minutes=10),
        at_least=timedelta(0),
        slot=None,
        once_a_day=False,
        forced=False,
        tries=1,
        pause=timedelta(0),
        log_only=False,
    )


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "ahead, given",
    [
        (timedelta(hours=-8), None),
        (timedelta(0), None),
        (timedelta(minutes=10), None),
        (timedelta(minutes=10, microseconds=1), timedelta(minutes=10, microseconds=1)),
        (timedelta(minutes=30), timedelta(minutes=30)),
        (timedelta(hours=8), timedelta(hours=8)),
    ],
)
def test_a_lock_dated_ahead_by_more_than_a_clock_may_be_wrong_is_of_another_zone(
    ahead: timedelta, given: timedelta | None
) -> None:
    lock = HeldLock(BY_HAND.job, "java-node", NOW + ahead, NOW + timedelta(hours=9), NOW)
    assert dated_ahead(lock) == given

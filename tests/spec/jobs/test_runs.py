"""When a run may begin, and how it is seen to stand."""

from datetime import timedelta

import pytest
from attrs import evolve

from ocms_core.jobs.runs import Ask, NotNow, Result, Run, refusal
from tests.support.builders import NOW

BY_HAND = Ask("refresh_vip_vehicle", "worker", timedelta(minutes=10))
SCHEDULED = evolve(BY_HAND, slot=NOW)
ONCE = evolve(SCHEDULED, once_a_day=True)


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "ask, slot_run, ran_today, told",
    [
        (BY_HAND, False, True, None),
        (SCHEDULED, False, True, None),
        (SCHEDULED, True, True, NotNow.SLOT_RUN),
        (ONCE, False, False, None),
        (ONCE, False, True, NotNow.RAN_TODAY),
        (evolve(ONCE, slot=None, forced=True), False, True, None),
        (evolve(ONCE, forced=True), True, True, NotNow.SLOT_RUN),
    ],
)
def test_once_a_day_counts_runs_and_can_be_forced(
    ask: Ask, told: NotNow | None, *, slot_run: bool, ran_today: bool
) -> None:
    assert refusal(ask, slot_run=slot_run, ran_today=ran_today) is told


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "result, holds_lock, state",
    [
        (None, True, "running"),
        (None, False, "never ended"),
        (Result.DONE, False, "done"),
        (Result.FAILED, True, "failed"),
    ],
)
def test_a_run_that_never_ended_is_told_from_one_that_runs(
    result: Result | None, state: str, *, holds_lock: bool
) -> None:
    assert Run(1, "job", "worker", NOW, result=result, holds_lock=holds_lock).state == state

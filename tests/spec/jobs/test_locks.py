"""A job's lock: one holder at a time, each with a higher fencing token, and no write by one who lost it."""

from datetime import UTC, timedelta
from functools import partial
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.jobs.locks import JobLocks, check_lock, extension_interval, last_extended
from ocms_core.jobs.runs import LockLease, LockLost, LockRequest, ReleaseRefusal, RunResult, SkipReason
from ocms_core.kernel.errors import Conflict, RowRejected, Unavailable
from tests.support.builders import NOW
from tests.support.in_memory_jobs import InMemoryJobStore, LockRow

AT_MOST = timedelta(minutes=10)
REQUEST = LockRequest("refresh_vip_vehicle", "a", AT_MOST)


def taken(store: InMemoryJobStore, request: LockRequest = REQUEST) -> LockLease:
    lease = JobLocks(store).take(request)
    assert isinstance(lease, LockLease), lease
    return lease


def may_write(store: InMemoryJobStore, lease: LockLease) -> bool:
    try:
        with store.writing() as transaction:
            check_lock(transaction, lease)
    except LockLost:
        return False
    return True


@pytest.mark.rule("P42")
def test_the_start_is_recorded_with_the_lock() -> None:
    store = InMemoryJobStore()
    lease = taken(store, evolve(REQUEST, slot=NOW, forced=True))
    run = store.run_of(lease)
    assert (run.job, run.worker, run.started_at, run.slot, run.forced) == (REQUEST.job, "a", NOW, NOW, True)
    assert (run.ended_at, lease.holder) == (None, f"a#{lease.fence}")
    assert store.locks[REQUEST.job].holder == lease.holder


def test_a_lock_that_is_held_is_not_taken() -> None:
    store = InMemoryJobStore()
    taken(store)
    assert JobLocks(store).take(evolve(REQUEST, worker="b")) is SkipReason.HELD
    assert len(store.runs) == 1


@pytest.mark.parametrize("fault", [RowRejected("two inserted it"), Conflict("deadlock")])
def test_who_loses_the_first_race_for_a_lock_finds_it_held(fault: RowRejected | Conflict) -> None:
    assert JobLocks(InMemoryJobStore(fault=fault)).take(REQUEST) is SkipReason.HELD


def test_a_database_out_of_reach_is_an_error() -> None:
    with pytest.raises(Unavailable):
        JobLocks(InMemoryJobStore(fault=Unavailable("the database"))).take(REQUEST)


def test_what_may_not_run_leaves_the_lock_free_and_no_run() -> None:
    store = InMemoryJobStore()
    request = evolve(REQUEST, slot=NOW)
    JobLocks(store).end(taken(store, request), RunResult.DONE, {}, None)
    locks = dict(store.locks)
    assert JobLocks(store).take(request) is SkipReason.SLOT_RUN
    assert (store.locks, len(store.runs)) == (locks, 1)


@pytest.mark.rule("P42")
def test_a_failed_slot_is_tried_again_after_its_pause_so_often() -> None:
    store = InMemoryJobStore()
    request = evolve(REQUEST, slot=NOW, tries=2, pause=timedelta(minutes=1))
    for expected in (SkipReason.PAUSED, SkipReason.SLOT_RUN):
        JobLocks(store).end(taken(store, request), RunResult.FAILED, {}, "error")
        assert JobLocks(store).take(request) is expected
        store.clock.move(timedelta(minutes=1))
    assert JobLocks(store).take(request) is SkipReason.SLOT_RUN


@pytest.mark.rule("P42")
def test_a_manual_run_waits_for_no_pause() -> None:
    store, request = InMemoryJobStore(), evolve(REQUEST, pause=AT_MOST)
    JobLocks(store).end(taken(store, request), RunResult.FAILED, {}, "error")
    taken(store, request)


@pytest.mark.rule("P42")
def test_a_job_of_once_a_day_counts_its_own_runs_of_the_singapore_day() -> None:
    store, once = InMemoryJobStore(), evolve(REQUEST, once_a_day=True)
    store.clock.time = NOW.replace(hour=0, minute=30).astimezone(UTC)
    JobLocks(store).end(taken(store, once), RunResult.DONE, {}, None)
    assert JobLocks(store).take(once) is SkipReason.RAN_TODAY
    for other in (REQUEST, evolve(once, job="another")):
        JobLocks(store).end(taken(store, other), RunResult.DONE, {}, None)
    store.clock.move(timedelta(hours=23, minutes=29))
    assert JobLocks(store).take(once) is SkipReason.RAN_TODAY
    store.clock.move(timedelta(minutes=1))
    taken(store, once)


@pytest.mark.rule("P42")
@pytest.mark.parametrize("log_only", [True, False])
def test_a_lease_knows_whether_its_run_is_on_record(*, log_only: bool) -> None:
    assert taken(InMemoryJobStore(), evolve(REQUEST, log_only=log_only)).log_only is log_only


def test_a_lock_is_kept_at_least_as_long_as_it_says() -> None:
    store = InMemoryJobStore()
    JobLocks(store).end(
        taken(store, evolve(REQUEST, at_least=timedelta(minutes=1))), RunResult.DONE, {}, None
    )
    store.clock.move(timedelta(seconds=59))
    assert JobLocks(store).take(REQUEST) is SkipReason.HELD
    store.clock.move(timedelta(seconds=1))
    taken(store)


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "late, result, recorded",
    [
        (False, RunResult.FAILED, RunResult.FAILED),
        (True, RunResult.FAILED, RunResult.LOST),
        (True, RunResult.DONE, RunResult.DONE),
    ],
)
def test_the_end_is_recorded_as_it_counts(result: RunResult, recorded: RunResult, *, late: bool) -> None:
    store = InMemoryJobStore()
    lease = taken(store)
    store.clock.move(AT_MOST if late else timedelta(0))
    assert JobLocks(store).end(lease, result, {"done": 1}, "error") is recorded
    run = store.run_of(lease)
    assert (run.result, run.counts, run.error, run.ended_at) == (
        recorded, {"done": 1}, "error", store.clock.now(),
    )  # fmt: skip


def test_the_end_of_a_late_run_leaves_the_lock_of_its_successor() -> None:
    store = InMemoryJobStore()
    late = taken(store)
    store.clock.move(AT_MOST)
    successor = taken(store, evolve(REQUEST, worker="b"))
    JobLocks(store).end(late, RunResult.DONE, {}, None)
    assert may_write(store, successor)
    assert not may_write(store, late)
    assert not JobLocks(store).extend(late)


@pytest.mark.rule("P42")
def test_who_may_write_is_given_what_is_left_of_its_lock() -> None:
    store = InMemoryJobStore()
    lease = taken(store)
    store.clock.move(timedelta(minutes=4))
    assert may_write(store, lease)
    store.clock.move(timedelta(minutes=6))
    with (
        pytest.raises(LockLost, match=r"^refresh_vip_vehicle lost its lock: "),
        store.writing() as transaction,
    ):
        check_lock(transaction, lease)
    assert store.idle_limits == [timedelta(minutes=6)]


def test_an_extended_lock_holds_its_time_anew() -> None:
    store = InMemoryJobStore()
    lease = taken(store)
    store.clock.move(AT_MOST - extension_interval(lease.at_most))
    assert JobLocks(store).extend(lease)
    store.clock.move(AT_MOST - timedelta(microseconds=1))
    assert may_write(store, lease)
    store.clock.move(timedelta(microseconds=1))
    assert not JobLocks(store).extend(lease)


MINUTE = timedelta(minutes=1)
ALIVE, ENDED, UNSEEN = True, False, None


@pytest.mark.rule("P42")
@pytest.mark.parametrize("at_most", [timedelta(seconds=30), AT_MOST, timedelta(hours=1)])
def test_whoever_holds_a_lock_shows_every_minute_that_it_is_alive(at_most: timedelta) -> None:
    assert extension_interval(at_most) == min(at_most / 3, MINUTE)


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    "silent, process, refusal",
    [
        (timedelta(0), ALIVE, ReleaseRefusal.RUNNING),
        (timedelta(0), UNSEEN, ReleaseRefusal.EXTENDED),
        (timedelta(0), ENDED, None),
        (3 * MINUTE - timedelta(microseconds=1), UNSEEN, ReleaseRefusal.EXTENDED),
        (3 * MINUTE, UNSEEN, None),
        # A process that runs and does not extend its lock is suspended, or another of the same number.
        (3 * MINUTE, ALIVE, None),
    ],
)
def test_a_lock_is_released_by_hand_once_its_worker_is_gone(
    *, silent: timedelta, process: bool | None, refusal: ReleaseRefusal | None
) -> None:
    store = InMemoryJobStore()
    lease = taken(store)
    store.clock.move(timedelta(minutes=5))
    assert JobLocks(store).extend(lease)
    store.clock.move(silent)
    held, found = JobLocks(store).release_by_hand(REQUEST.job, AT_MOST, lambda _: process)
    assert held
    assert (held.holder, held.locked_at, last_extended(held, AT_MOST)) == (
        lease.holder,
        NOW,
        NOW + 5 * MINUTE,
    )
    assert found is refusal
    assert may_write(store, lease) == (refusal is not None)
    assert isinstance(JobLocks(store).take(REQUEST), LockLease) == (refusal is None)


@pytest.mark.rule("P42")
def test_a_worker_whose_lock_was_released_by_hand_writes_nothing_and_leaves_the_next_alone() -> None:
    store = InMemoryJobStore()
    first = taken(store)
    _, refusal = JobLocks(store).release_by_hand(REQUEST.job, AT_MOST, {"a": False}.get)
    assert refusal is None
    assert not JobLocks(store).extend(first)
    second = taken(store, evolve(REQUEST, worker="b"))
    assert JobLocks(store).end(first, RunResult.FAILED, {}, None) is RunResult.LOST
    assert may_write(store, second)


@pytest.mark.rule("P42")
def test_the_name_of_a_worker_may_hold_the_mark_before_its_run() -> None:
    store, workers = InMemoryJobStore(), list[str]()

    def process_runs(worker: str) -> bool:
        workers.append(worker)
        return True

    taken(store, evolve(REQUEST, worker="machine#2:17:ab"))
    _, refusal = JobLocks(store).release_by_hand(REQUEST.job, AT_MOST, process_runs)
    assert (refusal, workers) == (ReleaseRefusal.RUNNING, ["machine#2:17:ab"])


@pytest.mark.rule("P42")
def test_a_free_lock_and_that_of_another_program_are_not_released() -> None:
    store = InMemoryJobStore()
    asked = partial(JobLocks(store).release_by_hand, REQUEST.job, AT_MOST, lambda _: False)
    assert asked() == (None, ReleaseRefusal.FREE)
    store.locks[REQUEST.job] = LockRow("a-node-of-shedlock", NOW + AT_MOST)
    assert asked()[1] is ReleaseRefusal.FOREIGN
    assert store.locks[REQUEST.job].until == NOW + AT_MOST
    store.clock.move(AT_MOST)
    assert asked() == (None, ReleaseRefusal.FREE)


ACTS = st.tuples(st.sampled_from(["take", "take slot", "extend", "end", "fail", "wait"]), st.integers(0, 3))


@pytest.mark.rule("P42")
@given(acts=st.lists(ACTS, max_size=40))
def test_whatever_workers_do_one_may_write_and_no_slot_is_done_twice(acts: list[tuple[str, int]]) -> None:
    store = InMemoryJobStore()
    locks, leases = JobLocks(store), list[LockLease]()
    for act, number in acts:
        mine = leases[-1 - number] if number < len(leases) else None
        match act:
            case "take" | "take slot":
                slot = NOW + timedelta(days=number) if act == "take slot" else None
                lease = locks.take(LockRequest("job", f"worker-{number}", AT_MOST, slot=slot))
                leases += [lease] if isinstance(lease, LockLease) else []
            case "extend" if mine:
                locks.extend(mine)
            case "end" | "fail" if mine and store.run_of(mine).result is None:
                locks.end(mine, RunResult.DONE if may_write(store, mine) and act == "end" else
                          RunResult.FAILED, {}, None)  # fmt: skip
            case _:
                store.clock.move(AT_MOST / 3 * number)
        assert sum(may_write(store, lease) for lease in leases) <= 1
    assert all(later.fence > earlier.fence for earlier, later in pairwise(leases))
    done = [run.slot for run in store.runs.values() if run.slot and run.result is RunResult.DONE]
    assert len(done) == len(set(done))


@pytest.mark.rule("P42")
def test_an_operator_reads_why_a_lock_is_not_released() -> None:
    assert {each: each.value for each in ReleaseRefusal} == {
        ReleaseRefusal.FREE: "nobody holds it",
        ReleaseRefusal.RUNNING: "the process of its worker runs on this machine",
        ReleaseRefusal.EXTENDED: "its worker extended it a moment ago",
        ReleaseRefusal.FOREIGN: "its holder is no worker of OCMS",
    }

"""The lock of a job: ShedLock's semantics on the database's clock, and a fence no sleeper gets over."""

# ruff: noqa: DTZ001 - columns hold times without a zone

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import Engine, insert, select, text, update

from ocms_adapters.sql import engines
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.schema import ocms_job_run, ocms_shedlock, ocms_vip_vehicle
from ocms_adapters.sql.transactions import reading, writing
from ocms_adapters.sql.utc_clock import utc_now
from ocms_core.jobs.runs import LockLease, LockLost, LockRequest, ReleaseRefusal, RunResult, SkipReason
from tests.support.builders import at
from tests.support.contenders import ENTER, LEAVE
from tests.support.databases import Databases
from tests.support.job_locks import fenced, locks_of

ROOT = Path(__file__).parents[3]
JOB = "refresh_vip_vehicle"
LONG = timedelta(minutes=10)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield the Intranet database."""
    engine = engines.create(databases.intranet, pool_size=20)
    yield engine
    engine.dispose()


def ask(worker: str = "a", *, at_most: timedelta = LONG, at_least: timedelta = timedelta(0)) -> LockRequest:
    return LockRequest(JOB, worker, at_most, at_least)


def taken(engine: Engine, wish: LockRequest) -> LockLease:
    held = locks_of(engine).take(wish)
    assert isinstance(held, LockLease), held
    return held


def end(engine: Engine, held: LockLease) -> None:
    locks_of(engine).end(held, RunResult.DONE, {}, None)


@pytest.mark.rule("P42")
def test_a_lock_is_released_by_hand_from_a_worker_that_is_gone(engine: Engine) -> None:
    first = taken(engine, ask("first"))
    release = partial(locks_of(engine).release_by_hand, JOB, LONG)
    held, refusal = release(lambda _: None)
    assert held
    assert (held.holder, refusal) == (first.holder, ReleaseRefusal.EXTENDED)
    assert held.until - held.locked_at == LONG
    released, refusal = release({"first": False}.get)
    assert released
    assert (released.holder, released.locked_at, refusal) == (first.holder, held.locked_at, None)
    assert release({"first": False}.get) == (None, ReleaseRefusal.FREE)
    with pytest.raises(LockLost):
        write(engine, first)
    second = taken(engine, ask("second"))
    assert second.fence > first.fence
    write(engine, second)


def write(engine: Engine, held: LockLease) -> None:
    with fenced(engine, held) as connection:
        connection.execute(
            insert(ocms_vip_vehicle).values(vehicle_no=f"S{held.fence}", vip_vehicle="Y", status="A")
        )


@pytest.mark.rule("P42")
def test_a_start_is_on_record_at_once_and_one_that_never_ended_is_seen(engine: Engine) -> None:
    held = taken(engine, ask(at_most=timedelta(seconds=2)))
    (run,) = SqlJobRuns(engine).history()
    assert (run.number, run.state, run.ended_at) == (held.fence, "running", None)

    time.sleep(2.1)

    assert [run.state for run in SqlJobRuns(engine).latest()] == ["never ended"]


@pytest.mark.rule("P42")
def test_the_end_is_recorded_with_result_and_counts(engine: Engine) -> None:
    held = taken(engine, ask())
    locks_of(engine).end(held, RunResult.FAILED, {"added": 3}, "CAS answered 503 (4 attempts)")

    (run,) = SqlJobRuns(engine).history(JOB)
    assert (run.state, run.counts, run.error) == ("failed", {"added": 3}, "CAS answered 503 (4 attempts)")


def test_the_end_of_a_run_removes_no_other_whose_time_the_settings_say(engine: Engine) -> None:
    end(engine, taken(engine, ask()))
    with writing(engine) as connection:
        a_year_ago = datetime(2024, 1, 1)
        connection.execute(update(ocms_job_run).values(started_at=a_year_ago, ended_at=a_year_ago))
    end(engine, taken(engine, ask()))
    assert len(SqlJobRuns(engine).history(JOB)) == 2


def test_a_lock_held_is_not_taken_and_nobody_waits_for_it(engine: Engine) -> None:
    taken(engine, ask())
    assert locks_of(engine).take(ask("b")) is SkipReason.HELD


def test_a_lock_is_kept_at_least_as_long_as_it_says(engine: Engine) -> None:
    end(engine, taken(engine, ask(at_least=timedelta(seconds=0.5))))
    assert locks_of(engine).take(ask("b")) is SkipReason.HELD
    time.sleep(0.6)
    taken(engine, ask("b"))


def test_a_lock_is_extended_and_released_by_its_holder_only(engine: Engine) -> None:
    locks = locks_of(engine)
    held = taken(engine, ask(at_most=timedelta(seconds=0.3)))
    assert locks.extend(evolve(held, at_most=LONG))
    time.sleep(0.4)
    stranger = evolve(held, holder="b#99", fence=99)
    assert not locks.extend(stranger)
    locks.end(stranger, RunResult.DONE, {}, None)
    assert locks.take(ask("b")) is SkipReason.HELD
    end(engine, held)
    taken(engine, ask("b"))


def test_a_lock_that_ran_out_is_taken_over_and_its_late_holder_cannot_write(engine: Engine) -> None:
    late = taken(engine, ask(at_most=timedelta(seconds=0.2)))
    write(engine, late)
    time.sleep(0.3)
    with pytest.raises(LockLost):
        write(engine, late)

    successor = taken(engine, ask("b"))

    assert successor.fence > late.fence
    with pytest.raises(LockLost):
        write(engine, late)
    assert not locks_of(engine).extend(late)
    end(engine, late)
    write(engine, successor)


def test_a_time_of_the_schedule_is_run_once_whatever_the_clocks_say(engine: Engine) -> None:
    slot = at("2025-01-14T02:00:00")
    end(engine, taken(engine, evolve(ask(), slot=slot)))
    assert locks_of(engine).take(evolve(ask("b"), slot=slot)) is SkipReason.SLOT_RUN
    taken(engine, evolve(ask("b"), slot=slot + timedelta(days=1)))


def test_a_run_cut_off_is_made_up_for_at_the_same_time_of_the_schedule(engine: Engine) -> None:
    slot = at("2025-01-14T02:00:00")
    taken(engine, evolve(ask(at_most=timedelta(seconds=0.1)), slot=slot, once_a_day=True))
    time.sleep(0.2)
    taken(engine, evolve(ask("b"), slot=slot, once_a_day=True))


@pytest.mark.rule("P42")
def test_a_job_of_once_a_day_is_run_again_that_day_only_by_force(engine: Engine) -> None:
    once = evolve(ask(), once_a_day=True)
    locks_of(engine).end(taken(engine, once), RunResult.FAILED, {}, "counts all the same")
    assert locks_of(engine).take(once) is SkipReason.RAN_TODAY
    end(engine, taken(engine, evolve(once, forced=True)))
    with writing(engine) as connection:
        connection.execute(update(ocms_job_run).values(started_at=datetime(2025, 1, 14)))
    taken(engine, once)


@pytest.mark.rule("P42")
def test_a_run_that_is_log_only_leaves_no_row_and_is_known_by_its_lock(engine: Engine) -> None:
    slot = at("2025-01-14T02:00:00")
    wish = evolve(ask(at_most=timedelta(seconds=1)), log_only=True, slot=slot)
    runs = SqlJobRuns(engine)
    held = taken(engine, wish)
    (run,) = runs.latest()
    assert (run.number, run.worker, run.slot, run.state) == (held.fence, "a", slot, "running")
    time.sleep(1.1)
    assert [run.state for run in runs.latest()] == ["never ended"]
    again = taken(engine, evolve(wish, worker="b"))
    assert again.fence > held.fence
    end(engine, held)
    (run,) = runs.latest()
    assert (run.number, run.state) == (again.fence, "running"), "the end of an earlier run is not its end"
    locks_of(engine).end(again, RunResult.DONE, {"added": 3}, None)
    (run,) = runs.latest()
    assert (run.state, run.ended_at is not None, run.counts) == ("done", True, {})
    assert locks_of(engine).take(wish) is SkipReason.SLOT_RUN
    assert runs.history() == []


@pytest.mark.rule("P42")
def test_a_job_of_once_a_day_that_is_log_only_is_run_again_that_day_only_by_force(engine: Engine) -> None:
    once = evolve(ask(), once_a_day=True, log_only=True)
    locks_of(engine).end(taken(engine, once), RunResult.LOST, {}, "does not count")
    locks_of(engine).end(taken(engine, once), RunResult.FAILED, {}, "counts all the same")
    assert locks_of(engine).take(once) is SkipReason.RAN_TODAY
    end(engine, taken(engine, evolve(once, forced=True)))
    with writing(engine) as connection:
        connection.execute(update(ocms_shedlock).values(counted_at=datetime(2025, 1, 14)))
    taken(engine, once)


@pytest.mark.rule("P42")
def test_a_slot_that_is_log_only_is_tried_again_after_its_pause_so_often(engine: Engine) -> None:
    wish = evolve(ask(), slot=at("2025-01-14T02:00:00"), log_only=True, tries=2, pause=LONG)
    locks = locks_of(engine)
    locks.end(taken(engine, wish), RunResult.FAILED, {}, "error")
    assert locks.take(wish) is SkipReason.PAUSED
    locks.end(taken(engine, evolve(wish, pause=timedelta(0))), RunResult.FAILED, {}, "error")
    assert locks.take(evolve(wish, pause=timedelta(0))) is SkipReason.SLOT_RUN
    next_day = evolve(wish, slot=at("2025-01-15T02:00:00"))
    locks.end(taken(engine, next_day), RunResult.DONE, {}, None)
    assert locks.take(next_day) is SkipReason.SLOT_RUN


@pytest.mark.rule("P42")
def test_runs_on_record_from_before_count_for_a_job_that_is_log_only_now(engine: Engine) -> None:
    recorded = evolve(ask(), once_a_day=True, slot=at("2025-01-14T02:00:00"))
    before = taken(engine, recorded)
    end(engine, before)
    now_in_log = evolve(recorded, log_only=True)
    assert locks_of(engine).take(now_in_log) is SkipReason.SLOT_RUN
    assert locks_of(engine).take(evolve(now_in_log, slot=None)) is SkipReason.RAN_TODAY
    assert taken(engine, evolve(now_in_log, slot=None, forced=True)).fence > before.fence


def test_the_row_is_what_a_shedlock_node_would_write(engine: Engine) -> None:
    held = taken(engine, ask("worker-1"))
    with reading(engine) as connection:
        now = utc_now(connection)
        row = connection.execute(select(ocms_shedlock)).one()
    assert (row.name, row.locked_by) == (JOB, f"worker-1#{held.fence}")
    assert timedelta(0) <= now - row.locked_at < timedelta(seconds=5), "UTC, by the database's clock"
    assert row.lock_until - row.locked_at == LONG
    assert row.cre_user_id == "ocmsiz_app_conn"


def test_fifty_contenders_never_hold_the_lock_together(engine: Engine, databases: Databases) -> None:
    # On SQLite each try is a write on disk that all others wait for: a few show what the many would.
    tries = 200 if engine.name == "postgresql" else 4
    key = "serial" if engine.name == "postgresql" else "integer"
    with writing(engine) as connection:
        connection.execute(text(f"CREATE TABLE contention (id {key} PRIMARY KEY, fence integer, mark text)"))

    command = [sys.executable, "-m", "tests.support.contenders", databases.intranet, "50", str(tries)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0

    with reading(engine) as connection:
        marks = connection.execute(text("SELECT fence, mark FROM contention ORDER BY id")).all()
    fences = [fence for fence, _ in marks]
    assert fences == sorted(fences), "whoever came later has a higher number, and nobody comes back"
    assert len(set(fences)) == [mark for _, mark in marks].count(ENTER) > 1
    inside = {fence for fence, mark in marks if mark == LEAVE}
    for one, other in pairwise(marks):
        if one.mark == ENTER and one.fence in inside:
            assert (other.fence, other.mark) == (one.fence, LEAVE), "another was in between"
    assert len(inside) < len(set(fences)), "some slept past their time, and wrote no more"
    runs = SqlJobRuns(engine).history(last=100_000)
    slots = [run.slot for run in runs if run.slot and run.result is RunResult.DONE]
    assert len(slots) == len(set(slots)), "no time of the schedule was run twice"
    assert {run.state for run in runs} == {"done", "lost"}


SLEEPER = """
import sys, time
from datetime import timedelta
from sqlalchemy import insert
from ocms_adapters.sql import engines
from ocms_adapters.sql.schema import ocms_vip_vehicle
from ocms_core.jobs.runs import LockRequest, LockLost
from ocms_core.kernel.errors import OcmsError
from tests.support.job_locks import fenced, locks_of
engine = engines.create(sys.argv[1])
held = locks_of(engine).take(LockRequest("refresh_vip_vehicle", "sleeper", timedelta(seconds=1)))
def row(number):
    return insert(ocms_vip_vehicle).values(vehicle_no=f"L{number}", vip_vehicle="Y", status="A")
def say(what):
    print(what, flush=True)
try:
    if sys.argv[2] == "inside":
        with fenced(engine, held) as connection:
            say("stop me")
            sys.stdin.readline()
            connection.execute(row(1))
    else:
        say("stop me")
        sys.stdin.readline()
        with fenced(engine, held) as connection:
            connection.execute(row(1))
except OcmsError as fault:
    say(type(fault).__name__)
else:
    say("wrote")
"""


@pytest.mark.parametrize("where", ["outside", "inside"])
def test_a_holder_stopped_past_its_time_is_taken_over_and_its_writes_are_refused(
    engine: Engine, databases: Databases, where: str
) -> None:
    if where == "inside" and engine.name == "sqlite":
        where = "outside"  # a SQLite file has one writer at a time, and that one cannot be put out
    command = [sys.executable, "-c", SLEEPER, databases.intranet, where]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as sleeper:
        assert sleeper.stdin
        assert sleeper.stdout
        assert sleeper.stdout.readline() == "stop me\n"
        sleeper.send_signal(signal.SIGSTOP)
        asked = time.monotonic()
        successor = locks_of(engine).take(ask("b"))
        while isinstance(successor, SkipReason):
            time.sleep(0.02)
            successor = locks_of(engine).take(ask("b"))
        waited = time.monotonic() - asked
        sleeper.send_signal(signal.SIGCONT)
        sleeper.stdin.write("\n")
        sleeper.stdin.close()
        given = sleeper.stdout.read().strip()
    assert waited < 1 + 1, "taken over within its time and a second"
    assert given in ({"LockLost"} if where == "outside" else {"LockLost", "Unavailable", "Conflict"})
    with reading(engine) as connection:
        assert connection.execute(select(ocms_vip_vehicle)).all() == []
    write(engine, successor)

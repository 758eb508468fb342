"""Locks shared with Java nodes, whose ShedLock writes times in one of three ways."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen
from sqlalchemy import Engine, insert, select

from ocms_adapters.sql import engines
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.lock_times import IN_UTC, LockTimes
from ocms_adapters.sql.locks import SqlJobStore, SqlLockGuard
from ocms_adapters.sql.schema import ocms_alert, ocms_vip_vehicle
from ocms_adapters.sql.transactions import reading, writing
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import LockLease, LockLost, LockRequest, RunOutcome, RunResult, SkipReason
from ocms_core.jobs.service import JobService
from tests.support.builders import NOW
from tests.support.databases import Databases
from tests.support.in_memory_jobs import RecordingObserver
from tests.support.java_nodes import HOST, DatabaseTimeNode, JavaNode

JOB = "refresh_vip_vehicle"
LONG = timedelta(minutes=10)
SINGAPORE = ZoneInfo("Asia/Singapore")


@frozen
class Shared:
    """A lock table with a Java node and the setting OCMS has for it."""

    engine: Engine
    java: JavaNode
    times: LockTimes

    def locks(self) -> JobLocks:
        return JobLocks(SqlJobStore(self.engine, self.times))

    def take(self, at_most: timedelta = LONG) -> LockLease | SkipReason:
        return self.locks().take(LockRequest(JOB, "worker", at_most))

    def taken(self, at_most: timedelta = LONG) -> LockLease:
        lease = self.take(at_most)
        assert isinstance(lease, LockLease), lease
        return lease

    def write(self, lease: LockLease) -> None:
        with writing(self.engine) as connection:
            SqlLockGuard(self.engine, lease, self.times)(connection)
            connection.execute(
                insert(ocms_vip_vehicle).values(vehicle_no=f"S{lease.fence}", vip_vehicle="Y", status="A")
            )

    def run(self) -> RunOutcome | SkipReason:
        """Run the job as a worker does, doing nothing."""
        return JobService(self.locks(), SqlAlerts(self.engine), lambda: NOW).run(
            LockRequest(JOB, "worker", LONG),
            lambda _: {},
            observer=RecordingObserver(),
            extension=lambda _: nullcontext(),
        )


MODES: dict[str, tuple[Callable[[Engine], JavaNode], LockTimes]] = {
    "database time": (lambda engine: DatabaseTimeNode(engine, UTC, JOB), IN_UTC),
    "forced UTC": (lambda engine: JavaNode(engine, UTC, JOB), IN_UTC),
    "the time of a JVM": (lambda engine: JavaNode(engine, SINGAPORE, JOB), LockTimes(SINGAPORE)),
}


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    """Yield the Intranet database."""
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


# For SQLite ShedLock has no statements with the time of the database.
IN_EACH_WAY = pytest.mark.parametrize(
    "on_both, shared",
    [
        *(("postgresql", mode) for mode in MODES),
        *(("sqlite", mode) for mode in MODES if mode != "database time"),
    ],
    indirect=True,
)


@pytest.fixture
def shared(request: pytest.FixtureRequest, engine: Engine) -> Shared:
    """Return a table whose nodes write in the way that OCMS is set for."""
    node, times = MODES[request.param]
    return Shared(engine, node(engine), times)


@pytest.fixture
def misdated(engine: Engine) -> Shared:
    """Return a table in which a JVM in Singapore writes its own time, which OCMS is not set for."""
    return Shared(engine, JavaNode(engine, SINGAPORE, JOB), IN_UTC)


@IN_EACH_WAY
@pytest.mark.rule("P42")
def test_the_lock_of_a_java_node_is_honoured_while_it_holds(shared: Shared) -> None:
    assert shared.java.lock(timedelta(seconds=0.4))
    assert shared.take() is SkipReason.HELD
    assert shared.java.extend(LONG)
    time.sleep(0.5)
    assert shared.run() is SkipReason.HELD, "it was extended, and rightly dated"
    shared.java.unlock()
    held = shared.taken()
    assert not shared.java.extend(LONG), "it is another's now"
    shared.write(held)


@IN_EACH_WAY
@pytest.mark.rule("P42")
def test_our_lock_is_honoured_by_a_java_node(shared: Shared) -> None:
    held = shared.taken()
    assert not shared.java.lock(LONG)
    assert not shared.java.extend(LONG)
    shared.write(held)
    assert [run.state for run in SqlJobRuns(shared.engine, shared.times).history()] == ["running"]
    shared.locks().end(held, RunResult.DONE, {}, None)
    assert shared.java.lock(LONG)
    with pytest.raises(LockLost):
        shared.write(held)


@IN_EACH_WAY
@pytest.mark.rule("P42")
def test_our_lock_that_ran_out_is_taken_over_by_a_java_node(shared: Shared) -> None:
    late = shared.taken(timedelta(seconds=0.2))
    time.sleep(0.3)
    assert shared.java.lock(LONG)
    with pytest.raises(LockLost):
        shared.write(late)
    assert not shared.locks().extend(late)
    shared.locks().end(late, RunResult.DONE, {}, None)
    assert shared.take() is SkipReason.HELD, "its end does not free the node's lock"


@IN_EACH_WAY
@pytest.mark.rule("P42")
def test_a_java_node_that_unlocks_late_frees_no_lock_that_is_written_on(shared: Shared) -> None:
    assert shared.java.lock(timedelta(seconds=0.2))
    time.sleep(0.3)
    held = shared.taken()
    assert not shared.java.extend(LONG)
    if isinstance(shared.java, DatabaseTimeNode):
        assert not shared.java.send("unlock", LONG), "it unlocks its own lock only"
        shared.write(held)
        return
    # It unlocks by name alone, and so frees a lock that is ours: then nobody holds it, and we do not write.
    shared.java.unlock()
    with pytest.raises(LockLost):
        shared.write(held)
    shared.taken()


@pytest.mark.rule("P42")
def test_the_lock_of_another_zone_alerts_operations_once_instead_of_holding_for_hours(
    misdated: Shared,
) -> None:
    assert misdated.java.lock(LONG)
    assert misdated.run() is SkipReason.MISDATED
    misdated.java.unlock()
    assert misdated.run() is SkipReason.MISDATED, "its end is hours away too"
    (alert,) = alerts(misdated.engine)
    assert alert.startswith(f"Lock: {JOB}, taken by {HOST}\nDated: 8.0 hours ahead of the database's clock")
    assert "OCMS_LOCK_TIMES" in alert
    named = Shared(misdated.engine, misdated.java, LockTimes(SINGAPORE))
    assert isinstance(named.run(), RunOutcome), "with the zone named, the lock is seen to be free"


@pytest.mark.rule("P42")
def test_a_java_node_of_another_zone_takes_a_lock_that_is_held_and_the_next_attempt_tells(
    misdated: Shared,
) -> None:
    held = misdated.taken()
    assert misdated.java.lock(LONG), "by its own clock the lock ran out hours ago"
    with pytest.raises(LockLost):
        misdated.write(held)
    assert misdated.run() is SkipReason.MISDATED
    assert len(alerts(misdated.engine)) == 1


def test_a_node_whose_clock_is_minutes_fast_is_not_taken_for_one_of_another_zone(engine: Engine) -> None:
    fast = Shared(engine, JavaNode(engine, UTC, JOB, ahead=timedelta(minutes=5)), IN_UTC)
    assert fast.java.lock(LONG)
    assert fast.run() is SkipReason.HELD
    assert alerts(engine) == []


@pytest.mark.parametrize("zone", [UTC, SINGAPORE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/Phoenix")])
def test_a_moment_comes_back_from_the_time_of_any_zone(zone: ZoneInfo) -> None:
    times, moment = LockTimes(zone), datetime(2025, 1, 14, 11, 30, tzinfo=UTC)
    assert times.moment(times.kept(moment)) == moment
    assert times.kept(moment).tzinfo is None


def alerts(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(ocms_alert.c.body)).scalars())

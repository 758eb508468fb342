"""Rate limits on real databases: exact for any number of processes, over restarts and changed limits."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

import pytest
from attrs import define, field
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.dialects import mssql

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import engines, migrations
from ocms_adapters.sql.migrations.intranet import packed_records
from ocms_adapters.sql.migrations.intranet.packed_records import NEVER_USED
from ocms_adapters.sql.rate_limits import DIGITS, HELD, TAKE, SqlRateLimits, digits
from ocms_adapters.sql.schema import ocms_rate_counter
from ocms_core.kernel.access import OPERATIONS, Limit, Operation
from ocms_core.kernel.credentials import CallAllowed, RateLimitExceeded
from ocms_core.kernel.dates import SINGAPORE, local
from ocms_core.kernel.errors import Unavailable
from tests.support.databases import Databases, migrate, postgres_databases
from tests.support.postgres import PostgresServer, running_server
from tests.support.rows import rows_of
from tests.support.statements import recorded

NOON = datetime(2026, 3, 2, 12, tzinfo=SINGAPORE)
API_1, API_2 = Operation.GET_PAYMENT_STATUS, Operation.UPDATE_COURT_NOTICES
HOURLY = OPERATIONS[API_1].limit
FEW = Limit(calls=3, seconds=10)
ROOT = Path(__file__).parents[3]

CALLER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from ocms_adapters.sql import engines
from ocms_adapters.sql.rate_limits import SqlRateLimits
from ocms_core.kernel.access import OPERATIONS, Operation
from ocms_core.kernel.credentials import CallAllowed

limits = SqlRateLimits(engines.create(sys.argv[1]))
operation = Operation.GET_PAYMENT_STATUS
now = datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
limit = OPERATIONS[operation].limit
with ThreadPoolExecutor(10) as threads:
    taken = list(threads.map(lambda _: limits.take(operation, limit, "key", now), range(50)))
print(sum(isinstance(one, CallAllowed) for one in taken))
"""

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    engine = engines.create(databases.intranet)
    yield engine
    engine.dispose()


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def admitted(limits: SqlRateLimits, times: int, limit: Limit = HOURLY, now: datetime = NOON) -> int:
    taken = [limits.take(API_1, limit, "key", now) for _ in range(times)]
    return sum(isinstance(one, CallAllowed) for one in taken)


@pytest.mark.rule("P3")
def test_the_eleventh_call_in_an_hour_is_refused_until_the_first_lies_an_hour_back(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    for minute in range(10):
        assert limits.take(API_1, HOURLY, "key", after(60 * minute)) == CallAllowed()
    assert limits.take(API_1, HOURLY, "key", after(600)) == RateLimitExceeded(3000)
    assert limits.take(API_1, HOURLY, "key", after(3599.000001)) == RateLimitExceeded(1)
    assert limits.take(API_1, HOURLY, "key", after(3600)) == CallAllowed()
    assert limits.take(API_1, HOURLY, "key", after(3600)) == RateLimitExceeded(60)


@pytest.mark.rule("P3")
def test_a_clock_that_was_a_day_ahead_blocks_a_caller_for_one_period_only(engine: Engine) -> None:
    limits, real = SqlRateLimits(engine), SystemClock().now()
    ahead = real + timedelta(days=1)
    assert admitted(limits, 10, now=ahead) == 10
    assert limits.take(API_1, HOURLY, "key", real) == RateLimitExceeded(3600)
    assert isinstance(limits.take(API_1, HOURLY, "key", real + timedelta(minutes=50)), RateLimitExceeded)
    assert admitted(limits, 11, now=real + timedelta(minutes=61)) == 10


@pytest.mark.rule("P3")
def test_uses_that_are_not_later_than_the_databases_clock_stay_as_they_are(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    assert admitted(limits, 10, now=NOON) == 10
    behind = limits.take(API_1, HOURLY, "key", NOON - timedelta(hours=2))
    assert behind == RateLimitExceeded(3600)
    assert limits.take(API_1, HOURLY, "key", after(3599)) == RateLimitExceeded(1)


@pytest.mark.rule("P3")
def test_operations_and_credentials_are_counted_apart(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    assert admitted(limits, 11) == 10
    assert limits.take(API_2, HOURLY, "key", NOON) == CallAllowed()
    assert limits.take(API_1, HOURLY, "another", NOON) == CallAllowed()


@pytest.mark.rule("P3")
def test_of_two_hundred_calls_at_once_from_four_processes_exactly_ten_pass(databases: Databases) -> None:
    command = [sys.executable, "-c", CALLER, databases.intranet, NOON.isoformat()]
    callers = [
        subprocess.Popen(command, text=True, cwd=ROOT / "src", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [caller.stdout and caller.stdout.readline() for caller in callers] == ["ready\n"] * 4
    for caller in callers:
        assert caller.stdin
        caller.stdin.write("go\n")
        caller.stdin.flush()
    passed = [int(caller.communicate()[0]) for caller in callers]
    assert sum(passed) == 10


@pytest.mark.rule("P3")
def test_counts_survive_a_restart_of_the_process(databases: Databases) -> None:
    for expected in (10, 0):
        engine = engines.create(databases.intranet)
        assert admitted(SqlRateLimits(engine), 11) == expected
        engine.dispose()


@pytest.mark.rule("P3")
def test_counts_survive_a_crash_of_the_database() -> None:
    with running_server(durable=True) as server:
        server.create("counted")
        migrate("intranet", server.url("counted"))
        engine = engines.create(server.url("counted"))
        limits = SqlRateLimits(engine)
        assert admitted(limits, 10) == 10
        server.restart(mode="immediate")
        assert limits.take(API_1, HOURLY, "key", after(1)) == RateLimitExceeded(3599)
        server.stop()
        with pytest.raises(Unavailable):
            limits.take(API_1, HOURLY, "key", after(1))
        engine.dispose()


def test_a_call_that_passes_costs_one_statement_and_a_refused_one_two(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    admitted(limits, 1, FEW)
    with recorded(engine) as seen:
        admitted(limits, 2, FEW)
        assert len(seen) == 2
        assert admitted(limits, 1, FEW) == 0
        assert len(seen) == 4


@define
class Model:
    """What a limit means: who was let in within the period is counted, and nothing else."""

    passed: list[datetime] = field(factory=list)

    def take(self, limit: Limit, now: datetime) -> CallAllowed | RateLimitExceeded:
        period = timedelta(seconds=limit.seconds)
        counted = [moment for moment in self.passed if moment > now - period]
        if len(counted) < limit.calls:
            self.passed.append(now)
            return CallAllowed()
        return RateLimitExceeded(ceil((counted[-limit.calls] + period - now).total_seconds()))


GAPS = st.sampled_from([0.0, 0.000001, 0.5, 3.0, 4.999999, 5.0, 5.000001, 9.999999, 10.0, 10.000001, 25.0])
CALLS = st.integers(1, 5)


@pytest.mark.rule("P3")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(GAPS, CALLS), min_size=1, max_size=25))
@example(steps=[(0.0, 5)] * 5 + [(1.0, 2), (9.0, 2), (0.0, 5)])
def test_no_stretch_of_the_period_holds_more_calls_than_the_limit_of_the_moment(
    engine: Engine, steps: list[tuple[float, int]]
) -> None:
    limits, model, now = SqlRateLimits(engine), Model(), NOON
    with engine.connect() as connection:
        earlier = connection.execute(select(func.count(ocms_rate_counter.c.credential.distinct()))).scalar()
    for gap, calls in steps:
        now += timedelta(seconds=gap)
        limit = Limit(calls, seconds=10)
        assert limits.take(API_1, limit, f"example {earlier}", now) == model.take(limit, now)


@pytest.mark.rule("P3")
def test_a_lowered_limit_counts_the_calls_let_in_before(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    assert admitted(limits, 10) == 10
    assert limits.take(API_1, FEW, "key", after(9)) == RateLimitExceeded(1)
    assert admitted(limits, 4, FEW, after(10)) == 3
    assert [len(row["uses"]) for row in rows_of(engine, ocms_rate_counter)] == [7 * DIGITS]
    assert admitted(limits, 4, FEW, after(30)) == 3
    assert admitted(limits, 9, FEW, after(50)) == 3
    assert [len(row["uses"]) for row in rows_of(engine, ocms_rate_counter)] == [3 * DIGITS]


def test_a_row_has_the_calls_that_count_however_many_there_are(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    for second in range(100):
        assert limits.take(API_1, FEW, "key", after(7 * second)) == CallAllowed()
    (row,) = rows_of(engine, ocms_rate_counter)
    assert (row["slot"], row["used_at"], len(row["uses"])) == (0, local(after(7 * 99)), 2 * DIGITS)


@pytest.mark.rule("P3")
def test_a_clock_that_is_behind_dates_no_call_before_one_already_counted(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    assert admitted(limits, 1, FEW, after(5)) == 1
    assert admitted(limits, 2, FEW, NOON) == 2
    assert admitted(limits, 1, FEW, after(14.999999)) == 0
    assert admitted(limits, 4, FEW, after(15)) == 3


@pytest.mark.rule("P3")
def test_what_version_0_1_counted_in_slots_counts_after_the_upgrade(engine: Engine) -> None:
    # Slots of two callers, one of whom used two of three; a row without moments is one of version 0.1.
    with engine.begin() as connection:
        connection.execute(
            insert(ocms_rate_counter),
            [
                {"operation": API_1.value, "credential": key, "slot": slot, "used_at": used}
                for key, uses in (
                    ("key", [local(after(3)), NEVER_USED, local(NOON)]),
                    ("another", [local(after(1))] * 3),
                )
                for slot, used in enumerate(uses)
            ],
        )
        before_revision(connection, packed_records.down_revision)
    migrations.upgrade(engine, "intranet")
    limits = SqlRateLimits(engine)
    assert len(rows_of(engine, ocms_rate_counter)) == 2
    assert limits.take(API_1, FEW, "another", after(4)) == RateLimitExceeded(7)
    assert admitted(limits, 2, FEW, after(4)) == 1
    assert limits.take(API_1, FEW, "key", after(9.5)) == RateLimitExceeded(1)
    assert admitted(limits, 2, FEW, after(10)) == 1


def before_revision(connection: Connection, revision: str) -> None:
    """Let a database be taken for one of an earlier revision."""
    connection.exec_driver_sql(f"UPDATE ocms_schema_version SET version_num = '{revision}'")


@pytest.mark.rule("P3")
def test_a_node_of_version_0_1_may_go_on_beside_this_one(engine: Engine) -> None:
    limits = SqlRateLimits(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(ocms_rate_counter),
            [
                {"operation": API_1.value, "credential": "key", "slot": slot, "used_at": NEVER_USED}
                for slot in range(3)
            ],
        )
    assert admitted(limits, 4, FEW) == 3
    assert len(rows_of(engine, ocms_rate_counter)) == 3


@pytest.mark.rule("P3")
@pytest.mark.parametrize("ending, expected", [("rollback", CallAllowed()), ("commit", RateLimitExceeded(10))])
def test_who_calls_while_another_call_is_counted_waits_for_how_that_ends(
    postgres: PostgresServer, ending: str, expected: CallAllowed | RateLimitExceeded
) -> None:
    once = Limit(calls=1, seconds=10)
    with postgres_databases(postgres) as pair, ThreadPoolExecutor(1) as thread:
        engine = engines.create(pair.intranet)
        limits = SqlRateLimits(engine)
        assert admitted(limits, 1, once) == 1
        values = {
            "for_operation": API_1.value,
            "for_credential": "key",
            "window": DIGITS,
            "use": digits(after(20)),
            "free_if_before": digits(after(10)),
            "now": local(after(20)),
        }
        with engine.connect() as taker:
            taken = taker.execute(TAKE, values)
            assert taken.rowcount == 1
            asked = thread.submit(limits.take, API_1, once, "key", after(20))
            while not waiting(engine):
                assert not asked.done()
            taker.exec_driver_sql(ending)
        assert asked.result() == expected
        engine.dispose()


def waiting(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.exec_driver_sql(WAITING).scalar())


def test_sql_server_locks_what_it_decides_on() -> None:
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]
    take, held = (str(statement.compile(dialect=dialect)) for statement in (TAKE, HELD))
    assert "LEN(coalesce(ocms_rate_counter.uses" in take
    assert "ocms_rate_counter WITH (UPDLOCK" in held

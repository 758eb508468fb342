"""
Every use case with every call of a port failing once: nothing is half written, and a repeat finishes it.

The stores are the real ones, so that a transaction which fails is undone by a database: SQLite for all, and
PostgreSQL too for those whose adapters begin and end the transactions themselves.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from ocms_adapters.sql import schema
from ocms_adapters.sql.dialects import sqlite
from ocms_adapters.sql.replication import SqlReplication
from ocms_app.jobs import delivering_to_internet, sealing_audit_rows
from ocms_core.hst import address_check, batch_jobs
from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import JobCounts, LockLease, LockRequest, RunOutcome, RunResult, SkipReason
from ocms_core.jobs.service import JobService
from ocms_core.kernel.errors import OcmsError, Unavailable
from ocms_core.kernel.idempotency import AlreadyAnswered
from ocms_core.stages import toppan
from ocms_core.suspensions import service as suspensions
from tests.spec.failing_ports.credential_cases import CREDENTIAL_CASES
from tests.spec.failing_ports.failing import IN_DOUBT, Failure, failing, may_raise
from tests.spec.failing_ports.job_cases import JOB_CASES
from tests.spec.failing_ports.prepared import LATER
from tests.spec.failing_ports.reversal_cases import PAGE_CASES, REVERSAL_CASES
from tests.spec.failing_ports.use_cases import USE_CASES
from tests.spec.failing_ports.world import ERRORS, PostgresWorld, UseCase, World, compared, items, whole
from tests.support import engines
from tests.support.builders import NOW
from tests.support.databases import postgres_databases, sqlite_databases
from tests.support.in_memory_jobs import InMemoryAlerts, InMemoryJobStore, RecordingObserver
from tests.support.postgres import PostgresServer

CASES = (*USE_CASES, *REVERSAL_CASES, *PAGE_CASES, *CREDENTIAL_CASES, *JOB_CASES)
POSTGRES_CASES = (*CREDENTIAL_CASES, *JOB_CASES)
TABLES = {table.name: compared(table) for table in schema.INTRANET.sorted_tables}


@pytest.fixture(scope="module")
def world(sqlite_templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Any]]:
    """Yield a world on SQLite, and a copy of its empty database."""
    folder = tmp_path_factory.mktemp("failing")
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sqlite.SETTINGS, "synchronous", "OFF")  # no power cut is looked at here
        engine = engines.create(sqlite_databases(sqlite_templates, folder).intranet)
        engine.connect().close()
    with closing(sqlite3.connect(folder / "intranet.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        here = World(engine, connection, TABLES)
        yield here, here.snapshot()
    engine.dispose()


@pytest.fixture(scope="module")
def postgres_world(postgres: PostgresServer) -> Iterator[tuple[World, Any]]:
    """Yield a world on PostgreSQL, and a copy of its empty database."""
    with postgres_databases(postgres) as databases:
        engine = engines.create(databases.intranet)
        address = make_url(databases.intranet).set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute("SET lock_timeout = '20s'")
            here = PostgresWorld(engine, connection, TABLES)
            yield here, here.snapshot()
        engine.dispose()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do in chunks of one what is done in chunks of thousands."""
    for module, name in (
        (toppan, "CHUNK"),
        (batch_jobs, "CHUNK"),
        (address_check, "BATCH"),
        (suspensions, "PAGE"),
        (sealing_audit_rows, "MOST"),
        (delivering_to_internet, "BATCH"),
    ):
        monkeypatch.setattr(module, name, 1)


@pytest.mark.rule("G13", "P25", "K1", "K4")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_call_of_a_port_may_fail(case: UseCase, world: tuple[World, Any]) -> None:
    check_every_failure(case, *world)


@pytest.mark.rule("G13", "P41", "K2")
@pytest.mark.parametrize("case", POSTGRES_CASES, ids=lambda case: case.name)
def test_every_call_of_a_port_may_fail_on_postgresql(
    case: UseCase, postgres_world: tuple[World, Any]
) -> None:
    check_every_failure(case, *postgres_world)


def check_every_failure(case: UseCase, here: World, empty: Any) -> None:
    """Run a use case with each call failing with each error it may raise, and repeat it."""
    here.restore(empty, {})
    case.prepare(here)
    prepared, files = here.snapshot(), dict(here.exchange.files)
    states: list[dict[str, Any]] = []
    undisturbed = Failure(before_call=lambda: states.append(here.state()))
    case.run(here, lambda port: failing(port, undisturbed))
    states.append(final := here.state())
    assert (final != states[0]) == case.writes, "the use case does what it is for"
    assert undisturbed.calls
    parts = [items(state) for state in states]
    for error, (at, name) in product(case.errors, enumerate(undisturbed.calls, start=1)):
        if may_raise(error, name):
            here.restore(prepared, files)
            failure = Failure(error("a port") if error is Unavailable else error(), at)
            raised = outcome_of(case, here, failure)
            where = f"{error.__name__} at call {at}: {failure.calls}"
            assert raised is None or raised is failure.error, where
            state = here.state()
            assert state in states or (case.by_item and whole(items(state), parts)), where
            repeated(case, here)
            is_lost = case.gives_secret and name == IN_DOUBT
            assert is_lost or here.state() == final, where


def outcome_of(case: UseCase, here: World, failure: Failure) -> Exception | None:
    try:
        case.run(here, lambda port: failing(port, failure))
    except OcmsError as error:
        return error
    return None


def repeated(case: UseCase, here: World) -> None:
    """Make the call again, then let the relay deliver what is left."""
    try:
        if case.repeat:
            case.repeat(here)
        else:
            case.run(here, lambda port: port)
    except AlreadyAnswered:
        pass
    if case.name in {"furnish", "redirect", "update of particulars"}:
        SqlReplication(here.engine, here.copies).run_once(LATER)


def job_requests() -> Iterator[tuple[type[OcmsError], int]]:
    """Yield each call of the store of locks and runs, with each error it may raise."""
    failure = Failure()
    run_job(InMemoryJobStore(), failure, [])
    for error, (at, name) in product(ERRORS, enumerate(failure.calls, start=1)):
        if may_raise(error, name):
            yield error, at


def run_job(store: InMemoryJobStore, failure: Failure, work_done: list[int]) -> RunOutcome | SkipReason:
    def work(lease: LockLease) -> JobCounts:
        work_done.append(lease.fence)
        return {}

    service = JobService(JobLocks(failing(store, failure)), InMemoryAlerts(), store.clock.now)
    request = LockRequest("a_job", "a worker", timedelta(minutes=10), slot=NOW)
    return service.run(request, work, observer=RecordingObserver(), extension=lambda _: nullcontext())


@pytest.mark.rule("P42")
def test_a_job_runs_although_any_call_of_its_store_failed_before() -> None:
    for error, at in job_requests():
        store, work_done = InMemoryJobStore(), list[int]()
        with suppress(error):
            run_job(store, Failure(error("a port") if error is Unavailable else error(), at), work_done)
        store.clock.move(timedelta(minutes=11))
        again = run_job(store, Failure(), work_done)
        assert isinstance(again, RunOutcome) or again is SkipReason.SLOT_RUN, (error, at)
        assert work_done, "the work was done"
        assert store.held_lock("a_job") is None, "no lock is held for ever"
        (*_, last) = store.runs.values()
        assert last.result is RunResult.DONE

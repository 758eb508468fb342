"""Workers share a schedule: each time of it is run once, and what a dead worker left is made up for."""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve, field, frozen
from prometheus_client import REGISTRY

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.journal import SqlJournal
from ocms_adapters.sql.locks import SqlLocks
from ocms_app.databases import Databases as Opened
from ocms_app.databases import open_databases
from ocms_app.jobs.context import JobContext
from ocms_app.running import Ended, JobRunner
from ocms_app.schedule import JOBS, Job, job_named
from ocms_app.settings import Settings
from ocms_app.worker import Worker, last_slot, next_slot, trigger
from ocms_core.jobs.runs import Ask, LockLost, Result
from tests.support.builders import at
from tests.support.databases import Databases

EVERY_MINUTE = "* * * * *"


@pytest.fixture
def opened(databases: Databases) -> Iterator[tuple[Settings, Opened]]:
    """Give the databases, opened."""
    settings = Settings(intranet_url=databases.intranet, internet_url=databases.internet)
    opened = open_databases(settings)
    yield settings, opened
    opened.dispose()


@frozen
class Counted:
    """Work that counts how often it is done."""

    done: list[int] = field(factory=list)

    def run(self, context: JobContext) -> Mapping[str, int]:
        self.done.append(context.held.fence)
        return {"done": len(self.done)}


def job(run: Counted, *, at_most: timedelta = timedelta(minutes=5)) -> Job:
    return Job("counting", EVERY_MINUTE, at_most, timedelta(0), "Count.", run.run)


def worked(
    settings: Settings, opened: Opened, jobs: list[Job], clocks: list[timedelta], seconds: float
) -> None:
    workers = [
        Worker(JobRunner(settings, opened, now=lambda skew=skew: SystemClock().now() + skew), jobs)  # type: ignore[misc]  # a clock of each worker's own
        for skew in clocks
    ]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    for worker in workers:
        worker.runner.stopping.set()
    for thread in threads:
        thread.join()
    assert all(worker.finish(5) for worker in workers)


def test_each_time_of_the_schedule_is_run_once_by_any_number_of_workers(
    opened: tuple[Settings, Opened],
) -> None:
    counted = Counted()
    clocks = [timedelta(seconds=skew) for skew in (-20, 0, 0, 20)]
    worked(*opened, [job(counted)], clocks, 1.0)
    runs = SqlJournal(opened[1].intranet).history()
    slots = [run.slot for run in runs]
    assert len(slots) == len(set(slots)) == len(counted.done)
    assert 1 <= len(slots) <= 3


def test_what_a_dead_worker_left_is_made_up_for(opened: tuple[Settings, Opened]) -> None:
    counted = Counted()
    last = last_slot(EVERY_MINUTE, SystemClock().now() - timedelta(hours=1), SystemClock().now())
    SqlLocks(opened[1].intranet).take(Ask("counting", "dead", timedelta(seconds=1), slot=last))
    worked(*opened, [job(counted)], [timedelta(0)], 3.5)
    assert counted.done
    assert {run.state for run in SqlJournal(opened[1].intranet).history()} == {"never ended", "done"}


def test_a_lock_is_extended_while_the_work_lasts(opened: tuple[Settings, Opened]) -> None:
    def slow(context: JobContext) -> Mapping[str, int]:
        time.sleep(1.2)
        with context.writing():
            return {"written": 1}

    ended = JobRunner(*opened).run(Job("slow", "", timedelta(seconds=0.6), timedelta(0), "Be slow.", slow))
    assert isinstance(ended, Ended)
    assert (ended.result, ended.error) == (Result.DONE, None)


def test_an_error_is_the_end_of_the_run_and_tells_no_secret(opened: tuple[Settings, Opened]) -> None:
    def fails(_context: JobContext) -> Mapping[str, int]:
        raise KeyError("S1234567A")

    def loses(_context: JobContext) -> Mapping[str, int]:
        raise LockLost("failing")

    runner = JobRunner(*opened)
    failing = Job("failing", "", timedelta(minutes=1), timedelta(0), "Fail.", fails)
    runner.run(failing)
    runner.run(evolve(failing, run=loses))
    lost, failed = SqlJournal(opened[1].intranet).history("failing")
    assert (failed.state, failed.error) == ("failed", "KeyError")
    assert str(lost.error).startswith("failing lost its lock")
    labels = {"job": "failing", "result": "failed"}
    assert REGISTRY.get_sample_value("ocms_job_runs_total", labels) == 2


@pytest.mark.rule("G5")
def test_a_schedule_is_singapore_time() -> None:
    assert next_slot("0 2 * * *", at("2025-01-14T02:00:00")) == at("2025-01-15T02:00:00")
    assert next_slot("0 2 * * *", at("2025-01-14T01:59:59")) == at("2025-01-14T02:00:00")


@pytest.mark.parametrize(
    "after, until, last",
    [
        ("2025-01-14T02:00:00", "2025-01-14T02:00:59", None),
        ("2025-01-14T01:59:00", "2025-01-14T02:00:00", "2025-01-14T02:00:00"),
        ("2025-01-12T01:00:00", "2025-01-14T03:00:00", "2025-01-14T02:00:00"),
    ],
)
def test_of_several_times_missed_the_last_is_made_up_for(after: str, until: str, last: str | None) -> None:
    found: datetime | None = last_slot("0 2 * * *", at(after), at(until))
    assert found == (at(last) if last else None)


@pytest.mark.rule("H32")
def test_no_month_goes_by_without_an_address_check(opened: tuple[Settings, Opened]) -> None:
    counted = Counted()
    monthly = evolve(job_named("query_hst_addresses"), run=counted.run)
    clocks = [at(day) - SystemClock().now() for day in ("2025-02-27T10:00:00", "2025-02-27T11:00:00")]
    worked(*opened, [monthly], clocks, 1.0)
    assert [run.slot for run in SqlJournal(opened[1].intranet).history()] == [at("2025-02-01T00:00:00")]
    assert len(counted.done) == 1


def test_every_job_has_a_schedule_a_name_of_its_own_and_a_line_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/run-the-jobs.md").read_text()
    for each in JOBS:
        assert trigger(each.schedule)
        assert each.at_least < each.at_most
        assert job_named(each.name) is each
        assert f"`{each.name}`" in page
    with pytest.raises(ValueError, match="There is no job nothing"):
        job_named("nothing")

"""Workers share a schedule: each time of it is run once, and what a dead worker left is made up for."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
import structlog
from attrs import evolve, field, frozen
from prometheus_client import REGISTRY
from sqlalchemy import update
from structlog.testing import LogCapture

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.schema import ocms_shedlock
from ocms_adapters.sql.transactions import writing
from ocms_app import job_runner
from ocms_app.databases import Databases as Opened
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, Job, job_named, schedules_in_effect
from ocms_app.jobs.context import JobContext
from ocms_app.scheduler import CronSchedule, Worker, check_schedules, schedule_of
from ocms_app.settings import Settings, WrongSettings
from ocms_core.jobs.runs import LockLost, LockRequest, RunOutcome, RunResult
from ocms_core.jobs.scheduling import last_slot
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.errors import Unavailable
from tests.support.builders import at
from tests.support.databases import Databases
from tests.support.job_locks import locks_of
from tests.support.postgres import free_port

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
        self.done.append(context.lease.fence)
        return {"done": len(self.done)}


def job(run: Counted, *, at_most: timedelta = timedelta(minutes=5)) -> Job:
    hour = timedelta(hours=1)
    return Job("counting", EVERY_MINUTE, at_most, timedelta(0), "Count.", run.run, catch_up=hour)


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
    runs = SqlJobRuns(opened[1].intranet).history()
    slots = [run.slot for run in runs]
    assert len(slots) == len(set(slots)) == len(counted.done)
    assert 1 <= len(slots) <= 3


def test_what_a_dead_worker_left_is_taken_over_within_a_second_of_its_time(
    opened: tuple[Settings, Opened],
) -> None:
    at_most, startup = 1.0, list[float]()

    def work(_context: JobContext) -> Mapping[str, int]:
        startup.append(time.monotonic())
        return {}

    now = SystemClock().now()
    last = last_slot(CronSchedule.parse(EVERY_MINUTE), now - timedelta(hours=1), now)
    locks_of(opened[1].intranet).take(LockRequest("counting", "dead", timedelta(seconds=at_most), slot=last))
    died = time.monotonic()
    made_up = evolve(job(Counted()), run=work)
    worked(*opened, [made_up], [timedelta(seconds=skew) for skew in (-20, 0, 20)], at_most + 2)
    assert at_most - 0.1 < startup[0] - died < at_most + 1
    states = [run.state for run in SqlJobRuns(opened[1].intranet).history() if run.slot == last]
    assert states == ["done", "never ended"]


def test_a_run_that_failed_is_tried_again_for_its_time_and_told_once(opened: tuple[Settings, Opened]) -> None:
    startup = list[float]()

    def fails_twice(_context: JobContext) -> Mapping[str, int]:
        startup.append(time.monotonic())
        if len(startup) < 3:
            raise Unavailable("MHA")
        return {}

    hour, pause = timedelta(hours=1), 0.6
    failing = Job(
        "trying", "0 * * * *", hour, timedelta(0), "Fail.", fails_twice,
        catch_up=hour, tries=3, pause=timedelta(seconds=pause),
    )  # fmt: skip
    worked(*opened, [failing], [timedelta(0)] * 2, 4)
    assert [run.state for run in SqlJobRuns(opened[1].intranet).history()] == ["done", "failed", "failed"]
    assert all(later - earlier >= pause for earlier, later in pairwise(startup))
    (alert,) = SqlAlerts(opened[1].intranet).pending(SystemClock().now())
    assert alert.alert.subject == "OCMS job trying failed"
    assert "Error: MHA is unavailable" in alert.alert.text


def test_a_time_missed_is_made_up_for_as_long_as_the_job_says(opened: tuple[Settings, Opened]) -> None:
    counted = Counted()
    now = SystemClock().now()
    missed = singapore(now - timedelta(hours=3)).replace(second=0, microsecond=0)
    schedule = f"{missed.minute} {missed.hour} * * *"
    for catch_up, done in ((timedelta(hours=2), 0), (timedelta(hours=4), 1)):
        late = evolve(job(counted), schedule=schedule, catch_up=catch_up)
        worked(*opened, [late], [timedelta(0)], 0.5)
        assert len(counted.done) == done


def test_a_job_that_makes_up_for_nothing_still_runs_when_its_time_comes(
    opened: tuple[Settings, Opened],
) -> None:
    counted = Counted()
    now = SystemClock().now()
    ahead = timedelta(seconds=59.5) - timedelta(seconds=now.second, microseconds=now.microsecond)
    worked(*opened, [evolve(job(counted), catch_up=timedelta(0))], [ahead], 2)
    assert len(counted.done) == 1


def test_a_job_is_made_up_for_until_shortly_before_its_next_time() -> None:
    for each in JOBS:
        first = CronSchedule.parse(each.schedule).next_after(at("2025-01-14T00:00:00"))
        assert first
        second = CronSchedule.parse(each.schedule).next_after(first)
        assert second
        assert each.catch_up >= min(timedelta(hours=22), second - first)
        assert each.tries == 1 or each.tries * each.pause < each.catch_up
    assert job_named("query_hst_addresses").catch_up >= timedelta(days=1)
    assert job_named("refresh_vip_vehicle").tries == 1, "once a day, however it ends (P42)"


def test_a_lock_is_extended_while_the_work_lasts(opened: tuple[Settings, Opened]) -> None:
    def slow(context: JobContext) -> Mapping[str, int]:
        time.sleep(1.2)
        context.check_lock()
        return {"written": 1}

    ended = JobRunner(*opened).run(Job("slow", "", timedelta(seconds=0.6), timedelta(0), "Be slow.", slow))
    assert isinstance(ended, RunOutcome)
    assert (ended.result, ended.error) == (RunResult.DONE, None)


def test_an_error_is_the_end_of_the_run_and_tells_no_secret(opened: tuple[Settings, Opened]) -> None:
    def fails(_context: JobContext) -> Mapping[str, int]:
        raise KeyError("S1234567A")

    def loses(_context: JobContext) -> Mapping[str, int]:
        raise LockLost("failing")

    runner = JobRunner(*opened)
    failing = Job("failing", "", timedelta(minutes=1), timedelta(0), "Fail.", fails)
    runner.run(failing)
    runner.run(evolve(failing, run=loses))
    lost, failed = SqlJobRuns(opened[1].intranet).history("failing")
    assert (failed.state, failed.error) == ("failed", "KeyError")
    assert str(lost.error).startswith("failing lost its lock")
    assert lost.result is RunResult.LOST
    for result in ("failed", "lost"):
        labels = {"job": "failing", "result": result}
        assert REGISTRY.get_sample_value("ocms_job_runs_total", labels) == 1


def test_a_job_that_has_lost_its_lock_ends_at_its_next_chunk(opened: tuple[Settings, Opened]) -> None:
    def long(context: JobContext) -> Mapping[str, int]:
        with writing(opened[1].intranet) as connection:
            connection.execute(update(ocms_shedlock).values(locked_by="java-node"))
        deadline = time.monotonic() + 10
        while not context.ending:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert not context.stopping.is_set(), "the worker goes on with other jobs"
        context.check_lock()
        return {}

    ended = JobRunner(*opened).run(Job("long", "", timedelta(seconds=0.6), timedelta(0), "Be long.", long))
    assert isinstance(ended, RunOutcome)
    assert ended.result is RunResult.LOST


def test_a_worker_tells_prometheus_of_each_job(databases: Databases, tmp_path: Path) -> None:
    port, config = free_port(), tmp_path / "ocms.toml"
    # A time of each minute is due whatever the hour: the daily one of the table is too old before 02:00.
    config.write_text('[ocms.schedules]\nrefresh_vip_vehicle = "* * * * *"\n')
    env = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")} | {
        "OCMS_CONFIG": str(config),
        "OCMS_INTRANET_URL": databases.intranet,
        "OCMS_INTERNET_URL": databases.internet,
        "OCMS_WORKER_METRICS_PORT": str(port),
    }
    requested = (
        'ocms_job_runs_total{job="send_alerts",result="done"} 1.0',
        'ocms_job_runs_total{job="refresh_vip_vehicle",result="failed"} 1.0',
        'ocms_job_seconds_count{job="send_alerts"} 1.0',
        'ocms_job_seconds_bucket{job="refresh_vip_vehicle",le="10.0"} 1.0',
        'ocms_job_last_done_seconds{job="send_alerts"} ',
    )
    command = [str(Path(sys.executable).with_name("ocms")), "work"]
    with subprocess.Popen(command, env=env, cwd=tmp_path, stderr=subprocess.DEVNULL) as worker:
        try:
            given, deadline = "", time.monotonic() + 60
            while not all(line in given for line in requested):
                assert time.monotonic() < deadline, given
                time.sleep(0.1)
                with suppress(httpx.TransportError):
                    given = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        finally:
            worker.terminate()
    assert 'ocms_job_last_done_seconds{job="refresh_vip_vehicle"}' not in given, "it never ended well"
    assert worker.returncode == 0


@pytest.mark.rule("G5")
def test_a_schedule_is_singapore_time() -> None:
    schedule = CronSchedule.parse("0 2 * * *")
    assert schedule.next_after(at("2025-01-14T02:00:00")) == at("2025-01-15T02:00:00")
    assert schedule.next_after(at("2025-01-14T01:59:59")) == at("2025-01-14T02:00:00")


@pytest.mark.parametrize(
    "line, due",
    [
        # 14 January 2025 is a Tuesday.
        ("0 3 * * 0", "2025-01-19T03:00:00"),
        ("0 3 * * 7", "2025-01-19T03:00:00"),
        ("0 3 * * sun", "2025-01-19T03:00:00"),
        ("0 3 * * 1", "2025-01-20T03:00:00"),
        ("0 3 * * Mon", "2025-01-20T03:00:00"),
        ("0 3 * * 6", "2025-01-18T03:00:00"),
        ("0 3 * * 5-7", "2025-01-17T03:00:00"),
        ("0 3 * * sat-sun", "2025-01-18T03:00:00"),
        ("0 3 * * 1,3", "2025-01-15T03:00:00"),
        ("0 3 13 * fri", "2025-01-17T03:00:00"),
        ("0 3 15 * fri", "2025-01-15T03:00:00"),
        ("0 3 13 * *", "2025-02-13T03:00:00"),
        ("0 3 * feb fri", "2025-02-07T03:00:00"),
        ("*/20 * * * *", "2025-01-14T00:20:00"),
        ("0 3 31 * *", "2025-01-31T03:00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00"),
    ],
)
def test_a_schedule_means_what_a_crontab_line_means(line: str, due: str) -> None:
    assert CronSchedule.parse(line).next_after(at("2025-01-14T00:00:00")) == at(due)


def test_a_schedule_of_day_and_weekday_means_either() -> None:
    schedule, days = CronSchedule.parse("0 3 13 * fri"), []
    slot = schedule.next_after(at("2025-01-01T00:00:00"))
    while slot and slot < at("2025-02-15T00:00:00"):
        days.append((slot.month, slot.day))
        slot = schedule.next_after(slot)
    assert days == [(1, 3), (1, 10), (1, 13), (1, 17), (1, 24), (1, 31), (2, 7), (2, 13), (2, 14)]


@pytest.mark.parametrize(
    "line", ["0 3 * * 8", "0 3 * *", "0 0 3 * * 1", "@daily", "", "0 3 31 2 *", "a b c d e"]
)
def test_what_is_no_crontab_line_is_refused_with_the_job_it_is_for(line: str) -> None:
    with pytest.raises(WrongSettings, match=r"\[ocms.schedules\] send_alerts: .* is no crontab line: "):
        check_schedules({"send_alerts": line})


def test_a_job_can_be_switched_off() -> None:
    check_schedules({"send_alerts": "off"})
    schedules = schedules_in_effect(Settings(schedules={"send_alerts": "off"}))
    assert schedule_of(job_named("send_alerts"), schedules).next_after(at("2025-01-14T01:59:59")) is None


@pytest.mark.parametrize(
    "counts, frequent, levels",
    [
        ({"sent": 0, "failed": 0}, True, ["debug", "debug"]),
        ({"sent": 1, "failed": 0}, True, ["debug", "info"]),
        ({"sent": 0}, False, ["info", "info"]),
    ],
)
def test_a_job_that_runs_every_minute_and_has_nothing_to_do_is_a_line_for_debugging(
    opened: tuple[Settings, Opened],
    monkeypatch: pytest.MonkeyPatch,
    counts: dict[str, int],
    *,
    frequent: bool,
    levels: list[str],
) -> None:
    job = Job("often", "", timedelta(seconds=60), timedelta(0), "Look.", lambda _: counts, frequent=frequent)
    lines = LogCapture()
    # Its own logger: the one of the module may have been set up by another test, once and for all.
    every_level = structlog.make_filtering_bound_logger(0)
    captured = structlog.wrap_logger(None, processors=[lines], wrapper_class=every_level)
    monkeypatch.setattr(job_runner, "log", captured)
    JobRunner(*opened).run(job)
    logged = [(line["event"], line["log_level"]) for line in lines.entries]
    assert logged == list(zip(("job_started", "job_ended"), levels, strict=True))


def test_a_schedule_of_no_job_is_refused() -> None:
    with pytest.raises(
        WrongSettings, match=r"refresh_vip: there is no such job; there are refresh_vip_vehicle,"
    ):
        check_schedules({"refresh_vip": "0 3 * * 1", "send_alerts": "* * * * *"})


@pytest.mark.parametrize(
    "after, until, last",
    [
        ("2025-01-14T02:00:00", "2025-01-14T02:00:59", None),
        ("2025-01-14T01:59:00", "2025-01-14T02:00:00", "2025-01-14T02:00:00"),
        ("2025-01-12T01:00:00", "2025-01-14T03:00:00", "2025-01-14T02:00:00"),
    ],
)
def test_of_several_times_missed_the_last_is_made_up_for(after: str, until: str, last: str | None) -> None:
    found: datetime | None = last_slot(CronSchedule.parse("0 2 * * *"), at(after), at(until))
    assert found == (at(last) if last else None)


@pytest.mark.rule("H32")
def test_no_month_goes_by_without_an_address_check(opened: tuple[Settings, Opened]) -> None:
    counted = Counted()
    monthly = evolve(job_named("query_hst_addresses"), run=counted.run)
    clocks = [at(day) - SystemClock().now() for day in ("2025-02-27T10:00:00", "2025-02-27T11:00:00")]
    worked(*opened, [monthly], clocks, 1.0)
    assert [run.slot for run in SqlJobRuns(opened[1].intranet).history()] == [at("2025-02-01T00:00:00")]
    assert len(counted.done) == 1


def test_every_job_has_a_schedule_a_name_of_its_own_and_a_line_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/run-the-jobs.md").read_text()
    for each in JOBS:
        assert CronSchedule.parse(each.schedule).next_after(at("2025-01-14T00:00:00"))
        assert each.at_least < each.at_most
        assert job_named(each.name) is each
        assert f"`{each.name}`" in page
    with pytest.raises(ValueError, match="There is no job nothing"):
        job_named("nothing")

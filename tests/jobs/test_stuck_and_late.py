"""Operations are told of cases nobody acts on, and what waits for the Internet is delivered by the worker."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_app.cli.stuck import stuck
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_app.jobs.reporting_stuck_cases import STUCK
from ocms_app.settings import Settings
from ocms_core.jobs.runs import RunOutcome
from ocms_core.jobs.stuck_cases import StuckKind
from ocms_core.kernel.dates import local
from tests.support.databases import Databases
from tests.support.log_lines import logs_as_before
from tests.support.offender_builders import NUMBER
from tests.support.offender_rows import put, put_notice, rows_of

BEHIND = "OCMS replication: the Internet database is behind"


@pytest.fixture
def runner(databases: Databases) -> Iterator[JobRunner]:
    """Give a runner on fresh databases."""
    settings = Settings(intranet_url=databases.intranet, internet_url=databases.internet)
    opened = open_databases(settings)
    yield JobRunner(settings, opened)
    opened.dispose()


def counts(runner: JobRunner, job: str, later: timedelta = timedelta(0)) -> Mapping[str, int]:
    ended = evolve(runner, now=lambda: SystemClock().now() + later).run(job_named(job))
    assert isinstance(ended, RunOutcome), ended
    assert ended.error is None
    return ended.counts


def subjects(runner: JobRunner, later: timedelta = timedelta(days=2)) -> list[str]:
    pending = SqlAlerts(runner.databases.intranet).pending(SystemClock().now() + later)
    return [each.alert.subject for each in pending]


def wait_for_delivery(runner: JobRunner, since: timedelta = timedelta(0)) -> datetime:
    intranet, written = runner.databases.intranet, SystemClock().now() - since
    put_notice(intranet, NUMBER, is_sync="N")
    row = {"kind": "NOTICE", "notice_no": NUMBER, "cre_date": local(written), "attempts": 0}
    put(intranet, t.ocms_outbox, row | {"next_attempt_at": local(written)})
    return written


@pytest.mark.rule("K5", "F60")
def test_the_worker_delivers_what_waits(runner: JobRunner) -> None:
    wait_for_delivery(runner)
    assert counts(runner, "deliver_to_internet") == {"delivered": 1, "failed": 0}
    assert [row["notice_no"] for row in rows_of(runner.databases.internet, t.eocms_valid_offence_notice)] == [
        NUMBER
    ]
    assert counts(runner, "deliver_to_internet") == {"delivered": 0, "failed": 0}
    assert subjects(runner) == []


@pytest.mark.rule("K5", "P40")
def test_operations_are_alerted_once_a_day_that_the_internet_is_behind(runner: JobRunner) -> None:
    wait_for_delivery(runner, since=timedelta(minutes=59))
    unreachable = evolve(
        runner, settings=evolve(runner.settings, internet_url="postgresql://127.0.0.1:1/nobody")
    )
    assert counts(unreachable, "deliver_to_internet") == {"delivered": 0, "failed": 1}
    assert subjects(runner) == []
    for later in (timedelta(minutes=2), timedelta(minutes=3)):
        assert counts(unreachable, "deliver_to_internet", later)["delivered"] == 0
        assert subjects(runner) == [BEHIND]


@pytest.mark.rule("K5")
def test_stuck_cases_are_counted_alerted_of_and_listed(
    runner: JobRunner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    due = local(SystemClock().now() - timedelta(days=8))
    for number in ("500400058A", "500400059B"):
        put_notice(runner.databases.intranet, number, next_processing_stage="RD2", next_processing_date=due)
    assert counts(runner, "report_stuck_cases")["notice"] == 2
    assert subjects(runner) == ["OCMS stuck cases: 2"]
    assert STUCK.labels("notice")._value.get() == 2
    for name in ("intranet_url", "internet_url"):
        monkeypatch.setenv(f"OCMS_{name.upper()}", getattr(runner.settings, name))
    capsys.readouterr()
    with logs_as_before():
        assert stuck() == 1
        assert "500400059B" in capsys.readouterr().out
        assert stuck(kind=StuckKind.NOTICE, most=1) == 1
        shown = capsys.readouterr()
        assert "RD1 since 2024-12-01; RD2 is due" in shown.out
        assert "500400059B" not in shown.out
        assert shown.err == "There are more of these: notice; --most shows them.\n"
        assert stuck(kind=StuckKind.JOB_RUN) == 0
        monkeypatch.setenv("OCMS_STUCK_NOTICE_DAYS", "9")
        assert stuck() == 0

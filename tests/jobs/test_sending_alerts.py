"""An alert waits in the database until a mail server has taken it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from attrs import evolve
from sqlalchemy import text

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.transactions import writing
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import job_named
from ocms_core.jobs.runs import RunOutcome
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.errors import RowRejected
from tests.jobs.conftest import Mailbox
from tests.support.postgres import free_port

SEND = job_named("send_alerts")
ALERT = Alert("refresh_vip_vehicle/1/failed", "CAS does not answer", "Attempts: 4")


def sent(runner: JobRunner, *, later: timedelta = timedelta(0)) -> dict[str, int]:
    ended = evolve(runner, now=lambda: SystemClock().now() + later).run(SEND)
    assert isinstance(ended, RunOutcome), ended
    return dict(ended.counts)


@pytest.mark.rule("P40")
def test_one_incident_is_one_alert(runner: JobRunner, mailbox: Mailbox) -> None:
    alerts = SqlAlerts(runner.databases.intranet)
    now = SystemClock().now()
    assert [alerts.keep(ALERT, now) for _ in range(3)] == [True, False, False]
    assert sent(runner) == {"sent": 1, "failed": 0, "refused": 0}
    assert sent(runner) == {"sent": 0, "failed": 0, "refused": 0}
    assert [mail["Subject"] for mail in mailbox.received] == [ALERT.subject]


@pytest.mark.rule("P40")
def test_a_mail_server_that_is_down_loses_no_alert(
    runner: JobRunner, with_settings: Callable[..., JobRunner], mailbox: Mailbox
) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    down = with_settings(smtp_port=free_port())
    assert sent(down) == {"sent": 0, "failed": 1, "refused": 0}
    assert sent(down) == {"sent": 0, "failed": 0, "refused": 0}, "it is put off for a minute"
    assert sent(runner, later=timedelta(minutes=2)) == {"sent": 1, "failed": 0, "refused": 0}
    assert len(mailbox.received) == 1


@pytest.mark.rule("P40")
@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=1)])
def test_an_alert_that_a_clock_far_ahead_has_kept_is_sent_at_once(
    runner: JobRunner, mailbox: Mailbox, ahead: timedelta
) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now() + ahead)
    assert sent(runner) == {"sent": 1, "failed": 0, "refused": 0}
    assert len(mailbox.received) == 1


@pytest.mark.parametrize("changes", [{"smtp_password": "wrong"}, {"smtp_ca": ""}, {"smtp_starttls": False}])
def test_an_alert_goes_only_to_the_server_that_is_meant(
    runner: JobRunner, with_settings: Callable[..., JobRunner], mailbox: Mailbox, changes: dict[str, object]
) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    assert sent(with_settings(**changes)) == {"sent": 0, "failed": 1, "refused": 0}
    assert mailbox.received == []


@pytest.mark.rule("P40")
def test_a_recipient_refused_beside_one_accepted_is_seen_and_nobody_gets_the_mail_twice(
    runner: JobRunner, mailbox: Mailbox
) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    mailbox.refused.add("duty@example.sg")
    with structlog.testing.capture_logs() as logged:
        assert sent(runner) == {"sent": 1, "failed": 0, "refused": 1}
    assert [
        (each["recipient"], each["status"]) for each in logged if each["event"] == "recipient_refused"
    ] == [("duty@example.sg", 550)]
    assert sent(runner, later=timedelta(hours=2)) == {"sent": 0, "failed": 0, "refused": 0}
    assert mailbox.reached == [["operations@example.sg"]]


@pytest.mark.rule("P40")
def test_an_alert_nobody_accepts_is_kept(runner: JobRunner, mailbox: Mailbox) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    mailbox.refused.update({"duty@example.sg", "operations@example.sg"})
    assert sent(runner) == {"sent": 0, "failed": 1, "refused": 0}
    mailbox.refused.clear()
    assert sent(runner, later=timedelta(minutes=2)) == {"sent": 1, "failed": 0, "refused": 0}


@pytest.mark.rule("P40")
def test_what_goes_wrong_in_parting_does_not_send_an_alert_twice(runner: JobRunner, mailbox: Mailbox) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    mailbox.partings.append("421 Not now")
    assert sent(runner) == {"sent": 1, "failed": 0, "refused": 0}
    assert sent(runner, later=timedelta(hours=2)) == {"sent": 0, "failed": 0, "refused": 0}
    assert len(mailbox.received) == 1


@pytest.mark.rule("P40")
def test_an_incident_of_any_length_is_kept_once(runner: JobRunner, mailbox: Mailbox) -> None:
    alerts, now = SqlAlerts(runner.databases.intranet), SystemClock().now()
    for ending in "ab":
        long = Alert("x" * 500 + ending, "s" * 500, "text")
        assert [alerts.keep(long, now) for _ in range(2)] == [True, False]
    assert sent(runner)["sent"] == len(mailbox.received) == 2


def test_an_alert_the_database_refuses_is_not_taken_for_one_that_is_there(runner: JobRunner) -> None:
    with writing(runner.databases.intranet) as connection:
        connection.execute(
            text("CREATE TRIGGER refuse BEFORE INSERT ON ocms_alert BEGIN SELECT RAISE(ABORT, 'no'); END")
        )
    with pytest.raises(RowRejected):
        SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())

"""An alert waits in the database until a mail server has taken it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_app.running import Ended, JobRunner
from ocms_app.schedule import job_named
from ocms_core.kernel.alerts import Alert
from tests.jobs.conftest import Mailbox
from tests.support.postgres import free_port

SEND = job_named("send_alerts")
ALERT = Alert("refresh_vip_vehicle/1/failed", "CAS does not answer", "Attempts: 4")


def sent(runner: JobRunner, *, later: timedelta = timedelta(0)) -> dict[str, int]:
    ended = evolve(runner, now=lambda: SystemClock().now() + later).run(SEND)
    assert isinstance(ended, Ended), ended
    return dict(ended.counts)


@pytest.mark.rule("P40")
def test_one_incident_is_one_alert(runner: JobRunner, mailbox: Mailbox) -> None:
    alerts = SqlAlerts(runner.databases.intranet)
    now = SystemClock().now()
    assert [alerts.keep(ALERT, now) for _ in range(3)] == [True, False, False]
    assert sent(runner) == {"sent": 1, "failed": 0}
    assert sent(runner) == {"sent": 0, "failed": 0}
    assert [mail["Subject"] for mail in mailbox.received] == [ALERT.subject]


@pytest.mark.rule("P40")
def test_a_mail_server_that_is_down_loses_no_alert(
    runner: JobRunner, with_settings: Callable[..., JobRunner], mailbox: Mailbox
) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    down = with_settings(smtp_port=free_port())
    assert sent(down) == {"sent": 0, "failed": 1}
    assert sent(down) == {"sent": 0, "failed": 0}, "it is put off for a minute"
    assert sent(runner, later=timedelta(minutes=2)) == {"sent": 1, "failed": 0}
    assert len(mailbox.received) == 1


@pytest.mark.parametrize("changes", [{"smtp_password": "wrong"}, {"smtp_ca": ""}, {"smtp_starttls": False}])
def test_an_alert_goes_only_to_the_server_that_is_meant(
    runner: JobRunner, with_settings: Callable[..., JobRunner], mailbox: Mailbox, changes: dict[str, object]
) -> None:
    SqlAlerts(runner.databases.intranet).keep(ALERT, SystemClock().now())
    assert sent(with_settings(**changes)) == {"sent": 0, "failed": 1}
    assert mailbox.received == []

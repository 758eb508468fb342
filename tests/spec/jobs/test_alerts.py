"""Alerts wait until they are sent; what is not accepted waits longer each time."""

from datetime import timedelta

import pytest

from ocms_core.jobs.alerts import LONGEST_WAIT, latest_attempt, send_alerts, wait
from ocms_core.kernel.alerts import Alert
from tests.support.builders import NOW
from tests.support.in_memory_jobs import Clock, InMemoryAlerts, ScriptedSender


def kept(clock: Clock, count: int) -> InMemoryAlerts:
    alerts = InMemoryAlerts()
    for number in range(count):
        assert alerts.keep(Alert(f"incident {number}", "subject", "text"), clock.now())
    return alerts


@pytest.mark.rule("P40")
def test_what_is_sent_refused_and_failed_is_counted_and_sent_once() -> None:
    clock, sender = Clock(), ScriptedSender([0, None, 2])
    alerts = kept(clock, 3)
    assert send_alerts(alerts, sender, clock.now) == {"sent": 2, "failed": 1, "refused": 2}
    assert (alerts.sent, alerts.errors) == ([1, 3], ["the mail server is unavailable"])
    assert alerts.marked_at == sender.sent_at == [clock.now()] * 3
    assert send_alerts(alerts, sender, clock.now) == {"sent": 0, "failed": 0, "refused": 0}
    clock.move(timedelta(minutes=1))
    assert send_alerts(alerts, sender, clock.now) == {"sent": 1, "failed": 0, "refused": 0}
    assert [alert.incident for alert in sender.sent] == ["incident 0", "incident 2", "incident 1"]


@pytest.mark.rule("P40")
def test_every_alert_that_fails_counts() -> None:
    clock = Clock()
    said = send_alerts(kept(clock, 5), ScriptedSender([None, None, 1, 2, None]), clock.now)
    assert said == {"sent": 2, "failed": 3, "refused": 3}


@pytest.mark.rule("P40")
def test_no_alert_is_put_off_by_more_than_an_hour_and_a_minute() -> None:
    assert latest_attempt(NOW) == NOW + timedelta(minutes=61)


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [wait(attempts) / timedelta(minutes=1) for attempts in range(8)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert wait(10_000) == LONGEST_WAIT


def test_an_alert_is_attempted_as_often_as_its_waits_say() -> None:
    clock = Clock()
    alerts, attempts = kept(clock, 1), 0
    for _ in range(24 * 60):
        attempts += send_alerts(alerts, ScriptedSender([None]), clock.now)["failed"]
        clock.move(timedelta(minutes=1))
    assert attempts == 6 + 23

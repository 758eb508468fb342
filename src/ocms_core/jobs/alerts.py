"""Sending the alerts that wait; one that is not accepted waits longer each time."""

from datetime import datetime, timedelta

from ocms_core.jobs.ports import AlertOutbox, AlertSender, Clock
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.rule_tags import rule

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
MOST_DOUBLINGS = 10
CLOCK_TOLERANCE = timedelta(minutes=1)


@rule("P40")
def send_alerts(outbox: AlertOutbox, sender: AlertSender, clock: Clock) -> JobCounts:
    """
    Send the alerts that are due, each recorded as sent before the next is begun (P40).

    Returns how many alerts were `sent` and `failed`, and how many recipients were `refused`. An alert the
    sender does not accept is kept for a later attempt.
    """
    sent = failed = refused = 0
    for pending in outbox.pending(clock()):
        try:
            refused += sender.send(pending.alert, clock())
        except Unavailable as fault:
            moment = clock()
            outbox.mark_failed(pending, str(fault), moment, next_attempt=moment + wait(pending.attempts))
            failed += 1
        else:
            outbox.mark_sent(pending, clock())
            sent += 1
    return {"sent": sent, "failed": failed, "refused": refused}


def wait(attempts: int) -> timedelta:
    """Return the wait after a failed attempt that others came before: twice the last, an hour at most."""
    return min(FIRST_WAIT * (1 << min(attempts, MOST_DOUBLINGS)), LONGEST_WAIT)


def latest_attempt(now: datetime) -> datetime:
    """Return the latest moment an alert can be put off to; one dated later was dated by a wrong clock."""
    return now + LONGEST_WAIT + CLOCK_TOLERANCE

"""The table of jobs."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from attrs import frozen

from ocms_adapters.partners.progress import COURT_NOTICES, PAYMENT_STATUS
from ocms_app.jobs import (
    delivering_to_internet,
    hst,
    refreshing_vip_vehicles,
    removing_old_rows,
    reporting_stuck_cases,
    sealing_audit_rows,
    sending_alerts,
    syncing_cas,
)
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.jobs.retention import LONGEST_CATCH_UP
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.rule_tags import rule

BY_HAND = ""
"""In place of a crontab line: the job is run by hand only."""
OFF = "off"
"""What the setting `schedules` says of a job that is to be run by hand only."""


@frozen
class Job:
    """
    A job: its name, which is also its lock's, and when it runs.

    `schedule` is a crontab line in Singapore time; the setting `schedules` may replace it. A job that `needs`
    a setting is run by hand only while that is empty. A worker that
    starts late makes up for the last time it missed, `catch_up` back at most. The lock is kept at least
    `at_least`; it holds `at_most` without being extended, which a live worker does all the while. `run`
    returns counts of what was done; a run that raises has failed. Operations are then alerted under
    `subject`, and the slot is run again after a `pause`, `tries` times in all. Of a `frequent` job the
    history shows only the runs that did not end well. A job that is `log_only` leaves no run on record.
    """

    name: str
    schedule: str
    at_most: timedelta
    at_least: timedelta
    what: str
    run: Callable[[JobContext], JobCounts]
    once_a_day: bool = False
    catch_up: timedelta = timedelta(0)
    tries: int = 1
    pause: timedelta = timedelta(minutes=10)
    subject: Callable[[Exception], str] | None = None
    frequent: bool = False
    needs: str = ""
    log_only: bool = False


# Missed slots are made up for until shortly before the next one.
DAILY_CATCH_UP = timedelta(hours=22)
TRIES = 3
# A sync of CAS that is cut off holds its lock no longer than this; one at work extends it.
SYNC_LOCK_TIME = timedelta(minutes=1)


JOBS: tuple[Job, ...] = (
    Job(
        name="refresh_vip_vehicle",
        schedule="0 2 * * *",
        at_most=timedelta(minutes=10),
        at_least=timedelta(minutes=1),
        what="Take over the list of VIP vehicles from CAS.",
        run=refreshing_vip_vehicles.run,
        once_a_day=True,
        catch_up=DAILY_CATCH_UP,
        log_only=True,
        subject=refreshing_vip_vehicles.subject,
    ),
    Job(
        name=PAYMENT_STATUS,
        schedule="0 4 * * *",
        at_most=SYNC_LOCK_TIME,
        at_least=timedelta(0),
        what="As CAS, query the payment status of the unpaid list.",
        run=syncing_cas.sync_cas_payment_status,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
        needs="cas_list",
        log_only=True,
    ),
    Job(
        name=COURT_NOTICES,
        schedule="45 4 * * *",
        at_most=SYNC_LOCK_TIME,
        at_least=timedelta(0),
        what="As CAS, update the court notices of the unpaid list, after the payment status.",
        run=syncing_cas.update_cas_court_notices,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
        needs="cas_list",
        log_only=True,
    ),
    Job(
        name="send_alerts",
        schedule="* * * * *",
        at_most=timedelta(minutes=2),
        at_least=timedelta(0),
        what="Hand waiting alerts to the mail server.",
        run=sending_alerts.run,
        catch_up=timedelta(minutes=2),
        frequent=True,
    ),
    Job(
        name="deliver_to_internet",
        schedule="* * * * *",
        at_most=timedelta(minutes=2),
        at_least=timedelta(0),
        what="Deliver to the Internet database what waits for it.",
        run=delivering_to_internet.run,
        catch_up=timedelta(minutes=2),
        frequent=True,
    ),
    Job(
        name="seal_audit_rows",
        schedule="* * * * *",
        at_most=timedelta(minutes=2),
        at_least=timedelta(0),
        what="Add new audit rows and access records to their hash tree, and sign its head.",
        run=sealing_audit_rows.run,
        catch_up=timedelta(minutes=2),
        frequent=True,
    ),
    Job(
        name="query_hst_addresses",
        schedule="0 0 1 * *",
        at_most=timedelta(minutes=10),
        at_least=timedelta(minutes=1),
        what="Queue every identity on the HST list to be asked about.",
        run=hst.query_hst_addresses,
        catch_up=LONGEST_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="send_mha_requests",
        schedule="30 0 * * *",
        at_most=timedelta(minutes=30),
        at_least=timedelta(minutes=1),
        what="Send queued identities with a UIN or FIN to MHA.",
        run=hst.send_mha_requests,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="query_datahive",
        schedule="45 0 * * *",
        at_most=timedelta(hours=1),
        at_least=timedelta(minutes=1),
        what="Ask DataHive about queued identities.",
        run=hst.query_datahive,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="receive_mha_responses",
        schedule="30 1 * * *",
        at_most=timedelta(minutes=30),
        at_least=timedelta(minutes=1),
        what="Read the responses MHA has published.",
        run=hst.receive_mha_responses,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="loop_hst_suspensions",
        schedule="0 2 * * *",
        at_most=timedelta(hours=1),
        at_least=timedelta(minutes=1),
        what="Renew TS-HST that is due, or end it where the identity is off the list or has a new address.",
        run=hst.loop_hst_suspensions,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="generate_hst_reports",
        schedule="30 2 * * *",
        at_most=timedelta(minutes=30),
        at_least=timedelta(minutes=1),
        what="Write and mail the HST workbooks of months with new answers.",
        run=hst.generate_hst_reports,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="suspend_hst_new_notices",
        schedule="0 3 * * *",
        at_most=timedelta(hours=1),
        at_least=timedelta(minutes=1),
        what="Suspend new notices of identities on the HST list.",
        run=hst.suspend_hst_new_notices,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="remove_old_rows",
        schedule="30 5 * * *",
        at_most=timedelta(hours=1),
        at_least=timedelta(minutes=1),
        what="Remove what OCMS has kept about its own calls and jobs for as long as the settings say.",
        run=removing_old_rows.run,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
    Job(
        name="report_stuck_cases",
        schedule="0 6 * * *",
        at_most=timedelta(hours=1),
        at_least=timedelta(minutes=1),
        what="Count the cases that nobody acts on any more, and alert operations of them.",
        run=reporting_stuck_cases.run,
        catch_up=DAILY_CATCH_UP,
        tries=TRIES,
    ),
)


FREQUENT_JOBS = tuple(job.name for job in JOBS if job.frequent)
"""The names of the jobs of every minute, whose runs are kept for less time (K3)."""


def job_named(name: str) -> Job:
    """Return the job of a name; raise `ValueError` listing the jobs there are."""
    found = next((job for job in JOBS if job.name == name), None)
    if found is None:
        raise ValueError(f"There is no job {name}; there are {', '.join(job.name for job in JOBS)}.")
    return found


@rule("P43")
def schedules_in_effect(settings: Settings) -> Mapping[str, str]:
    """Return the crontab line of each job by its name, empty for one that is run by hand only (P43)."""
    return {job.name: schedule_in_effect(job, settings) for job in JOBS}


def schedule_in_effect(job: Job, settings: Settings) -> str:
    """Return the crontab line of a job; empty where it is off or a setting it needs is not made."""
    line = settings.schedules.get(job.name, job.schedule)
    return BY_HAND if line == OFF or (job.needs and not getattr(settings, job.needs)) else line

"""The jobs: one table."""

from collections.abc import Callable
from datetime import timedelta

from attrs import frozen

from ocms_app.jobs import sending_alerts
from ocms_app.jobs.context import JobContext
from ocms_core.jobs.runs import JobCounts


@frozen
class Job:
    """
    A job: its name, which is its lock's, and when it runs.

    `schedule` is a crontab line in Singapore time; the setting `schedules` may give another one. The lock
    is kept at least `at_least`; it holds `at_most` without being extended, which a live worker does all
    the while. `run` gives counts of what was done; a run that raises has failed.
    """

    name: str
    schedule: str
    at_most: timedelta
    at_least: timedelta
    what: str
    run: Callable[[JobContext], JobCounts]
    once_a_day: bool = False


JOBS: tuple[Job, ...] = (
    Job(
        name="send_alerts",
        schedule="* * * * *",
        at_most=timedelta(minutes=2),
        at_least=timedelta(0),
        what="Hand waiting alerts to the mail server.",
        run=sending_alerts.run,
    ),
)


def job_named(name: str) -> Job:
    """Find a job; ValueError naming those there are."""
    found = next((job for job in JOBS if job.name == name), None)
    if found is None:
        raise ValueError(f"There is no job {name}; there are {', '.join(job.name for job in JOBS)}.")
    return found

"""A day of the city: jobs in the night, then partners, officers and other systems."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ocms_app.job_table import JOBS, Job, schedules_in_effect
from ocms_app.scheduler import schedule_of
from ocms_core.jobs.runs import RunOutcome, RunResult
from tests.campaigns.year.city import City
from tests.campaigns.year.known_notices import Unexplained
from tests.campaigns.year.officers import officers
from tests.campaigns.year.other_systems import other_systems
from tests.campaigns.year.partners import court_work, print_runs


def night(city: City, day: datetime) -> None:
    """Run the jobs at their times from midnight until morning; a job that is always running, three times."""
    due = sorted(slots(city, day), key=lambda slot: slot[0])
    for slot, job in due:
        city.clock.move_to(slot)
        run_job(city, job, slot)
    city.clock.move_to(day + timedelta(hours=8))


def slots(city: City, day: datetime) -> Iterator[tuple[datetime, Job]]:
    """Yield the times of the jobs in a night; of those that run every minute three are enough."""
    schedules = schedules_in_effect(city.settings)
    for job in JOBS:
        if job.needs and not getattr(city.settings, job.needs):
            continue
        if job.frequent:
            yield from ((day + timedelta(hours=hour, minutes=50), job) for hour in (0, 3, 5))
            continue
        slot = schedule_of(job, schedules).next_after(day - timedelta(microseconds=1))
        if slot and slot < day + timedelta(days=1):
            yield slot, job


def run_job(city: City, job: Job, slot: datetime) -> None:
    """Run a job; it has to end well."""
    outcome = city.runner.run(job, slot=slot)
    if not isinstance(outcome, RunOutcome) or outcome.result is not RunResult.DONE:
        raise Unexplained(f"{job.name} at {slot}: {outcome}")
    city.counts["runs of jobs"] += 1
    for name, count in outcome.counts.items():
        city.counts[f"{job.name}: {name}"] += count
    city.clock.tick(60)


def day_of_work(city: City, new: int) -> None:
    """Let everybody do a day's work, with `new` new notices."""
    other_systems(city, new)
    print_runs(city)
    court_work(city, new)
    wrong = city.random.random() < 0.05
    if wrong:
        minutes = city.random.choice((-20, -5, 60, 300))
        city.clock.wrong_by = timedelta(minutes=minutes)
        city.counts["days with a wrong clock"] += 1
    officers(city, new)
    city.repeat_calls()
    city.clock.wrong_by = timedelta(0)

"""Starts the jobs when they are due; any number of workers may do so, and exactly one of them runs each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from zoneinfo import ZoneInfo

import structlog
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]  # ships no types
from attrs import define, field, frozen

from ocms_app.job_runner import JobRunner, RunOutcome
from ocms_app.job_table import Job
from ocms_core.jobs.runs import RunResult, SkipReason
from ocms_core.kernel.errors import OcmsError

log = structlog.get_logger()

ZONE = ZoneInfo("Asia/Singapore")
LONGEST_SLEEP = 30.0
# While another worker holds a job that is due, it is looked after all the while: when that one dies, its
# work is taken over within a second of its lock's end.
LOOK_AFTER = timedelta(seconds=0.5)


def trigger(schedule: str) -> CronTrigger:
    """Read a crontab line as Singapore time (G5); ValueError when it is none."""
    return CronTrigger.from_crontab(schedule, timezone=ZONE)


def next_slot(schedule: str, after: datetime) -> datetime | None:
    """Give the first time of a schedule later than a moment; None when there is none."""
    slot: datetime | None = trigger(schedule).get_next_fire_time(None, after + timedelta(microseconds=1))
    return slot


def last_slot(schedule: str, after: datetime, until: datetime) -> datetime | None:
    """Give the last time of a schedule between two moments: of several missed, one is made up for."""
    rule, last = trigger(schedule), None
    slot = rule.get_next_fire_time(None, after + timedelta(microseconds=1))
    while slot and slot <= until:
        last, slot = slot, rule.get_next_fire_time(slot, slot + timedelta(microseconds=1))
    return last


@frozen
class Due:
    """A time of the schedule that is still to be run, and the moment to look at it again."""

    slot: datetime
    again: datetime


@define
class Worker:
    """
    Watches the clock and runs the jobs of a schedule, each in a thread of its own.

    A job this worker is still running is not started again beside itself.
    """

    runner: JobRunner
    jobs: Sequence[Job]
    schedules: Mapping[str, str] = field(factory=dict)
    _seen: dict[str, datetime] = field(factory=dict, init=False)
    _due: dict[str, Due] = field(factory=dict, init=False)
    _threads: dict[str, Thread] = field(factory=dict, init=False)

    def schedule(self, job: Job) -> str:
        """Give the crontab line of a job: the setting's, or else its own."""
        return self.schedules.get(job.name, job.schedule)

    def work(self) -> None:
        """Run until the runner is asked to stop."""
        while not self.runner.stopping.is_set():
            now = self.runner.now()
            for job in self.jobs:
                self._start_if_due(job, now)
            self.runner.stopping.wait(self._sleep(now))

    def finish(self, seconds: float) -> bool:
        """Wait for running jobs; False when some did not end in time, whose locks then run out."""
        deadline = monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - monotonic()))
        return not any(thread.is_alive() for thread in self._threads.values())

    def _start_if_due(self, job: Job, now: datetime) -> None:
        running = self._threads.get(job.name)
        if running and running.is_alive():
            return
        due = self._due.get(job.name)
        slot = last_slot(self.schedule(job), self._seen.setdefault(job.name, now - job.catch_up), now)
        if slot is None and due and due.again <= now:
            slot = due.slot
        if slot is None:
            return
        self._due.pop(job.name, None)
        thread = Thread(target=self._run, args=(job, slot), name=job.name, daemon=True)
        self._seen[job.name], self._threads[job.name] = slot, thread
        thread.start()

    def _run(self, job: Job, slot: datetime) -> None:
        try:
            given = self.runner.run(job, slot=slot)
        except OcmsError as fault:
            log.warning("job_not_started", job=job.name, reason=str(fault))
            given = SkipReason.HELD
        if wait := until_again(job, given):
            self._due[job.name] = Due(slot, self.runner.now() + wait)

    def _sleep(self, now: datetime) -> float:
        busy = any(thread.is_alive() for thread in self._threads.values())
        moments = [next_slot(self.schedule(job), now) for job in self.jobs]
        moments += [due.again for due in list(self._due.values())]
        waits = [(moment - self.runner.now()).total_seconds() for moment in moments if moment]
        return max(0.0, min(LOOK_AFTER.total_seconds() if busy else LONGEST_SLEEP, *waits))


def until_again(job: Job, given: RunOutcome | SkipReason) -> timedelta | None:
    """Tell how long to wait before a time of the schedule is looked at again; None when that is done with."""
    if isinstance(given, SkipReason):
        return {SkipReason.HELD: LOOK_AFTER, SkipReason.PAUSED: job.pause}.get(given)
    return {RunResult.LOST: LOOK_AFTER, RunResult.FAILED: job.pause if job.tries > 1 else None}.get(
        given.result
    )

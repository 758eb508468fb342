"""Starts the jobs when they are due; any number of workers may do so, and exactly one of them runs each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from zoneinfo import ZoneInfo

import structlog
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]  # ships no types
from attrs import define, field

from ocms_app.running import JobRunner
from ocms_app.schedule import Job
from ocms_core.jobs.runs import NotNow
from ocms_core.kernel.faults import Fault

log = structlog.get_logger()

ZONE = ZoneInfo("Asia/Singapore")
LONGEST_SLEEP = 30.0
# While another worker holds a job that is due, it is looked after every second, in case that one dies.
LOOK_AFTER = 1.0


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
    _again: dict[str, datetime] = field(factory=dict, init=False)
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
        pending = self._again.pop(job.name, None)
        slot = last_slot(self.schedule(job), self._seen.get(job.name, now - job.catch_up), now) or pending
        if slot is None:
            return
        thread = Thread(target=self._run, args=(job, slot), name=job.name, daemon=True)
        self._seen[job.name], self._threads[job.name] = slot, thread
        thread.start()

    def _run(self, job: Job, slot: datetime) -> None:
        try:
            told = self.runner.run(job, slot=slot)
        except Fault as fault:
            log.warning("job_not_started", job=job.name, reason=str(fault))
            told = NotNow.HELD
        if told is NotNow.HELD:
            self._again[job.name] = slot

    def _sleep(self, now: datetime) -> float:
        slots = [next_slot(self.schedule(job), now) for job in self.jobs]
        waits = [(slot - self.runner.now()).total_seconds() for slot in slots if slot]
        longest = LOOK_AFTER if any(thread.is_alive() for thread in self._threads.values()) else LONGEST_SLEEP
        return max(0.0, min(LOOK_AFTER if self._again else longest, *waits))

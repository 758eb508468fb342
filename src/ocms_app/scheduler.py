"""Runs the jobs of a schedule when they are due; any number of workers may, and one of them runs each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from zoneinfo import ZoneInfo

import structlog
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]  # ships no types
from attrs import define, field, frozen

from ocms_app.job_runner import JobRunner
from ocms_app.job_table import Job
from ocms_core.jobs.runs import RunOutcome, SkipReason
from ocms_core.jobs.scheduling import PendingSlot, due_slot, retry_delay, sleep_time
from ocms_core.kernel.errors import OcmsError

log = structlog.get_logger()

ZONE = ZoneInfo("Asia/Singapore")


@frozen
class CronSchedule:
    """A crontab line in Singapore time (G5)."""

    _trigger: CronTrigger

    @classmethod
    def parse(cls, line: str) -> "CronSchedule":
        """Parse a crontab line; raise `ValueError` when it is none."""
        return cls(CronTrigger.from_crontab(line, timezone=ZONE))

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time later than a moment; None when there is none."""
        slot: datetime | None = self._trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
        return slot


def schedule_of(job: Job, schedules: Mapping[str, str]) -> CronSchedule:
    """Return when a job is due: the setting's crontab line, or else its own."""
    return CronSchedule.parse(schedules.get(job.name, job.schedule))


@define
class Worker:
    """
    Watches the clock and runs the jobs of a schedule, each in a thread of its own.

    A job this worker is still running is not started again beside itself.
    """

    runner: JobRunner
    jobs: Sequence[Job]
    schedules: Mapping[str, str] = field(factory=dict)
    _begun_slots: dict[str, datetime] = field(factory=dict, init=False)
    _pending: dict[str, PendingSlot] = field(factory=dict, init=False)
    _threads: dict[str, Thread] = field(factory=dict, init=False)

    def work(self) -> None:
        """Run until the runner is asked to stop."""
        while not self.runner.stopping.is_set():
            now = self.runner.now()
            for job in self.jobs:
                self._start_if_due(job, now)
            self.runner.stopping.wait(self._sleep_seconds(now))

    def finish(self, seconds: float) -> bool:
        """Wait for running jobs; return False when some did not end in time, whose locks then run out."""
        deadline = monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - monotonic()))
        return not any(thread.is_alive() for thread in self._threads.values())

    def _start_if_due(self, job: Job, now: datetime) -> None:
        running = self._threads.get(job.name)
        if running and running.is_alive():
            return
        after = self._begun_slots.setdefault(job.name, now - job.catch_up)
        schedule = schedule_of(job, self.schedules)
        slot = due_slot(schedule, after=after, pending=self._pending.get(job.name), now=now)
        if slot is None:
            return
        self._pending.pop(job.name, None)
        thread = Thread(target=self._run, args=(job, slot), name=job.name, daemon=True)
        self._begun_slots[job.name], self._threads[job.name] = slot, thread
        thread.start()

    def _run(self, job: Job, slot: datetime) -> None:
        result: RunOutcome | SkipReason
        try:
            result = self.runner.run(job, slot=slot)
        except OcmsError as fault:
            log.warning("job_not_started", job=job.name, reason=str(fault))
            result = SkipReason.HELD
        if delay := retry_delay(result, tries=job.tries, pause=job.pause):
            self._pending[job.name] = PendingSlot(slot, self.runner.now() + delay)

    def _sleep_seconds(self, now: datetime) -> float:
        running = any(thread.is_alive() for thread in self._threads.values())
        moments = [schedule_of(job, self.schedules).next_after(now) for job in self.jobs]
        moments += [pending.retry_at for pending in list(self._pending.values())]
        return sleep_time(moments, running=running, now=self.runner.now()).total_seconds()

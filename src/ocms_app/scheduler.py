"""Runs the jobs of a schedule when they are due; any number of workers may, and one of them runs each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from threading import Thread
from time import monotonic

import structlog
from attrs import define, field, frozen
from cronsim import CronSim, CronSimError

from ocms_app.job_runner import JobRunner
from ocms_app.job_table import JOBS, OFF, Job
from ocms_app.settings import WrongSettings
from ocms_core.jobs.ports import Schedule
from ocms_core.jobs.runs import RunOutcome, SkipReason
from ocms_core.jobs.scheduling import PendingSlot, due_slot, retry_delay, sleep_time
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.errors import OcmsError

log = structlog.get_logger()

CRONTAB_FIELDS = 5
# A week that ends on Sunday: as the end of a range it is 7, not 0.
UNTIL_SUNDAY = re.compile(r"-sun\b", re.IGNORECASE)


@frozen
class CronSchedule:
    """
    A crontab line in Singapore time (G5), read as POSIX says.

    Weekdays count from 0, Sunday, which is also 7. A line that restricts both the day of the month and the
    weekday means the days that meet either.
    """

    _line: str

    @classmethod
    def parse(cls, line: str) -> "CronSchedule":
        """Parse a crontab line; raise `ValueError` when it is none, or stands for no time at all."""
        line = UNTIL_SUNDAY.sub("-7", line)
        if len(line.split()) != CRONTAB_FIELDS:
            raise ValueError("a crontab line has five fields: minute, hour, day of month, month, weekday")
        try:
            CronSim(line, datetime.now(SINGAPORE))
        except CronSimError as error:
            raise ValueError(str(error)) from None
        return cls(line)

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time later than a moment; None when there is none."""
        return next(CronSim(self._line, moment.astimezone(SINGAPORE)), None)


@frozen
class NoSchedule:
    """The schedule of a job that is run by hand only."""

    def next_after(self, moment: datetime) -> None:
        """Return None: it is never due."""


def schedule_of(job: Job, schedules: Mapping[str, str]) -> Schedule:
    """Return when a job is due: the crontab line given, or else its own; never where that is empty."""
    line = schedules.get(job.name, job.schedule)
    return CronSchedule.parse(line) if line else NoSchedule()


def check_schedules(schedules: Mapping[str, str]) -> None:
    """Raise `WrongSettings` with a line for each schedule that is of no job, or no crontab line."""
    if wrong := list(wrong_schedules(schedules)):
        raise WrongSettings(wrong)


def wrong_schedules(schedules: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the setting `schedules`, a line for each job."""
    names = [job.name for job in JOBS]
    for name, line in schedules.items():
        if name not in names:
            yield f"[ocms.schedules] {name}: there is no such job; there are {', '.join(names)}"
            continue
        try:
            if line != OFF:
                CronSchedule.parse(line)
        except ValueError as error:
            yield f"[ocms.schedules] {name}: {line!r} is no crontab line: {error}"


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

"""The jobs with their last runs, as `ocms jobs` and the staff page show them."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_app.databases import lock_times
from ocms_app.job_table import FREQUENT_JOBS, JOBS, schedules_in_effect
from ocms_app.scheduler import schedule_of
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobState, Run


@frozen
class SettingsJobOverview:
    """The jobs of the table under the schedules of the settings, with their runs in a database."""

    _settings: Settings
    _intranet: Engine

    def jobs(self, now: datetime) -> Sequence[JobState]:
        """Return every job with its last run and its next, in the order of the table."""
        schedules = schedules_in_effect(self._settings)
        latest = {run.job: run for run in self._runs.latest()}
        return [
            JobState(
                job.name,
                job.what,
                schedules[job.name],
                latest.get(job.name),
                schedule_of(job, schedules).next_after(now),
            )
            for job in JOBS
        ]

    def runs(self, job: str | None, last: int) -> Sequence[Run]:
        """Return the last runs, of a job or of all but what ran well each minute; the newest first."""
        return self._runs.history(job, last=last, done_without=FREQUENT_JOBS)

    @property
    def _runs(self) -> SqlJobRuns:
        return SqlJobRuns(self._intranet, lock_times(self._settings))

"""The application service that runs a job: under its lock, on record, and with an alert when it fails."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import evolve

from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.ports import AlertStore, Clock, RunObserver
from ocms_core.jobs.runs import (
    HeldLock,
    JobCounts,
    LockLease,
    LockLost,
    LockRequest,
    RunOutcome,
    RunResult,
    SkipReason,
)
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import singapore
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule
from ocms_core.kernel.value_objects import value_object

Work: TypeAlias = Callable[[LockLease], JobCounts]
"""What a job does; it returns counts by name. Raising any error is a run that failed."""

AlertSubject: TypeAlias = Callable[[Exception], str]
"""The subject of the alert about a run that failed."""

LockExtension: TypeAlias = Callable[[LockLease], AbstractContextManager[object]]
"""Extends a lock while the work lasts."""


@value_object
class JobService:
    """Runs jobs, each under its lock."""

    locks: JobLocks
    alerts: AlertStore
    clock: Clock

    def run(
        self,
        request: LockRequest,
        work: Work,
        *,
        observer: RunObserver,
        extension: LockExtension,
        subject: AlertSubject | None = None,
    ) -> RunOutcome | SkipReason:
        """
        Run a job unless another is running it or it has had its run.

        Operations are alerted of a lock that another node has dated ahead of the database's clock. An error
        of the work is recorded and operations are alerted; it is not raised. Raises what the store raises
        when the start or the end of the run cannot be recorded.
        """
        lease = self.locks.take(request)
        if isinstance(lease, SkipReason):
            return self._skipped(request, lease)
        observer.started(lease, request.worker)
        with extension(lease):
            outcome = self._outcome(lease, work, observer, subject)
        result = self.locks.end(lease, outcome.result, outcome.counts, outcome.error)
        outcome = evolve(outcome, result=result)
        observer.ended(lease, outcome)
        return outcome

    def _skipped(self, request: LockRequest, reason: SkipReason) -> SkipReason:
        lock = self.locks.misdated(request.job) if reason is SkipReason.HELD else None
        if lock is None:
            return reason
        self.alerts.keep(misdated_alert(lock), self.clock())
        return SkipReason.MISDATED

    def _outcome(
        self, lease: LockLease, work: Work, observer: RunObserver, subject: AlertSubject | None
    ) -> RunOutcome:
        try:
            return RunOutcome(lease.fence, RunResult.DONE, work(lease))
        except Exception as error:  # noqa: BLE001  # whatever it is, the run has ended and its record says so
            observer.failed(lease, error)
            alert = failure_alert(lease, error, self.clock(), subject)
            try:
                self.alerts.keep(alert, self.clock())
            except OcmsError as fault:
                observer.alert_not_kept(lease, fault)
            result = RunResult.LOST if isinstance(error, LockLost) else RunResult.FAILED
            return RunOutcome(lease.fence, result, {}, error_text(error))


def error_text(error: Exception) -> str:
    """
    Return the text for an error: that of an `OcmsError`, of any other its class name only.

    The text of a foreign error may quote a row, and so an identity number; the reason the operating system
    gives may not.
    """
    if isinstance(error, OcmsError):
        return str(error)
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def job_alert(job: str, incident: str, subject: str, text: str) -> Alert:
    """Build an alert of a job; `incident` names what is wrong, so that finding it again alerts nobody."""
    return Alert(f"{job}/{incident}", subject, text)


@rule("P42")
def misdated_alert(lock: HeldLock) -> Alert:
    """Build the alert about a lock dated ahead of the database's clock: one a day for all locks (P42)."""
    now = singapore(lock.seen_at)
    hours = (lock.locked_at - lock.seen_at) / timedelta(hours=1)
    until = singapore(lock.until).isoformat(timespec="seconds")
    text = f"""\
Lock: {lock.job}, taken by {lock.holder}
Dated: {hours:.1f} hours ahead of the database's clock, which says {now.isoformat(timespec="seconds")}
Until {until} jobs wait for this lock, and its node takes locks that are held.
A node that shares ocms_shedlock writes its times in another zone than OCMS; ShedLock does so unless it uses
the database's time or UTC. Change that node, or name its zone in OCMS_LOCK_TIMES: docs/howto/java-nodes.md"""
    subject = "OCMS jobs wait: a lock is dated ahead of the database's clock"
    return Alert(f"misdated lock/{now.date()}", subject, text)


@rule("P40", "P41")
def failure_alert(lease: LockLease, error: Exception, now: datetime, subject: AlertSubject | None) -> Alert:
    """Build the alert about a failed run: the error and the time, one a day for each error (P40, P41)."""
    text = error_text(error)
    lines = (
        f"Job: {lease.job}, run {lease.fence}",
        f"Time: {now.isoformat(timespec='seconds')}",
        f"Error: {text}",
        *getattr(error, "__notes__", ()),
    )
    title = subject(error) if subject else f"OCMS job {lease.job} failed"
    return job_alert(lease.job, f"{singapore(now).date()}/{text}", title, "\n".join(lines))

"""A run under its lock: on record, extended meanwhile, and operations alerted when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from ocms_core.jobs.locks import JobLocks
from ocms_core.jobs.runs import JobCounts, LockLease, LockLost, LockRequest, RunOutcome, RunResult, SkipReason
from ocms_core.jobs.service import JobService, Work, error_text
from ocms_core.kernel.errors import Unavailable
from tests.support.builders import NOW
from tests.support.in_memory_jobs import InMemoryAlerts, InMemoryJobStore, LockRow, RecordingObserver

REQUEST = LockRequest("query_datahive", "a", timedelta(minutes=10), slot=NOW)


@define
class InMemoryService:
    """A service in memory."""

    store: InMemoryJobStore = field(factory=InMemoryJobStore)
    alerts: InMemoryAlerts = field(factory=InMemoryAlerts)
    observer: RecordingObserver = field(factory=RecordingObserver)

    def run(self, work: Work, request: LockRequest = REQUEST) -> RunOutcome | SkipReason:
        service = JobService(JobLocks(self.store), self.alerts, self.store.clock.now)
        return service.run(request, work, observer=self.observer, extension=lambda _: nullcontext())

    def seen(self) -> list[str]:
        return [event for event, *_ in self.observer.events]


def counts(_lease: LockLease) -> JobCounts:
    return {"done": 3}


def raising(error: Exception) -> Work:
    def work(_lease: LockLease) -> JobCounts:
        raise error

    return work


@pytest.mark.rule("P42")
def test_a_run_is_on_record_while_it_works_and_when_it_is_done() -> None:
    service = InMemoryService()

    def work(lease: LockLease) -> JobCounts:
        assert service.store.run_of(lease).result is None
        return {"done": 3}

    outcome = RunOutcome(1, RunResult.DONE, {"done": 3})
    assert service.run(work) == outcome
    run = service.store.runs[1]
    assert (run.result, run.counts, run.error) == (RunResult.DONE, {"done": 3}, None)
    assert service.observer.events == [("started", 1, "a"), ("ended", 1, outcome)]
    assert service.alerts.alerts == []


def test_a_run_that_may_not_begin_does_nothing() -> None:
    service = InMemoryService()
    JobLocks(service.store).take(REQUEST)
    assert service.run(raising(AssertionError())) is SkipReason.HELD
    assert service.observer.events == []


@pytest.mark.rule("P42")
def test_a_slot_that_is_done_is_not_run_again_and_one_that_failed_as_often_as_it_may() -> None:
    service = InMemoryService()
    assert isinstance(service.run(counts), RunOutcome)
    assert service.run(counts) is SkipReason.SLOT_RUN
    later = evolve(REQUEST, slot=NOW + timedelta(days=1), tries=2, pause=timedelta(minutes=10))
    results = []
    for _ in range(4):
        ended = service.run(raising(Unavailable("DataHive")), later)
        results.append(ended.result if isinstance(ended, RunOutcome) else ended)
        service.store.clock.move(timedelta(minutes=6))
    assert results == [RunResult.FAILED, SkipReason.PAUSED, RunResult.FAILED, SkipReason.SLOT_RUN]


@pytest.mark.rule("P42")
def test_a_lock_dated_ahead_alerts_operations_once_a_day_whichever_jobs_wait() -> None:
    service, ahead = InMemoryService(), NOW + timedelta(hours=8)
    until = ahead + timedelta(minutes=10)
    for job in (REQUEST.job, "send_alerts"):
        service.store.locks[job] = LockRow("java-node", until, ahead)
        for _ in range(2):
            request = evolve(REQUEST, job=job)
            assert service.run(raising(AssertionError()), request) is SkipReason.MISDATED
    (pending,) = service.alerts.alerts
    assert (pending.alert.incident, pending.since) == ("misdated lock/2025-01-14", NOW)
    assert pending.alert.subject == "OCMS jobs wait: a lock is dated ahead of the database's clock"
    lock, dated, waiting, *_ = pending.alert.text.splitlines()
    assert lock == "Lock: query_datahive, taken by java-node"
    assert dated.startswith("Dated: 8.0 hours ahead of the database's clock, which says 2025-01-14T11:00:00")
    assert waiting.startswith("Until 2025-01-14T19:10:00+08:00 jobs wait for this lock")
    assert (service.store.runs, service.observer.events) == ({}, [])
    service.store.clock.move(timedelta(hours=8, minutes=10))
    assert isinstance(service.run(counts), RunOutcome), "the lock has run out by any clock"


@pytest.mark.rule("P40")
def test_a_run_that_failed_alerts_operations_once_a_day_for_the_same_error() -> None:
    service = InMemoryService()
    error = Unavailable("DataHive")
    error.add_note("Attempts: 4")
    request = evolve(REQUEST, slot=None)
    for _ in range(2):
        assert service.run(raising(error), request) == RunOutcome(
            len(service.store.runs), RunResult.FAILED, {}, "DataHive is unavailable"
        )
    assert [run.error for run in service.store.runs.values()] == ["DataHive is unavailable"] * 2
    assert service.observer.events[1] == ("failed", 1, error)
    (pending,) = service.alerts.alerts
    incident = "query_datahive/2025-01-14/DataHive is unavailable"
    assert (pending.alert.incident, pending.since) == (incident, NOW)
    assert pending.alert.subject == "OCMS job query_datahive failed"
    assert pending.alert.text == (
        f"Job: query_datahive, run 1\nTime: {NOW.isoformat(timespec='seconds')}\n"
        "Error: DataHive is unavailable\nAttempts: 4"
    )
    service.store.clock.move(timedelta(days=1))
    service.run(raising(error), request)
    assert len(service.alerts.alerts) == 2


@pytest.mark.rule("P40")
def test_a_job_names_the_subject_of_its_alert() -> None:
    service = InMemoryService()
    JobService(JobLocks(service.store), service.alerts, service.store.clock.now).run(
        REQUEST,
        raising(Unavailable("CAS")),
        observer=service.observer,
        extension=lambda _: nullcontext(),
        subject=lambda error: f"Refresh failed: {type(error).__name__}",
    )
    assert [each.alert.subject for each in service.alerts.alerts] == ["Refresh failed: Unavailable"]


def test_an_alert_that_cannot_be_kept_does_not_keep_the_end_from_being_recorded() -> None:
    fault = Unavailable("the database")
    service = InMemoryService(alerts=InMemoryAlerts(fault=fault))
    assert isinstance(service.run(raising(Unavailable("MHA"))), RunOutcome)
    assert service.observer.events[2] == ("alert_not_kept", 1, fault)
    assert service.store.runs[1].result is RunResult.FAILED
    assert service.seen() == ["started", "failed", "alert_not_kept", "ended"]


@pytest.mark.rule("P42")
def test_a_run_that_outlives_its_lock_is_lost_whether_it_noticed_or_not() -> None:
    for error in (LockLost(REQUEST.job), Unavailable("MHA")):
        service = InMemoryService()

        def sleeps(
            _lease: LockLease, service: InMemoryService = service, error: Exception = error
        ) -> JobCounts:
            service.store.clock.move(REQUEST.at_most)
            raise error

        ended = service.run(sleeps)
        assert isinstance(ended, RunOutcome)
        assert (ended.result, service.store.runs[1].result) == (RunResult.LOST, RunResult.LOST)
        assert isinstance(service.run(counts), RunOutcome), "it is made up for"


@pytest.mark.rule("P42")
def test_a_run_that_gives_up_because_its_lock_seems_lost_is_lost() -> None:
    service = InMemoryService()
    ended = service.run(raising(LockLost(REQUEST.job)))
    assert isinstance(ended, RunOutcome)
    assert (ended.result, service.store.runs[1].result) == (RunResult.LOST, RunResult.LOST)
    assert str(ended.error).startswith("query_datahive lost its lock: ")


def test_the_lock_is_extended_until_the_failure_is_alerted_and_no_longer() -> None:
    service, seen = InMemoryService(), list[str]()

    @contextmanager
    def extension(lease: LockLease) -> Iterator[None]:
        seen.append(f"extending {lease.fence}")
        yield
        seen.append(f"{len(service.alerts.alerts)} alert, {service.store.run_of(lease).result}")

    JobService(JobLocks(service.store), service.alerts, service.store.clock.now).run(
        REQUEST, raising(Unavailable("MHA")), observer=service.observer, extension=extension
    )
    assert seen == ["extending 1", "1 alert, None"]


@pytest.mark.parametrize(
    "error, text",
    [
        (Unavailable("MHA"), "MHA is unavailable"),
        (KeyError("S1234567A"), "KeyError"),
        (OSError(28, "No space left on device", "/reports/S1234567A"), "OSError: No space left on device"),
        (OSError("S1234567A"), "OSError"),
    ],
)
def test_the_text_of_a_foreign_error_is_not_told(error: Exception, text: str) -> None:
    service = InMemoryService()
    ended = service.run(raising(error))
    assert isinstance(ended, RunOutcome)
    assert ended.error == error_text(error) == text
    assert "S1234567A" not in service.alerts.alerts[0].alert.text

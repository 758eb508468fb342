"""`ocms work`: a worker process."""

import sys
from threading import Event, Thread

import structlog
from prometheus_client import REGISTRY, start_http_server
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)
from tenacity.wait import wait_base

from ocms_app.cli.stopping import set_when_stopped
from ocms_app.databases import Databases, open_databases
from ocms_app.distributed_reconciliation import queue_of, reconciliation
from ocms_app.job_runner import JobRunner, count_from_zero
from ocms_app.job_table import JOBS, schedules_in_effect
from ocms_app.keys import head_signer
from ocms_app.scheduler import Worker
from ocms_app.settings import variable
from ocms_app.start_check import check_before_start
from ocms_app.startup import startup
from ocms_app.system_metrics import SystemMetrics, show_connections
from ocms_core.kernel.errors import OcmsError, Unavailable

log = structlog.get_logger()

WAIT_FOR_DATABASES = wait_exponential(min=1, max=30)


def work(*, chunks: bool = False) -> int:
    """
    Run the jobs when they are due, until SIGTERM or Ctrl-C; jobs at work may finish first.

    Any number of workers may run, on any number of machines against the same databases: each time of
    the schedule is run by exactly one of them. A database that is away at the start is waited for.

    Parameters
    ----------
    chunks
        Beside the jobs do chunks of bulk work; on PostgreSQL, with the extra `queue`.
    """
    settings = startup()
    check_before_start(settings)
    head_signer(settings)
    databases = open_databases(settings)
    runner = JobRunner(settings, databases)
    set_when_stopped(runner.stopping)
    if not wait_for_databases(databases, runner.stopping):
        return 0
    beside = chunk_worker(runner) if chunks else None
    if settings.worker_metrics_port:
        REGISTRY.register(SystemMetrics(settings, databases))
        show_connections(databases)
        for job in JOBS:
            count_from_zero(job)
        serve_metrics(settings.worker_metrics_port)
    print(f"Working as {runner.worker} on {len(JOBS)} jobs; `ocms jobs list` shows them.", file=sys.stderr)
    worker = Worker(runner, JOBS, schedules_in_effect(settings))
    if beside:
        beside.start()
    worker.work()
    finished = worker.finish(settings.stop_seconds)
    if beside:
        beside.join(settings.stop_seconds)
    return 0 if finished and not (beside and beside.is_alive()) else 1


def serve_metrics(port: int) -> None:
    """Answer Prometheus on a port; raise `OcmsError` naming the setting where that cannot be."""
    try:
        start_http_server(port)
    except OSError as problem:
        name = variable("worker_metrics_port")
        raise OcmsError(f"{name}: port {port} cannot be used ({problem.strerror}); choose another") from None


def wait_for_databases(databases: Databases, stopping: Event, wait: wait_base = WAIT_FOR_DATABASES) -> bool:
    """
    Wait for a database that is away, a line of the log for each attempt; return False when asked to stop.

    Raises `Unavailable` for one that is there and that this version does not work with.
    """
    attempts = Retrying(
        retry=retry_if_exception(is_away),
        wait=wait,
        stop=stop_when_event_set(stopping),
        sleep=sleep_using_event(stopping),
        before_sleep=note_wait,
        retry_error_callback=lambda _: False,
    )

    def are_ready() -> bool:
        databases.ready()
        return True

    return attempts(are_ready)


def is_away(fault: BaseException) -> bool:
    """Return whether a database did not answer, or answered that it cannot now; its schema has no code."""
    return isinstance(fault, Unavailable) and fault.code is not None


def note_wait(state: RetryCallState) -> None:
    """Log which database is away, and after how many seconds the next attempt is made."""
    fault = state.outcome.exception() if state.outcome else None
    log.warning("database_awaited", reason=str(fault), seconds=round(state.upcoming_sleep, 1))


def chunk_worker(runner: JobRunner) -> Thread:
    """Return a thread that does chunks of the queue until the runner is asked to stop."""
    queue = queue_of(runner.databases.intranet)
    if queue is None:
        raise ValueError("Chunks are done on PostgreSQL with the extra `queue`; it, or that, is not there.")
    queue.check_ready()
    do = reconciliation(runner.settings, runner.databases).do
    return Thread(target=queue.work, args=(do, runner.stopping), name="chunks", daemon=True)

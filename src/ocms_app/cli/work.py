"""`ocms work`: a worker process."""

import sys
from threading import Thread

from prometheus_client import REGISTRY, start_http_server

from ocms_app.cli.stopping import set_when_stopped
from ocms_app.databases import open_databases
from ocms_app.distributed_reconciliation import queue_of, reconciliation
from ocms_app.job_runner import JobRunner, count_from_zero
from ocms_app.job_table import JOBS, schedules_in_effect
from ocms_app.keys import head_signer
from ocms_app.scheduler import Worker
from ocms_app.start_check import check_before_start
from ocms_app.startup import startup
from ocms_app.system_metrics import SystemMetrics, show_connections


def work(*, chunks: bool = False) -> int:
    """
    Run the jobs when they are due, until SIGTERM or Ctrl-C; jobs at work may finish first.

    Any number of workers may run, on any number of machines against the same databases: each time of
    the schedule is run by exactly one of them.

    Parameters
    ----------
    chunks
        Beside the jobs do chunks of bulk work; on PostgreSQL, with the extra `queue`.
    """
    settings = startup()
    check_before_start(settings)
    head_signer(settings)
    databases = open_databases(settings)
    databases.ready()
    runner = JobRunner(settings, databases)
    beside = chunk_worker(runner) if chunks else None
    set_when_stopped(runner.stopping)
    if settings.worker_metrics_port:
        REGISTRY.register(SystemMetrics(settings, databases))
        show_connections(databases)
        for job in JOBS:
            count_from_zero(job)
        start_http_server(settings.worker_metrics_port)
    print(f"Working as {runner.worker} on {len(JOBS)} jobs; `ocms jobs list` shows them.", file=sys.stderr)
    worker = Worker(runner, JOBS, schedules_in_effect(settings))
    if beside:
        beside.start()
    worker.work()
    finished = worker.finish(settings.stop_seconds)
    if beside:
        beside.join(settings.stop_seconds)
    return 0 if finished and not (beside and beside.is_alive()) else 1


def chunk_worker(runner: JobRunner) -> Thread:
    """Return a thread that does chunks of the queue until the runner is asked to stop."""
    queue = queue_of(runner.databases.intranet)
    if queue is None:
        raise ValueError("Chunks are done on PostgreSQL with the extra `queue`; it, or that, is not there.")
    queue.check_ready()
    do = reconciliation(runner.settings, runner.databases).do
    return Thread(target=queue.work, args=(do, runner.stopping), name="chunks", daemon=True)

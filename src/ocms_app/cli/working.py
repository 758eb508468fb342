"""`ocms work`: a worker process."""

import signal
import sys

from prometheus_client import start_http_server

from ocms_app import logs
from ocms_app.databases import open_databases
from ocms_app.running import JobRunner
from ocms_app.schedule import JOBS
from ocms_app.settings import load
from ocms_app.worker import Worker, trigger


def work() -> int:
    """
    Run the jobs when they are due, until SIGTERM or Ctrl-C; jobs at work may finish first.

    Any number of workers may run, on any number of machines against the same databases: each time of
    the schedule is run by exactly one of them.
    """
    settings = load()
    logs.set_up(settings.log_format, settings.log_level)
    for job in JOBS:
        trigger(settings.schedules.get(job.name, job.schedule))
    databases = open_databases(settings)
    databases.ready()
    runner = JobRunner(settings, databases)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stopping.set())
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port)
    print(f"Working as {runner.worker} on {len(JOBS)} jobs; `ocms jobs list` shows them.", file=sys.stderr)
    worker = Worker(runner, JOBS, settings.schedules)
    worker.work()
    return 0 if worker.finish(settings.stop_seconds) else 1

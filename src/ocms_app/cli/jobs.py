"""`ocms jobs`: list the jobs, run one by hand, show what they did."""

import sys

from cyclopts import App

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.job_runs import SqlJobRuns
from ocms_adapters.sql.locks import SqlJobStore
from ocms_app.cli.listing import SECOND, AsJson, HowMany, show_list
from ocms_app.databases import job_store, lock_times, open_databases
from ocms_app.job_overview import SettingsJobOverview
from ocms_app.job_runner import JobRunner, process_runs
from ocms_app.job_table import FREQUENT_JOBS, JOBS, Job, job_named
from ocms_app.jobs.sending_alerts import alert_sender
from ocms_app.scheduler import check_schedules
from ocms_app.startup import startup
from ocms_core.jobs.locks import JobLocks, last_extended
from ocms_core.jobs.runs import JobCounts, JobState, Run, RunResult, SkipReason, dated_ahead
from ocms_core.kernel.alerts import Alert

app = App(name="jobs", help="List the jobs, run one by hand, show their history, release a lock.")

HELD = 3
REMEDY = "see docs/howto/java-nodes.md"


@app.command(name="list")
def list_jobs(*, as_json: AsJson = False) -> None:
    """List the jobs: schedule in Singapore time, what they do, the last run and the next."""
    settings, now = startup(), SystemClock().now()
    check_schedules(settings.schedules)
    databases = open_databases(settings)
    states = SettingsJobOverview(settings, databases.intranet).jobs(now)

    def row(state: JobState, job: Job) -> tuple[object, ...]:
        last = (state.last.started_at, state.last.state) if state.last else (None, None)
        return (
            *(state.name, state.schedule or "by hand", *last, state.next_at, state.what),
            *(job.at_most, job.at_least),
        )

    columns = ("job", "schedule", "last run", "state", "next", "what", "at most", "at least")
    show_list(columns, map(row, states, JOBS), as_json=as_json)
    for lock in job_store(settings, databases).held_locks():
        if ahead := dated_ahead(lock):
            print(f"{lock.job}: {lock.holder} dated its lock {ahead} ahead; {REMEDY}", file=sys.stderr)
    if unsent := SqlAlerts(databases.intranet).unsent():
        print(f"{unsent} alerts wait to be sent.", file=sys.stderr)


@app.command
def run(name: str, *, force: bool = False, accept: bool = False) -> int:
    """
    Run a job now, under its lock; exit status 1 when it failed, 3 when it did not begin.

    Parameters
    ----------
    name
        The job, as `ocms jobs list` shows it.
    force
        Run it although it ran today.
    accept
        Take over what it would hold back, such as a list of VIP vehicles that shrinks.
    """
    settings, job = startup(), job_named(name)
    databases = open_databases(settings)
    try:
        runner = JobRunner(settings, databases)
        ended = runner.run(job, forced=force, accepting=accept)
        if isinstance(ended, SkipReason):
            print(f"{name} did not begin: {skip_text(ended, name, runner.store)}.", file=sys.stderr)
            return HELD
    finally:
        databases.dispose()
    print(f"run {ended.number}: {ended.result.value} {counts_text(ended.counts)}{ended.error or ''}")
    return 0 if ended.result is RunResult.DONE else 1


@app.command
def history(
    name: str | None = None, *, last: HowMany = 20, every: bool = False, as_json: AsJson = False
) -> None:
    """
    Show the last runs, the newest first; a run cut off shows as `never ended`.

    The jobs of contract 1 leave no run on record (P42); `ocms jobs list` has their last. Of jobs that run
    every minute only the runs that did not end well are shown, unless they are asked for.

    Parameters
    ----------
    name
        Only the runs of this job.
    last
        How many.
    every
        Those of jobs that run every minute too.
    as_json
        Print JSON instead of a table.
    """
    job = job_named(name).name if name else None
    if name and job_named(name).log_only:
        note = "leaves no runs on record: `ocms jobs list` shows the last, the log all of them."
        print(f"{name} {note}", file=sys.stderr)
    frequent = () if every else FREQUENT_JOBS
    settings = startup()
    job_runs = SqlJobRuns(open_databases(settings).intranet, lock_times(settings))
    found = (
        (
            run.number,
            run.job,
            run.started_at,
            run.state,
            seconds(run),
            counts_text(run.counts),
            run.error,
            run.worker,
        )
        for run in job_runs.history(job, last=last, done_without=frequent)
    )
    columns = ("run", "job", "started", "state", "seconds", "counts", "error", "worker")
    show_list(columns, found, as_json=as_json, wrapped=("counts", "error"), moments=SECOND)


@app.command
def release(name: str) -> int:
    """
    Release the lock of a job whose worker was killed, so that the job can run before the lock ends.

    The worker has to be gone: its process has ended, which is seen on its own machine, or it has not said
    for three minutes that it is alive. The exit status is 3 when the lock is not released.

    Parameters
    ----------
    name
        The job, as `ocms jobs list` shows it.
    """
    settings, job = startup(), job_named(name)
    locks = JobLocks(job_store(settings, open_databases(settings)))
    held, refusal = locks.release_by_hand(job.name, job.at_most, process_runs)
    who = ""
    if held:
        extended = last_extended(held, job.at_most)
        who = f" Held by {held.holder} since {held.locked_at:{SECOND}}, last extended {extended:{SECOND}}."
    if refusal is None:
        print(f"The lock of {name} is released.{who}", file=sys.stderr)
        return 0
    when = f" It ends by itself at {held.until:{SECOND}} unless extended." if held else ""
    print(f"The lock of {name} is not released: {refusal.value}.{who}{when}", file=sys.stderr)
    return HELD


@app.command
def alert(text: str) -> int:
    """
    Send an alert at once, to see that the settings for the mail server work.

    The exit status is 1 when the server accepts the alert for some recipients only.

    Parameters
    ----------
    text
        What to say.
    """
    now = SystemClock().now()
    message = Alert(f"by hand at {now.isoformat()}", "OCMS test alert", text)
    refused = alert_sender(startup()).send(message, now)
    print(f"sent; refused for {refused} recipients" if refused else "sent", file=sys.stderr)
    return 1 if refused else 0


def skip_text(reason: SkipReason, name: str, store: SqlJobStore) -> str:
    """Return why a job did not begin, and where another has its lock, until when."""
    lock = store.held_lock(name) if reason is SkipReason.HELD else None
    return f"{reason.value} (held until {lock.until:%H:%M:%S} unless extended)" if lock else reason.value


def seconds(run: Run) -> float | None:
    """Return how long a run took, in seconds to one decimal; None for one that has not ended."""
    return round((run.ended_at - run.started_at).total_seconds(), 1) if run.ended_at else None


def counts_text(counts: JobCounts) -> str:
    """Return counts on one line."""
    return " ".join(f"{name}={count}" for name, count in counts.items())

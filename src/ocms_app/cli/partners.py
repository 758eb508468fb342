"""`ocms partner`: the calls of CAS and PLUS to OCMS, as commands."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic

from attrs import asdict, evolve
from cyclopts import App

from ocms_adapters.clock import SystemClock
from ocms_adapters.partners import CasClient, PlusClient
from ocms_adapters.partners.cas_sync import CasSync, open_sync
from ocms_adapters.partners.progress import COURT_NOTICES, PAYMENT_STATUS
from ocms_adapters.partners.unpaid_list import read_list
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.locks import SqlJobStore
from ocms_app.cli.jobs import counts_text, skip_text
from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import Job, job_named
from ocms_app.jobs.context import JobContext
from ocms_app.startup import startup
from ocms_core.jobs.runs import JobCounts, RunOutcome, RunResult, SkipReason
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import today

app = App(name="partner", help="Call OCMS as its partners CAS and PLUS do.")

POLL_SECONDS = 0.5


@app.command
def cas_sync(file: Path) -> int:
    """
    Process the unpaid list: payment status (API 1), then court notices (API 2).

    Stays inside ten calls an hour, and goes on where it stopped when it is started again on the same day;
    what was answered is in FILE.progress. The address and the API key come from the settings
    `partner_url` and `partner_api_key`, the locks and the record of the runs from the Intranet database.

    Parameters
    ----------
    file
        CSV with a header, or one JSON object a line: noticeNo, suspensionType, eprReasonOfSuspension,
        processingStage.
    """
    settings = startup()
    client = CasClient(settings.partner_url, settings.partner_api_key)
    databases = open_databases(settings)
    try:
        return 0 if run_sync(file, client, JobRunner(settings, databases)) else 1
    finally:
        databases.dispose()


def run_sync(file: Path, client: CasClient, runner: JobRunner) -> bool:
    """
    Run both steps of the sync, each under the lock of its job; return whether both ended well.

    Raises `BadUnpaidList` before any lock is taken.
    """
    unpaid, day = read_list(file), today(client.now())

    def step(work: Callable[[CasSync], JobCounts], context: JobContext) -> JobCounts:
        return work(open_sync(file, client, context.check_lock, unpaid=unpaid, day=day))

    for name, work in ((PAYMENT_STATUS, CasSync.payment_statuses), (COURT_NOTICES, CasSync.court_notices)):
        job = evolve(job_named(name), run=partial(step, work))
        if not report_outcome(name, run_when_free(runner, job), runner.store):
            return False
    return True


def run_when_free(runner: JobRunner, job: Job) -> RunOutcome | SkipReason:
    """Run a job; where its lock is held, wait for as long as a run that was cut off can hold it."""
    latest = monotonic() + job.at_most.total_seconds() + 1
    outcome = runner.run(job)
    if outcome is SkipReason.HELD:
        print(
            f"{job.name}: {skip_text(outcome, job.name, runner.store)}; waiting for that.",
            file=sys.stderr,
        )
    while outcome is SkipReason.HELD and monotonic() < latest:
        runner.stopping.wait(POLL_SECONDS)
        outcome = runner.run(job)
    return outcome


def report_outcome(name: str, outcome: RunOutcome | SkipReason, store: SqlJobStore) -> bool:
    """Print the outcome of a step; return whether it was done."""
    if isinstance(outcome, SkipReason):
        print(f"{name} did not begin: {skip_text(outcome, name, store)}.", file=sys.stderr)
        return False
    print(
        f"{name}: {outcome.result.value} {counts_text(outcome.counts)}{outcome.error or ''}", file=sys.stderr
    )
    return outcome.result is RunResult.DONE


@app.command
def plus_query(*notice_nos: str, file: Path | None = None) -> None:
    """
    Query whether notices can be paid (API 4), a hundred in a call; print one JSON object a line.

    Address, token endpoint, client id and secret come from the settings `partner_*`.

    Parameters
    ----------
    notice_nos
        Notice numbers.
    file
        A list of them besides: CSV with a header `noticeNo`, or one JSON object a line.
    """
    settings = startup()
    databases = open_databases(settings)

    def send_alert(alert: Alert) -> None:
        SqlAlerts(databases.intranet).keep(alert, SystemClock().now())
        JobRunner(settings, databases).run(job_named("send_alerts"))

    plus = PlusClient(
        settings.partner_url,
        settings.partner_token_url,
        settings.partner_client_id,
        settings.partner_client_secret,
        alert=send_alert,
        scope=settings.partner_scope,
    )
    for notice in plus.query(all_notice_nos(notice_nos, file)):
        print(json.dumps(asdict(notice), default=str), flush=True)


def all_notice_nos(notice_nos: tuple[str, ...], file: Path | None) -> Iterator[str]:
    """Yield the numbers of the command line and those of the file."""
    yield from notice_nos
    if file:
        yield from read_list(file).notice_nos

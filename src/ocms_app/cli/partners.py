"""`ocms partner`: what CAS and PLUS do with OCMS, as commands."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic

from attrs import asdict
from cyclopts import App

from ocms_adapters.clock import SystemClock
from ocms_adapters.partners import CasClient, PlusClient
from ocms_adapters.partners.cas_sync import COURT_NOTICES, PAYMENT_STATUS, CasSync, open_sync
from ocms_adapters.partners.unpaid_list import read_list
from ocms_adapters.sql.alerts import SqlAlerts
from ocms_app.cli.jobs import counted, why_not
from ocms_app.databases import Databases, open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.job_table import Job, job_named
from ocms_app.jobs.context import JobContext
from ocms_app.startup import startup
from ocms_core.jobs.runs import JobCounts, RunOutcome, RunResult, SkipReason
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import today

app = App(name="partner", help="Call OCMS as its partners CAS and PLUS do.")

BY_HAND = ""
# A run that is cut off holds its lock no longer than this; one at work extends it.
HELD_AT_MOST = timedelta(minutes=1)
SECONDS_BETWEEN_LOOKS = 0.5


@app.command
def cas_sync(file: Path) -> int:
    """
    Work through the unpaid list: payment status (API 1), then court notices (API 2).

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
        return 0 if synced(file, client, JobRunner(settings, databases)) else 1
    finally:
        databases.dispose()


def synced(file: Path, client: CasClient, runner: JobRunner) -> bool:
    """Do both steps, each under the lock of its job; False when one did not begin or did not end well."""
    unpaid, day = read_list(file), today(client.now())

    def step(work: Callable[[CasSync], JobCounts], context: JobContext) -> JobCounts:
        return work(open_sync(file, client, partial(still_mine, context), unpaid=unpaid, day=day))

    for name, work in ((PAYMENT_STATUS, CasSync.payment_statuses), (COURT_NOTICES, CasSync.court_notices)):
        job = Job(name, BY_HAND, HELD_AT_MOST, timedelta(0), "The sync of CAS.", partial(step, work))
        if not finished(name, when_free(runner, job), runner.databases):
            return False
    return True


def still_mine(context: JobContext) -> None:
    """Raise `LockLost` when another run has taken over."""
    context.check_lock()


def when_free(runner: JobRunner, job: Job) -> RunOutcome | SkipReason:
    """Run a job; where its lock is held, wait as long as a run that was cut off can hold it."""
    latest = monotonic() + job.at_most.total_seconds() + 1
    ended = runner.run(job)
    if ended is SkipReason.HELD:
        print(f"{job.name}: {why_not(ended, job.name, runner.databases)}; waiting for that.", file=sys.stderr)
    while ended is SkipReason.HELD and monotonic() < latest:
        runner.stopping.wait(SECONDS_BETWEEN_LOOKS)
        ended = runner.run(job)
    return ended


def finished(name: str, ended: RunOutcome | SkipReason, databases: Databases) -> bool:
    """Tell how a step ended."""
    if isinstance(ended, SkipReason):
        print(f"{name} did not begin: {why_not(ended, name, databases)}.", file=sys.stderr)
        return False
    print(f"{name}: {ended.result.value} {counted(ended.counts)}{ended.error or ''}", file=sys.stderr)
    return ended.result is RunResult.DONE


@app.command
def plus_query(*notice_nos: str, file: Path | None = None) -> None:
    """
    Ask whether notices can be paid (API 4), a hundred in a call; prints one JSON object a line.

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

    def keep(alert: Alert) -> None:
        SqlAlerts(databases.intranet).keep(alert, SystemClock().now())
        JobRunner(settings, databases).run(job_named("send_alerts"))

    plus = PlusClient(
        settings.partner_url,
        settings.partner_token_url,
        settings.partner_client_id,
        settings.partner_client_secret,
        alert=keep,
    )
    for notice in plus.query(requested(notice_nos, file)):
        print(json.dumps(asdict(notice), default=str), flush=True)


def requested(notice_nos: tuple[str, ...], file: Path | None) -> Iterator[str]:
    """Give the numbers of the command line and those of the file."""
    yield from notice_nos
    if file:
        yield from read_list(file).notice_nos

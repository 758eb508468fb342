"""`ocms partner`: the calls of CAS and PLUS to OCMS, as commands."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic

from attrs import evolve
from cyclopts import App

from ocms_adapters.clock import SystemClock
from ocms_adapters.partners import CasClient, NoticeInfo, PlusClient
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
from ocms_app.settings import require
from ocms_app.startup import startup
from ocms_core.jobs.runs import JobCounts, RunOutcome, RunResult, SkipReason
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import today
from ocms_web.court.shapes import NoticeInfoLine
from ocms_web.json_codec import encode, or_null, to_second

app = App(name="partner", help="Call OCMS as its partners CAS and PLUS do.")

POLL_SECONDS = 0.5
FAILED = 1
SOME_REFUSED = 4
"""The exit status of a sync that went through the whole list, some notices of which OCMS did not take."""


@app.command
def cas_sync(file: Path) -> int:
    """
    Process the unpaid list: payment status (API 1), then court notices (API 2).

    Stays inside ten calls an hour, and goes on where it stopped when it is started again on the same day;
    what was answered is in FILE.progress. The exit status is 1 when the sync did not end, 4 when it did but
    OCMS refused some of the notices; FILE.progress has the code of each.

    The address and the API key come from the settings `partner_url` and `partner_api_key`, the locks and the
    record of the runs from the Intranet database.

    Parameters
    ----------
    file
        CSV with a header, or one JSON object a line in a file named .jsonl or .ndjson: noticeNo,
        suspensionType, eprReasonOfSuspension, processingStage.
    """
    settings = startup()
    require(settings, "partner_api_key")
    client = CasClient(settings.partner_url, settings.partner_api_key)
    databases = open_databases(settings)
    try:
        return run_sync(file, client, JobRunner(settings, databases))
    finally:
        databases.dispose()


def run_sync(file: Path, client: CasClient, runner: JobRunner) -> int:
    """
    Run both steps of the sync, each under the lock of its job; return the exit status.

    Raises `BadUnpaidList` before any lock is taken.
    """
    unpaid, day, refused = read_list(file), today(client.now()), 0

    def step(work: Callable[[CasSync], JobCounts], context: JobContext) -> JobCounts:
        return work(open_sync(file, client, context.check_lock, unpaid=unpaid, day=day))

    for name, work in ((PAYMENT_STATUS, CasSync.payment_statuses), (COURT_NOTICES, CasSync.court_notices)):
        job = evolve(job_named(name), run=partial(step, work))
        outcome = run_when_free(runner, job)
        if not report_outcome(name, outcome, runner.store):
            return FAILED
        refused += refused_notices(outcome)
    if not refused:
        return 0
    print(f"OCMS refused {refused} times; {file}.progress says why.", file=sys.stderr)
    return SOME_REFUSED


def refused_notices(outcome: RunOutcome | SkipReason) -> int:
    """Return how many notices of a step OCMS refused, as malformed or by its rules."""
    counts = outcome.counts if isinstance(outcome, RunOutcome) else {}
    return counts.get("refused", 0) + counts.get("failed", 0)


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

    An object is as API 4 answers it, with the contract's names and times.

    Address, token endpoint, client id and secret come from the settings `partner_*`.

    Parameters
    ----------
    notice_nos
        Notice numbers.
    file
        A list of them besides: CSV with a header `noticeNo`, or one JSON object a line in a file named
        .jsonl or .ndjson.
    """
    if not notice_nos and not file:
        raise ValueError("Name one or more notices, or a list of them with --file.")
    settings = startup()
    require(settings, "partner_token_url", "partner_client_id", "partner_client_secret")
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
        print(encode(as_answered(notice)).decode(), flush=True)


def as_answered(notice: NoticeInfo) -> NoticeInfoLine:
    """Return a notice as API 4 has it."""
    return NoticeInfoLine(
        notice_no=notice.notice_no,
        court_payment_due_date=or_null(to_second, notice.court_payment_due_date),
        payment_allowance_flag=notice.payment_allowance_flag,
        amount_payable=notice.amount_payable,
    )


def all_notice_nos(notice_nos: tuple[str, ...], file: Path | None) -> Iterator[str]:
    """Yield the numbers of the command line and those of the file."""
    yield from notice_nos
    if file:
        yield from read_list(file).notice_nos

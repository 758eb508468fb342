"""The jobs behind the HST list: nightly suspensions, the monthly address check, its workbooks."""

from pathlib import Path

import structlog
from attrs import evolve, frozen

from ocms_adapters.datahive import HttpDataHive
from ocms_adapters.mail import SmtpAlertSender
from ocms_adapters.report_mail import SmtpReportMailer
from ocms_adapters.sftp import SftpExchange
from ocms_adapters.sql.hst import SqlHstStores
from ocms_app.jobs import sending_alerts
from ocms_app.jobs.context import JobContext
from ocms_app.reports import report_store
from ocms_app.settings import Settings
from ocms_core.hst import address_check, batch_jobs, mha_exchange, reporting
from ocms_core.hst.facts import JobResult
from ocms_core.hst.ports import DataHive, MhaExchange, Progress
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import today
from ocms_core.kernel.errors import Unavailable

log = structlog.get_logger()


@frozen
class JobAlerts:
    """Raises one alert for each thing that is wrong, however many runs find it."""

    context: JobContext

    def alert(self, code: Code, text: str) -> None:
        """Raise it."""
        self.context.alert(f"{code.code} {text}", f"OCMS {code.code} {code.text}", text)


def suspend_hst_new_notices(context: JobContext) -> JobCounts:
    """Suspend new notices of listed identities."""
    return job_counts(
        context,
        batch_jobs.suspend_hst_new_notices(
            stores=stores(context), now=context.now(), progress=progress(context)
        ),
    )


def loop_hst_suspensions(context: JobContext) -> JobCounts:
    """Let TS-HST that is due go round or end."""
    return job_counts(
        context,
        batch_jobs.loop_hst_suspensions(
            stores=stores(context), now=context.now(), progress=progress(context)
        ),
    )


def query_hst_addresses(context: JobContext) -> JobCounts:
    """Queue every listed identity to be asked about."""
    return counts(address_check.query_hst_addresses(stores=stores(context), now=context.now()))


def send_mha_requests(context: JobContext) -> JobCounts:
    """Send queued identities to MHA."""
    return counts(
        mha_exchange.send_mha_requests(
            stores=stores(context),
            exchange=exchange(context.settings),
            now=context.now(),
            progress=progress(context),
        )
    )


def receive_mha_responses(context: JobContext) -> JobCounts:
    """Take in what MHA has answered."""
    return counts(
        mha_exchange.receive_mha_responses(
            stores=stores(context),
            exchange=exchange(context.settings),
            alerts=JobAlerts(context),
            now=context.now(),
            progress=progress(context),
        )
    )


def query_datahive(context: JobContext) -> JobCounts:
    """Ask DataHive about queued identities."""
    return job_counts(
        context,
        address_check.query_datahive(
            stores=stores(context),
            datahive=datahive(context),
            now=context.now(),
            progress=progress(context),
        ),
    )


def generate_hst_reports(context: JobContext) -> JobCounts:
    """Write and mail the workbooks of months with new answers."""
    return counts(
        reporting.generate_hst_reports(
            stores=stores(context),
            store=report_store(context.settings),
            post=SmtpReportMailer(mail_server(context.settings), context.now()),
            alerts=JobAlerts(context),
            now=context.now(),
        )
    )


def stores(context: JobContext) -> SqlHstStores:
    """Give the HST stores; no transaction of theirs commits once the job has lost its lock."""
    return SqlHstStores(context.databases.intranet, context.check)


def progress(context: JobContext) -> Progress:
    """Log after each chunk, and stop there when the worker is asked to stop."""

    def after_chunk(done: int) -> bool:
        log.info("job_progress", job=context.held.job, done=done)
        return not context.ending

    return after_chunk


def job_counts(context: JobContext, tally: JobResult) -> JobCounts:
    """Give a tally as the journal keeps it; operations are told, once a day, of what is left over."""
    if tally.failed:
        context.alert(
            f"{today(context.now())}/left",
            f"OCMS job {context.held.job} left {tally.failed} for its next run",
            f"Done: {tally.done}\nLeft for the next run: {tally.failed}",
        )
    return counts(tally)


def counts(tally: JobResult) -> JobCounts:
    """Give a tally as the journal keeps it."""
    return {"done": tally.done, "failed": tally.failed}


def exchange(settings: Settings) -> MhaExchange:
    """Give the exchange with MHA the settings name."""
    if not settings.mha_host:
        raise Unavailable("MHA (OCMS_MHA_HOST is not set)")
    return SftpExchange(
        host=settings.mha_host,
        port=settings.mha_port,
        user=settings.mha_user,
        key=Path(settings.mha_key),
        known_hosts=Path(settings.mha_known_hosts),
        requests=settings.mha_requests,
        responses=settings.mha_responses,
    )


def datahive(context: JobContext) -> DataHive:
    """Give the DataHive the settings name."""
    settings = context.settings
    if not settings.datahive_url:
        raise Unavailable("DataHive (OCMS_DATAHIVE_URL is not set)")
    return HttpDataHive(
        settings.datahive_url,
        settings.datahive_token,
        settings.datahive_ca,
        pause=context.sleep,
        now=context.now,
    )


def mail_server(settings: Settings) -> SmtpAlertSender | None:
    """Give the mail server for workbooks: that of the alerts, with other recipients."""
    recipients = [name.strip() for name in settings.hst_reports_to.split(",") if name.strip()]
    server = sending_alerts.post(evolve(settings, alert_to=settings.hst_reports_to))
    return server if isinstance(server, SmtpAlertSender) and recipients else None

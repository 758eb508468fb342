"""The jobs of the HST list: nightly suspensions, the monthly address check, its workbooks."""

from pathlib import Path

import structlog
from attrs import evolve, frozen

from ocms_adapters.datahive import HttpDataHive
from ocms_adapters.mail import SmtpAlertSender
from ocms_adapters.report_mail import SmtpReportMailer
from ocms_adapters.sql.hst import SqlHstStores
from ocms_app.jobs import sending_alerts
from ocms_app.jobs.context import JobContext
from ocms_app.reports import report_store
from ocms_app.settings import Settings, require, variable
from ocms_core.hst import address_check, batch_jobs, mha_exchange, reporting
from ocms_core.hst.facts import JobResult
from ocms_core.hst.ports import DataHive, MhaExchange, Progress
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.codes import Code
from ocms_core.kernel.dates import today

log = structlog.get_logger()


@frozen
class JobAlerts:
    """Alerts operations once for each thing that is wrong, however many runs find it."""

    context: JobContext

    def alert(self, code: Code, text: str) -> None:
        """Alert operations."""
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
    """Renew or end each TS-HST that is due."""
    return job_counts(
        context,
        batch_jobs.loop_hst_suspensions(
            stores=stores(context), now=context.now(), progress=progress(context)
        ),
    )


def query_hst_addresses(context: JobContext) -> JobCounts:
    """Queue every listed identity for an address enquiry."""
    return counts(address_check.query_hst_addresses(stores=stores(context), now=context.now()))


def send_mha_requests(context: JobContext) -> JobCounts:
    """Send queued identities to MHA."""
    return job_counts(
        context,
        mha_exchange.send_mha_requests(
            stores=stores(context),
            exchange=exchange(context.settings),
            now=context.now(),
            progress=progress(context),
        ),
    )


def receive_mha_responses(context: JobContext) -> JobCounts:
    """Store what MHA has answered."""
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
    """Return the HST stores; none of their transactions commits once the job has lost its lock."""
    return SqlHstStores(context.databases.intranet, context.guard)


def progress(context: JobContext) -> Progress:
    """Return what logs each chunk, and stops after it when the job is ending."""

    def after_chunk(done: int) -> bool:
        log.info("job_progress", job=context.lease.job, done=done)
        return not context.ending

    return after_chunk


def job_counts(context: JobContext, result: JobResult) -> JobCounts:
    """Return the counts of a run; alert operations, once a day, of what is left for the next one."""
    if result.failed:
        context.alert(
            f"{today(context.now())}/left",
            f"OCMS job {context.lease.job} left {result.failed} for its next run",
            f"Done: {result.done}\nLeft for the next run: {result.failed}",
        )
    return counts(result)


def counts(result: JobResult) -> JobCounts:
    """Convert a result to the counts of a run."""
    return {"done": result.done, "failed": result.failed}


def exchange(settings: Settings) -> MhaExchange:
    """Return the exchange with MHA; raise `WrongSettings` where the settings name none."""
    require(settings, "mha_host")
    # asyncssh takes as long to load as all the rest of the jobs.
    from ocms_adapters.sftp import SftpExchange  # noqa: PLC0415  # only for the jobs that exchange files

    return SftpExchange(
        host=settings.mha_host,
        port=settings.mha_port,
        user=settings.mha_user,
        key=Path(settings.mha_key),
        known_hosts=Path(settings.mha_known_hosts),
        requests=settings.mha_requests,
        responses=settings.mha_responses,
        key_setting=variable("mha_key"),
    )


def datahive(context: JobContext) -> DataHive:
    """Return DataHive; raise `WrongSettings` where the settings name none."""
    settings = context.settings
    require(settings, "datahive_url")
    return HttpDataHive(
        settings.datahive_url,
        settings.datahive_token,
        settings.datahive_ca,
        pause=context.sleep,
        now=context.now,
    )


def mail_server(settings: Settings) -> SmtpAlertSender | None:
    """Return the mail server for workbooks, that of the alerts with other recipients; None without one."""
    server = sending_alerts.alert_sender(evolve(settings, alert_to=settings.hst_reports_to))
    return server if isinstance(server, SmtpAlertSender) else None

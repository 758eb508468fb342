"""Hands waiting alerts to the mail server; one it does not take waits for the next time."""

from ocms_adapters.mail import AlertSender, LogAlertSender, SmtpAlertSender
from ocms_adapters.sql.alerts import SqlAlerts, mark_failed, mark_sent
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.jobs.runs import JobCounts
from ocms_core.kernel.errors import Unavailable


def post(settings: Settings) -> AlertSender:
    """Give the mail server of the settings, or the log."""
    recipients = [name.strip() for name in settings.alert_to.split(",") if name.strip()]
    if not (settings.smtp_host and recipients):
        return LogAlertSender()
    return SmtpAlertSender(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.alert_from,
        recipients=recipients,
        starttls=settings.smtp_starttls,
        ca=settings.smtp_ca or None,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )


def run(context: JobContext) -> JobCounts:
    """Send what is due; each is on record as sent before the next is begun."""
    server, sent, failed, refused = post(context.settings), 0, 0, 0
    for waiting in SqlAlerts(context.databases.intranet).waiting(context.now()):
        try:
            refused += server.send(waiting.alert, context.now())
        except Unavailable as fault:
            with context.writing() as connection:
                mark_failed(connection, waiting, str(fault), context.now())
            failed += 1
        else:
            with context.writing() as connection:
                mark_sent(connection, waiting, context.now())
            sent += 1
    return {"sent": sent, "failed": failed, "refused": refused}

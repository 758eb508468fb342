"""Sends waiting alerts through the mail server of the settings."""

from ocms_adapters.mail import LogAlertSender, SmtpAlertSender
from ocms_adapters.mail_addresses import addresses
from ocms_app.jobs.context import JobContext
from ocms_app.settings import Settings
from ocms_core.jobs.alerts import send_alerts
from ocms_core.jobs.ports import AlertSender
from ocms_core.jobs.runs import JobCounts


def alert_sender(settings: Settings) -> AlertSender:
    """Return the mail server of the settings, or the log where they name none."""
    recipients = addresses(settings.alert_to)
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
    """Send the alerts that are due."""
    return send_alerts(context.alerts, alert_sender(context.settings), context.now)

"""Alerts by e-mail: SMTP with STARTTLS and authentication, or printed in the log where no server is set."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

import structlog
from attrs import field, frozen

from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.errors import Unavailable

log = structlog.get_logger()

SECONDS = 20


@frozen
class LogAlertSender:
    """Prints alerts in the log: what a demo and a machine without a mail server do."""

    def send(self, alert: Alert, now: datetime) -> int:
        """Print an alert."""
        log.error("alert", subject=alert.subject, text=alert.text, at=now.isoformat())
        return 0


@frozen
class SmtpAlertSender:
    """A mail server; with `starttls` it must offer encryption and show a certificate of `ca`."""

    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    starttls: bool = True
    ca: str | None = None
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, alert: Alert, now: datetime) -> int:
        """Hand an alert to the mail server."""
        return self.deliver(message(alert, self.sender, self.recipients, now))

    def deliver(self, written: EmailMessage) -> int:
        """
        Hand a mail to the server; Unavailable, without its words, when it takes it for nobody.

        A recipient refused beside one accepted is a line of the log, and counted: sent once more, the
        mail would reach the other twice.
        """
        try:
            with self._server() as server:
                refused = server.send_message(written)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server ({type(error).__name__})") from error
        for recipient, (status, _) in refused.items():
            log.error("recipient_refused", recipient=recipient, status=status, subject=written["Subject"])
        return len(refused)

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """Open the way to the server; what is wrong with the parting changes nothing any more."""
        server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            if self.starttls:
                server.starttls(context=ssl.create_default_context(cafile=self.ca))
            if self.user:
                server.login(self.user, self.password)
            yield server
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        finally:
            server.close()


def message(alert: Alert, sender: str, recipients: Sequence[str], now: datetime) -> EmailMessage:
    """Write the mail; sent twice, it has the same id, so that a mail system shows it once."""
    written = EmailMessage()
    written["Subject"] = alert.subject
    written["From"] = sender
    written["To"] = ", ".join(recipients)
    written["Date"] = format_datetime(now)
    written["Message-ID"] = f"<{sha256(alert.incident.encode()).hexdigest()[:32]}@ocms.invalid>"
    written.set_content(alert.text)
    return written

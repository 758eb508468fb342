"""Alerts by e-mail: SMTP with STARTTLS and authentication, or printed in the log where no server is set."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from hashlib import sha256

import structlog
from attrs import field, frozen

from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.errors import Unavailable

log = structlog.get_logger()

SECONDS = 20
# Every server takes seven bits; eight only one that offers 8BITMIME (RFC 6152), which is known too late.
SEVEN_BITS = SMTP_POLICY.clone(cte_type="7bit")


@frozen
class LogAlertSender:
    """A sender that writes alerts to the log, for a demo and a machine without a mail server."""

    def send(self, alert: Alert, now: datetime) -> int:
        """Log an alert; nobody is refused."""
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
        """Send an alert; return how many recipients were refused. Raises `Unavailable`."""
        return self.deliver(message(alert, self.sender, self.recipients, now))

    def deliver(self, mail: EmailMessage) -> int:
        """
        Send a message. Raises `Unavailable` (server text omitted) when every recipient is refused.

        Returns how many recipients were refused beside one accepted. Each is a line of the log: sent once
        more, the message would reach the accepted ones twice.
        """
        try:
            with self._server() as server:
                refused = server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server ({type(error).__name__})") from error
        for recipient, (status, _) in refused.items():
            log.error("recipient_refused", recipient=recipient, status=status, subject=mail["Subject"])
        return len(refused)

    def check_connection(self) -> None:
        """Connect, encrypt and log in as for a mail, and send none. Raises `Unavailable`."""
        try:
            with self._server() as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server ({type(error).__name__})") from error

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """Open a connection to the server; an error while it is closed changes nothing any more."""
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
    """Build the message of an alert; sent twice it has one id, so that a mail system shows it once."""
    mail = EmailMessage(SEVEN_BITS)
    mail["Subject"] = alert.subject
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{sha256(alert.incident.encode()).hexdigest()[:32]}@ocms.invalid>"
    mail.set_content(alert.text)
    return mail

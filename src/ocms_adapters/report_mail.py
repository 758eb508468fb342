"""Workbooks mailed to the officers, over the mail server that takes alerts."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

from attrs import frozen

from ocms_adapters.mail import SEVEN_BITS, SmtpAlertSender
from ocms_core.kernel.errors import Unavailable

WORKBOOK = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@frozen
class SmtpReportMailer:
    """A sender of reports over a mail server; `now` is the date of the messages."""

    server: SmtpAlertSender | None
    now: datetime

    def send(self, subject: str, text: str, attachments: Mapping[str, bytes]) -> None:
        """Send a message with workbooks. Raises `Unavailable` when it cannot be sent or no server is set."""
        if self.server is None or not self.server.recipients:
            raise Unavailable("the mail server (none is set)")
        mail = EmailMessage(SEVEN_BITS)
        mail["Subject"] = subject
        mail["From"] = self.server.sender
        mail["To"] = ", ".join(self.server.recipients)
        mail["Date"] = format_datetime(self.now)
        content = sha256(b"".join(attachments.values())).hexdigest()[:32]
        mail["Message-ID"] = f"<{content}@ocms.invalid>"
        mail.set_content(text)
        for name, file in attachments.items():
            maintype, subtype = WORKBOOK
            mail.add_attachment(file, maintype=maintype, subtype=subtype, filename=name)
        self.server.deliver(mail)

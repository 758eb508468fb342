"""Mails workbooks to the officers, over the mail server that takes alerts."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

from attrs import frozen

from ocms_adapters.mail import SmtpAlertSender
from ocms_core.kernel.errors import Unavailable

WORKBOOK = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@frozen
class SmtpReportMailer:
    """A mail server and the moment of the mails; without a server nothing can be sent."""

    server: SmtpAlertSender | None
    now: datetime

    def send(self, subject: str, text: str, attachments: Mapping[str, bytes]) -> None:
        """Send a message with workbooks; Unavailable when it could not be handed over."""
        if self.server is None or not self.server.recipients:
            raise Unavailable("the mail server (none is set)")
        written = EmailMessage()
        written["Subject"] = subject
        written["From"] = self.server.sender
        written["To"] = ", ".join(self.server.recipients)
        written["Date"] = format_datetime(self.now)
        content = sha256(b"".join(attachments.values())).hexdigest()[:32]
        written["Message-ID"] = f"<{content}@ocms.invalid>"
        written.set_content(text)
        for name, file in attachments.items():
            maintype, subtype = WORKBOOK
            written.add_attachment(file, maintype=maintype, subtype=subtype, filename=name)
        self.server.deliver(written)

"""Mail as every server takes it, to recipients written as people write them."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as current_policy

import pytest

from ocms_adapters.mail import SmtpAlertSender
from ocms_adapters.mail_addresses import addresses
from ocms_adapters.report_mail import SmtpReportMailer
from ocms_core.kernel.alerts import Alert
from tests.support.seven_bit_relay import seven_bit_relay

NOW = datetime(2025, 1, 14, 10, tzinfo=UTC)
TEXTS = [
    "plain text",
    "caf\u00e9 \u2013 file of M\u00fcller",
    "\u9648\u5927\u6587",
    "x" * 2000,
    "\u00e9" * 2000,
    "",
    ".\n.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_an_alert_reaches_a_server_that_takes_seven_bits(text: str) -> None:
    with seven_bit_relay() as relay:
        sender = SmtpAlertSender(
            "127.0.0.1", relay.port, "ocms@example.sg", ["ops@example.sg"], starttls=False
        )
        assert sender.send(Alert("one", f"Subject {text[:20]}".replace("\n", " "), text), NOW) == 0
    (content,) = relay.received
    read = message_from_bytes(content, policy=current_policy)
    assert isinstance(read, EmailMessage)
    assert read.get_content().replace("\r\n", "\n").rstrip("\n") == text
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_a_workbook_with_a_name_beyond_ascii_reaches_it_too() -> None:
    with seven_bit_relay() as relay:
        server = SmtpAlertSender(
            "127.0.0.1", relay.port, "ocms@example.sg", ["ops@example.sg"], starttls=False
        )
        workbook = bytes(range(256)) * 40
        SmtpReportMailer(server, NOW).send("Caf\u00e9", "f\u00fcr Januar", {"f\u00fcr Januar.xlsx": workbook})
    (content,) = relay.received
    read = message_from_bytes(content, policy=current_policy)
    assert isinstance(read, EmailMessage)
    (attached,) = read.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("f\u00fcr Januar.xlsx", workbook)


@pytest.mark.parametrize(
    "text",
    [
        "ops@example.sg, duty@example.sg",
        "ops@example.sg; duty@example.sg",
        "ops@example.sg duty@example.sg",
        "ops@example.sg\n  duty@example.sg\n",
        "ops@example.sg,duty@example.sg,;",
        'Operations <ops@example.sg>; "Officer, on duty" <duty@example.sg>',
        "<ops@example.sg>, duty@example.sg; ops@example.sg",
    ],
)
def test_recipients_are_separated_as_people_write_them(text: str) -> None:
    assert addresses(text) == ["ops@example.sg", "duty@example.sg"]


@pytest.mark.parametrize("text", ["", " ", ";", ", ;\n"])
def test_no_recipient_is_an_empty_list(text: str) -> None:
    assert addresses(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ops",
        "ops@",
        "@example.sg",
        "ops@example.sg|duty@example.sg",
        "Ops ops@example.sg",
        "m\u00fc@example.sg",
        "ops@example.sg/",
    ],
)
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        addresses(text)

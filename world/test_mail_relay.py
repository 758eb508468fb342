"""Alerts and reports through a real mail server that is strict: Postfix without 8BITMIME and SMTPUTF8."""

import os
import smtplib
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocms_adapters.sql.alerts import SqlAlerts
from ocms_adapters.sql.schema import intranet as t
from ocms_core.kernel.alerts import Alert
from ocms_core.kernel.dates import local
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.hst_facts import IDENTITY
from tests.support.hst_rows import hst_database
from tests.support.http_server import OCMS, Deployment, now
from world.support.mail_relay import MailRelay, mail_relay

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may run Postfix")

TEXTS = ["plain text", "café – file of Müller", "陳大文", "x" * 2000, "é" * 2000, ".\n."]


@pytest.fixture(scope="module")
def relay() -> Iterator[MailRelay]:
    """Yield the running relay."""
    with mail_relay() as running:
        yield running


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Yield a deployment on SQLite."""
    databases = sqlite_databases(sqlite_templates(tmp_path / "templates"), tmp_path)
    deployment = Deployment(databases, tmp_path)
    yield deployment
    deployment.engine.dispose()


def ocms(deployment: Deployment, relay: MailRelay, *words: str, **settings: object) -> str:
    """Run a command whose mail goes through the relay; return what it says."""
    given: dict[str, object] = {
        "smtp_host": "127.0.0.1",
        "smtp_port": relay.port,
        "smtp_ca": relay.authority,
        "alert_from": "ocms@example.sg",
        "alert_to": "ops@example.sg",
        "hst_reports_to": "officer@example.sg",
        "reports": deployment.folder / "reports",
        **settings,
    }
    ended = subprocess.run(
        [OCMS, *words],
        env=deployment.environment(**given),
        cwd=deployment.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("text", TEXTS)
def test_an_alert_by_hand_arrives(deployment: Deployment, relay: MailRelay, text: str) -> None:
    assert "sent" in ocms(deployment, relay, "jobs", "alert", text)
    content, read = relay.received("ops")
    assert content.isascii()
    assert read.get_content().replace("\r\n", "\n").rstrip("\n") == text
    assert max(map(len, content.splitlines())) <= 998


@pytest.mark.rule("P40")
def test_kept_alerts_arrive_each_once(deployment: Deployment, relay: MailRelay) -> None:
    SqlAlerts(deployment.engine).keep(Alert("incident", "CAS antwortet nicht: Müller", "für 陳"), now())
    for _ in range(2):
        ocms(deployment, relay, "jobs", "run", "send_alerts")
    content, read = relay.received("ops")
    assert content.isascii()
    assert (read["Subject"], read.get_content().strip()) == ("CAS antwortet nicht: Müller", "für 陳")
    assert list((relay.mail / "ops" / "new").iterdir()) == []


@pytest.mark.rule("H35")
def test_the_workbooks_of_a_month_arrive_as_they_are_stored(deployment: Deployment, relay: MailRelay) -> None:
    database = hst_database(deployment.databases)
    address = {
        "bldg_name": "HÔTEL MÜLLER",
        "blk_hse_no": "1",
        "street_name": "JALAN",
        "postal_code": "123456",
    }
    answered = {"source": "MHA", "response_date_time": local(now()), "type_of_address": "", "error_code": "0"}
    database.put(
        t.ocms_temp_unc_hst_addr,
        [
            {
                "id_no": IDENTITY, "query_reason": "HST", "id_type": "N", "floor_no": "1", "unit_no": "1",
                **address, **answered,
            }
        ],
    )  # fmt: skip
    database.engine.dispose()
    ocms(deployment, relay, "jobs", "run", "generate_hst_reports")
    content, read = relay.received("officer")
    reports = deployment.folder / "reports"
    assert content.isascii()
    stored = {file.name: file.read_bytes() for file in reports.rglob("*.xlsx")}
    assert {part.get_filename(): part.get_content() for part in read.iter_attachments()} == stored
    assert len(stored) == 2


@pytest.mark.rule("P40")
def test_a_recipient_it_does_not_know_keeps_no_mail_from_the_others(
    deployment: Deployment, relay: MailRelay
) -> None:
    SqlAlerts(deployment.engine).keep(Alert("incident", "subject", "text"), now())
    said = ocms(deployment, relay, "jobs", "run", "send_alerts", alert_to="nobody@example.sg; ops@example.sg")
    assert "recipient_refused" in said
    assert relay.received("ops")[1]["Subject"] == "subject"


@pytest.mark.parametrize("header", ["", "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"])
def test_the_relay_is_strict(relay: MailRelay, header: str) -> None:
    with smtplib.SMTP("127.0.0.1", relay.port) as server:
        server.ehlo()
        with pytest.raises(smtplib.SMTPResponseException, match="STARTTLS"):
            server.sendmail("a@example.sg", ["ops@example.sg"], b"Subject: a\r\n\r\ntext\r\n")
        server.starttls(context=ssl.create_default_context(cafile=relay.authority))
        server.ehlo()
        assert not {"8bitmime", "smtputf8"} & server.esmtp_features.keys()
        content = f"Subject: a\r\n{header}\r\nMüller\r\n".encode()
        with pytest.raises(smtplib.SMTPDataError, match=r"5\.6\.1"):
            server.sendmail("a@example.sg", ["ops@example.sg"], content)

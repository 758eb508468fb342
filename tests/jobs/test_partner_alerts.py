"""`ocms partner plus-query`: its answers on standard output, and its alert at a real mail server."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict

from ocms_app.settings import Settings, variable
from ocms_demo.simulators.fault_injection import InjectedFault, Simulator
from ocms_demo.simulators.tokens import TokenSimulator, reply_bytes
from tests.jobs.conftest import Mailbox
from tests.support.http_server import OCMS

LockRequest = Callable[..., "subprocess.CompletedProcess[str]"]


class Gateway(Simulator):
    """A gateway that knows every notice."""

    def reply(self, path: str, headers: Any, body: bytes) -> Any:
        del path, headers
        notices = [
            {
                "noticeNo": asked["noticeNo"],
                "courtPaymentDueDate": "2025-02-14T00:00:00+08:00",
                "paymentAllowanceFlag": "Y",
                "amountPayable": 150.00,
            }
            for asked in json.loads(body)["notices"]
        ]
        return reply_bytes(200, {"total": len(notices), "data": {"notices": notices}})


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    simulator = Gateway()
    with simulator.running():
        yield simulator


@pytest.fixture
def ask(settings: Settings, gateway: Gateway, tmp_path: Path) -> Iterator[LockRequest]:
    """Give the command, with the settings of the jobs and those of PLUS."""
    tokens = TokenSimulator({"plus": "client-secret"}, lambda *_: "token", tmp_path)
    default = asdict(Settings())
    env = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    env |= {variable(name): str(value) for name, value in asdict(settings).items() if value != default[name]}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [OCMS, "partner", "plus-query", *words], env=env, capture_output=True, text=True, check=False
        )

    with tokens.running():
        env |= {
            "OCMS_PARTNER_URL": gateway.url,
            "OCMS_PARTNER_TOKEN_URL": tokens.address,
            "OCMS_PARTNER_CLIENT_ID": "plus",
            "OCMS_PARTNER_CLIENT_SECRET": "client-secret",
        }
        yield run


@pytest.mark.rule("P44")
def test_the_command_prints_one_object_a_line_and_nothing_else(ask: LockRequest, tmp_path: Path) -> None:
    numbers = [f"{number:010}" for number in range(150)]
    (tmp_path / "numbers.csv").write_text("\n".join(["noticeNo", *numbers]))
    ran = ask("1234567890", "--file", str(tmp_path / "numbers.csv"))
    assert ran.returncode == 0, ran.stderr
    given = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [each["noticeNo"] for each in given] == ["1234567890", *numbers]
    assert given[0] == {
        "noticeNo": "1234567890",
        "courtPaymentDueDate": "2025-02-14T00:00:00+08:00",
        "paymentAllowanceFlag": "Y",
        "amountPayable": 150.0,
    }


@pytest.mark.rule("P44")
def test_when_every_attempt_failed_one_alert_reaches_the_mail_server(
    ask: LockRequest, gateway: Gateway, mailbox: Mailbox
) -> None:
    gateway.faults.extend([InjectedFault(status=503)] * 4)
    ran = ask("1234567890")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "OCMS answered 503 (4 attempts)" in ran.stderr
    assert len(gateway.bodies) == 4
    (mail,) = mailbox.received
    assert mail["Subject"] == "OCMS API Query Notice Info Failed - All Retries Exhausted"
    text = str(mail.get_payload())
    assert "Attempts: 4" in text
    assert "Error: OCMS answered 503" in text

"""No secret of the settings is printed, whatever goes wrong."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import structlog
from attrs import fields

from ocms_app import logs
from ocms_app.settings import SECRETS, Settings
from tests.support.http_server import OCMS, Deployment

CANARY = "geheim"
# The first breaks in the middle of a job in a way nobody foresaw, the others in a partner's call.
NO_ADDRESS = "https://127.0.0.1:port"
COMMANDS = [
    ("jobs", "run", "refresh_vip_vehicle"),
    ("partner", "plus-query", "1234567890"),
    ("partner", "cas-sync", "unpaid.csv"),
]


def secrets() -> dict[str, str]:
    given = {name: f"{CANARY}-{name}" for name in SECRETS}
    return given | {"reports_azure": f"AccountName=ocms;AccountKey={CANARY}"}


def test_the_settings_that_are_secret_are_known() -> None:
    assert {"smtp_password", "partner_api_key", "partner_client_secret", "datahive_token"} < set(SECRETS)
    kept = {each.name for each in fields(Settings) if not each.repr}
    assert kept == {*SECRETS, "intranet_url", "internet_url"}
    given: dict[str, Any] = dict.fromkeys(kept, CANARY)
    assert CANARY not in repr(Settings(**given))


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_error_nobody_foresaw_is_logged_without_a_secret_and_apart_from_the_answer(
    sqlite_deployment: Deployment, words: tuple[str, ...], log_format: str
) -> None:
    (sqlite_deployment.folder / "unpaid.csv").write_text("noticeNo\n1234567890\n")
    settings = {
        **secrets(),
        "vip_url": NO_ADDRESS,
        "vip_certificate": "ocms.pem",
        "vip_key": "ocms.key",
        "partner_url": NO_ADDRESS,
        "partner_token_url": NO_ADDRESS,
        "partner_client_id": "plus",
        "log_format": log_format,
    }
    ran = subprocess.run(
        [OCMS, *words],
        env=sqlite_deployment.environment(**settings),
        cwd=sqlite_deployment.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert CANARY not in ran.stdout + ran.stderr
    assert [line for line in ran.stdout.splitlines() if not line.startswith("run ")] == []
    if log_format == "json":
        for line in filter(lambda line: line.startswith("{"), ran.stderr.splitlines()):
            assert json.loads(line)["event"]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_shows_no_values(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(password: str) -> None:
        raise KeyError(len(password))

    logs.set_up(log_format, "info")
    try:
        fails(CANARY)
    except KeyError:
        structlog.get_logger().exception("failed")
    said = capsys.readouterr()
    assert "KeyError" in said.err
    assert CANARY not in said.err.replace("fails(CANARY)", "")
    assert said.out == ""


def test_only_one_place_reads_the_settings_and_it_sets_logging_up() -> None:
    source = Path(logs.__file__).parent
    reading = re.compile(r"from ocms_app.settings import .*\bload\b|\bsettings\.load\b")
    found = [file for file in source.rglob("*.py") if reading.search(file.read_text())]
    assert [file.name for file in found] == ["startup.py"]

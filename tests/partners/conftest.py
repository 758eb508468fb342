"""A served OCMS with notices, and an OAuth server whose tokens it believes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from attrs import frozen
from sqlalchemy import insert

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.schema import ocms_valid_offence_notice as notice
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import local
from ocms_demo.dev_issuer import DevIssuer
from ocms_demo.simulators.tokens import TokenSimulator
from ocms_web.authentication.issuers import CallerKind
from tests.support import engines
from tests.support.databases import sqlite_databases
from tests.support.postgres import free_port

NOTICES = 12_000
SECRET = "client-secret"


@frozen
class Served:
    """Where OCMS answers, the folder of its databases, and an API key of CAS."""

    url: str
    folder: Path
    api_key: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings of its processes."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("OCMS_")},
            "OCMS_INTRANET_URL": f"sqlite:///{self.folder / 'intranet'}.sqlite",
            "OCMS_INTERNET_URL": f"sqlite:///{self.folder / 'internet'}.sqlite",
            "OCMS_DEV_ISSUER": "1",
            "OCMS_DEV_KEYS": str(self.folder / "keys"),
            "OCMS_PARTNER_URL": self.url,
            "OCMS_PARTNER_API_KEY": self.api_key,
        }


def numbered(count: int) -> list[str]:
    return [f"{number:010}" for number in range(count)]


def row(number: str, now: datetime) -> dict[str, object]:
    return {
        "notice_no": number,
        "vehicle_no": "SBA1234A",
        "offence_notice_type": "O",
        "notice_date_and_time": now,
        "computer_rule_code": 10101,
        "vehicle_category": "C",
        "pp_code": "A0001",
        "composition_amount": 70,
        "amount_payable": 150,
        "last_processing_stage": "CPC",
        "last_processing_date": now,
        "payment_due_date": now + timedelta(days=30),
    }


@pytest.fixture(scope="module")
def ocms(tmp_path_factory: pytest.TempPathFactory, sqlite_templates: Path) -> Iterator[Served]:
    """Serve OCMS with twelve thousand court notices."""
    folder = tmp_path_factory.mktemp("served")
    pair = sqlite_databases(sqlite_templates, folder)
    engine, now = engines.create(pair.intranet), SystemClock().now()
    with engine.begin() as connection:
        rows = [row(number, local(now)) for number in numbered(NOTICES)]
        connection.execute(insert(notice), rows)
    key = SqlCredentials(engine).issue("CAS", Role.CAS, now=now, days=1)
    engine.dispose()
    port = free_port()
    served = Served(f"http://127.0.0.1:{port}", folder, key)
    command = [str(Path(sys.executable).with_name("ocms")), "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=served.environment, cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(served.url)
            yield served
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{url}/health/live", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(url)


class Tokens(TokenSimulator):
    """An OAuth server that counts its tokens; the next `stale` ones have already ended."""

    def __init__(self, folder: Path, lifetime: int) -> None:
        issuer = DevIssuer(folder / "keys", switched_on=True)
        self.issued, self.stale = 0, 0

        def sign(client: str, seconds: int) -> str:
            self.issued += 1
            now = SystemClock().now()
            if self.stale:
                self.stale, now = self.stale - 1, now - timedelta(hours=2)
            return issuer.token(client, Role.PLUS, kind=CallerKind.CLIENTS, now=now, lifetime=seconds)

        keys = issuer.issuers()[0].jwks_file
        assert keys
        super().__init__({"plus": SECRET}, sign, keys, lifetime=lifetime)


@pytest.fixture
def tokens(ocms: Served) -> Iterator[Tokens]:
    """Run the OAuth server; its tokens are good for five minutes."""
    simulator = Tokens(ocms.folder, 300)
    with simulator.running():
        yield simulator

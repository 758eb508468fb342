"""A real `ocms serve` in a process of its own, and credentials to call it with."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from attrs import define, field, frozen
from sqlalchemy import Engine

from ocms_adapters.sql.credentials import SqlCredentials
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import SINGAPORE
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import ROLES
from tests.support import engines
from tests.support.databases import Databases
from tests.support.described_answers import DescribedAnswers
from tests.support.postgres import free_port

OCMS = str(Path(sys.executable).with_name("ocms"))
API_1 = "/v1/ocms/cas-getPaymentStatus"
API_2 = "/v1/ocms/cas-updateCourtNotices"
API_4 = "/v1/plus-queryNoticeInfo"

# Waits until its holder has gone, in whatever way, then ends what is left of the server's processes.
GUARD = 'cat >/dev/null; kill -s KILL -- "-$0" 2>/dev/null'

START_SECONDS = 60
STOP_SECONDS = 20
CLIENTS = count(1)

Headers = dict[str, str]


def now() -> datetime:
    """Return the present moment in Singapore."""
    return datetime.now(SINGAPORE)


@frozen
class Deployment:
    """The databases and the development issuer of one deployment, and the credentials issued on it."""

    databases: Databases
    folder: Path
    engine: Engine = field(init=False)

    @engine.default
    def _open(self) -> Engine:
        return engines.create(self.databases.intranet)

    def environment(self, **settings: object) -> dict[str, str]:
        """Return the environment of a process of this deployment; further settings by keyword."""
        ours = {
            "INTRANET_URL": self.databases.intranet,
            "INTERNET_URL": self.databases.internet,
            "DEV_ISSUER": "1",
            "DEV_KEYS": str(self.folder / "dev"),
        } | {name.upper(): str(value) for name, value in settings.items()}
        others = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
        return others | {f"OCMS_{name}": value for name, value in ours.items()}

    def key(self, role: Role = Role.CAS) -> Headers:
        """Issue an API key to a client nobody has seen before, so that its limits are untouched."""
        client = f"client {next(CLIENTS)} of {os.getpid()}"
        return {"X-API-Key": SqlCredentials(self.engine).issue(client, role, now=now(), days=1)}

    def token(self, role: Role = Role.PLUS) -> Headers:
        """Sign a bearer token for a client or an officer nobody has seen before."""
        kind = next(kind for kind, roles in ROLES.items() if role in roles)
        name = f"bearer {next(CLIENTS)} of {os.getpid()}"
        issuer = DevIssuer(self.folder / "dev", switched_on=True)
        return {"Authorization": f"Bearer {issuer.token(name, role, kind=kind, now=now())}"}

    def credential_for(self, path: str) -> Headers:
        """Return a fresh credential that may call a path of contract 1."""
        return self.token() if path == API_4 else self.key()


@define
class Served:
    """A running `ocms serve` of a deployment; `http` calls it, `log` is what it said on standard error."""

    deployment: Deployment
    http: httpx.Client
    process: subprocess.Popen[bytes]
    log_file: Path
    answered: deque[str] = field(factory=lambda: deque(maxlen=100))

    def __attrs_post_init__(self) -> None:
        self.http.event_hooks["response"].append(self._note_answer)

    def _note_answer(self, answer: httpx.Response) -> None:
        """Remember the id of an answer, unless the caller made it up and it may be masked in the log."""
        handle = answer.headers.get("X-Request-ID", "")
        with suppress(ValueError):
            self.answered.append(str(UUID(handle)))

    def post(
        self, path: str, body: object, *, headers: Mapping[str, str] | None = None, **credential: str
    ) -> httpx.Response:
        """Post a body, as JSON unless it is bytes, with a fresh credential unless `headers` are given."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = self.deployment.credential_for(path) if headers is None else headers
        return self.http.post(path, content=content, headers={**sent, **credential})

    def get_as_written(self, path: str, headers: Headers) -> tuple[int, Any]:
        """Get JSON at a path as it is written: other clients put its dots and slashes in order first."""
        url = self.http.base_url
        with closing(HTTPConnection(url.host, url.port, timeout=60)) as raw:
            raw.request("GET", path, headers=headers)
            answer = raw.getresponse()
            return answer.status, json.loads(answer.read())

    def log(self) -> list[dict[str, Any]]:
        """Return the log lines so far; every line after the first has to be JSON."""
        self._log_of_what_was_answered()
        greeting, *lines = self.log_file.read_text().splitlines()
        assert greeting.startswith("Serving on ")
        return [json.loads(line) for line in lines]

    def _log_of_what_was_answered(self) -> None:
        """Wait for the lines of the latest requests: the line of an answered one comes after its answer."""
        until = time.monotonic() + STOP_SECONDS
        while self.process.poll() is None:
            text = self.log_file.read_text()
            if all(handle in text for handle in self.answered):
                return
            assert time.monotonic() < until, "the server does not log"
            time.sleep(0.01)

    def memory(self) -> int:
        """Return the kB of memory its processes have in use, the workers included."""
        first = self.process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        texts = [Path(f"/proc/{each}/status").read_text() for each in (first, *children)]
        return sum(int(re.findall(r"VmRSS:\s+([0-9]+)", text)[0]) for text in texts)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Ask it to stop, and give its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@contextmanager
def serving(deployment: Deployment, *, port: int | None = None, **settings: object) -> Iterator[Served]:
    """Run `ocms serve`, on a free port unless one is given, until the block ends or this process dies."""
    port = port or free_port()
    log_file = deployment.folder / f"serve-{port}.log"
    base = f"http://127.0.0.1:{port}"
    command = [OCMS, "serve", "--port", str(port)]
    described = DescribedAnswers(lambda: httpx.get(f"{base}/openapi.json", trust_env=False).json())
    environment = deployment.environment(**settings)
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            command, env=environment, cwd=deployment.folder, stderr=log, start_new_session=True
        ) as process,
        subprocess.Popen(
            ["sh", "-c", GUARD, str(process.pid)], stdin=subprocess.PIPE, start_new_session=True
        ) as guard,
        httpx.Client(
            base_url=base, timeout=60, trust_env=False, event_hooks={"response": [described]}
        ) as http,
    ):
        try:
            wait_until_live(http, process, log_file)
            yield Served(deployment, http, process, log_file)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            assert guard.stdin
            guard.stdin.close()


def wait_until_live(http: httpx.Client, process: subprocess.Popen[bytes], log_file: Path) -> None:
    """Wait until a server answers; what it said when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if http.get("/health/live").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError(f"ocms serve did not start:\n{log_file.read_text()}")


def as_sent(text: str) -> bytes:
    """Take the white space out of a JSON text of the contract, and nothing else: the bytes on the wire."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda found: found[1] or "", text).encode()

"""A runner of jobs on fresh databases, a simulated CAS, and a real mail server."""

import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from attrs import evolve, field, frozen

from ocms_app.databases import open_databases
from ocms_app.job_runner import JobRunner
from ocms_app.settings import Settings
from ocms_demo.simulators.cas import CasSimulator, sample_vehicles
from ocms_demo.simulators.certificates import Authority, authority
from tests.support.databases import Databases, sqlite_databases
from tests.support.postgres import free_port

USER, PASSWORD = "ocms", "smtp-secret"


@frozen
class Mailbox:
    """
    A mail server that wants STARTTLS and a password, what it received, and what it does upon that.

    It takes nothing for those `refused`, and parts with the last of its `partings`.
    """

    port: int
    ca: Path
    received: list[Message] = field(factory=list)
    reached: list[list[str]] = field(factory=list)
    refused: set[str] = field(factory=set)
    partings: list[str] = field(factory=lambda: ["221 Bye"])
    upon_mail: list[Callable[[], None]] = field(factory=list)

    async def handle_RCPT(  # noqa: N802  # the name the mail server calls
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address in self.refused:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(  # noqa: N802  # the name the mail server calls
        self, _server: object, _session: object, _envelope: object
    ) -> str:
        return self.partings[-1]

    async def handle_DATA(  # noqa: N802  # the name the mail server calls
        self, _server: object, _session: object, envelope: Any
    ) -> str:
        self.received.append(message_from_bytes(envelope.content))
        self.reached.append(list(envelope.rcpt_tos))
        for act in self.upon_mail:
            act()
        return "250 OK"


@pytest.fixture
def databases(sqlite_templates: Path, tmp_path: Path) -> Databases:
    """Give SQLite files; what is different on PostgreSQL is shown with the adapters."""
    return sqlite_databases(sqlite_templates, tmp_path)


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give an authority that both sides believe."""
    return authority(tmp_path_factory.mktemp("tls"))


def authenticated(_server: SMTP, _session: object, _envelope: object, _kind: str, given: Any) -> AuthResult:
    known = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@pytest.fixture
def mailbox(signer: Authority) -> Iterator[Mailbox]:
    """Run a mail server."""
    own = signer.issue("mail")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own.certificate, own.key)
    box = Mailbox(free_port(), signer.file)
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticated,
        auth_required=True,
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def cas(signer: Authority) -> Iterator[CasSimulator]:
    """Run a CAS with 200 vehicles."""
    simulator = CasSimulator(signer.issue("cas"), signer.file, sample_vehicles(200))
    with simulator.running():
        yield simulator


@pytest.fixture
def settings(databases: Databases, signer: Authority, cas: CasSimulator, mailbox: Mailbox) -> Settings:
    """Give the settings by which CAS and the mail server are reached."""
    ours = signer.issue("ocms")
    return Settings(
        intranet_url=databases.intranet,
        internet_url=databases.internet,
        vip_url=cas.address,
        vip_ca=str(signer.file),
        vip_certificate=str(ours.certificate),
        vip_key=str(ours.key),
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_ca=str(mailbox.ca),
        smtp_user=USER,
        smtp_password=PASSWORD,
        alert_to="operations@example.sg, duty@example.sg",
    )


@pytest.fixture
def runner(settings: Settings) -> Iterator[JobRunner]:
    """Give a runner that does not really sleep between attempts."""
    databases = open_databases(settings)
    yield JobRunner(settings, databases, sleep=lambda _: None)
    databases.dispose()


@pytest.fixture
def with_settings(runner: JobRunner) -> Callable[..., JobRunner]:
    """Give the runner with some settings changed."""
    return lambda **changes: evolve(runner, settings=evolve(runner.settings, **changes))

"""The staff pages on the databases of a test, their identity provider, and browsers to open them."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from attrs import define, field, frozen
from litestar.types import ASGIApp
from sqlalchemy import Engine, delete

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.schema import INTRANET
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_app.wiring import web
from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer
from ocms_demo.simulators.staff_sign_in import CHOSEN, CLIENT_ID, StaffSignInSimulator
from ocms_web.authentication.issuers import CallerKind
from tests.support import offender_rows
from tests.support.databases import Databases, postgres_databases, sqlite_databases
from tests.support.stage_rows import emptied_of_changes

BASE = "https://ocms.test"
OFFICER = "USER01"


@frozen
class StaffSite:
    """The application with the staff pages in this process, and its identity provider."""

    app: ASGIApp
    provider: StaffSignInSimulator
    engine: Engine
    databases: Databases


@contextmanager
def staff_site(databases: Databases, folder: Path, **given: Any) -> Iterator[StaffSite]:
    """Wire the application on the databases of a test, with other settings as told, while the block lasts."""
    provider = StaffSignInSimulator(DevIssuer(folder / "keys", switched_on=True), SystemClock().now)
    with provider.running():
        settings = Settings(
            intranet_url=databases.intranet,
            internet_url=databases.internet,
            dev_issuer=True,
            dev_keys=str(folder / "keys"),
            reports=str(folder / "reports"),
            public_url=BASE,
            staff_client_id=CLIENT_ID,
            staff_discovery_url=provider.discovery_url,
            threads=2,
            **given,
        )
        opened = open_databases(settings)
        try:
            yield StaffSite(web(settings, opened), provider, opened.intranet, databases)
        finally:
            opened.dispose()


@define
class StaffBrowser:
    """
    What a browser does, without scripts: it keeps cookies, and sends the token of the page it saw last.

    `addresses` are those it has opened, in order.
    """

    site: StaffSite
    cookies: httpx.Cookies = field(factory=httpx.Cookies)
    page: str = ""
    addresses: list[str] = field(factory=list)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Open a page, and follow it to wherever it leads here."""
        return self._followed(self.send("GET", path, headers=headers))

    def post(self, path: str, fields: Mapping[str, Any], *, token: str | None = None) -> httpx.Response:
        """Send a form with the token of the last page, unless another is given; follow it."""
        given = {**fields, "csrf": self.token if token is None else token}
        return self._followed(self.send("POST", path, data=given))

    def upload(self, path: str, fields: Mapping[str, Any], files: Mapping[str, Any]) -> httpx.Response:
        """Send a form with files."""
        given = {**fields, "csrf": self.token}
        return self._followed(self.send("POST", path, data=given, files=files))

    def send(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send one request of this browser; what it answers is not followed."""

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.site.app)  # type: ignore[arg-type]  # Litestar's own ASGI types
            async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
                answer = await client.request(method, path, **given)
                self.cookies = client.cookies
                return answer

        self.addresses.append(path)
        answer = asyncio.run(call())
        if "text/html" in answer.headers.get("content-type", ""):
            self.page = answer.text
        return answer

    def bearer(self, officer: str = OFFICER) -> dict[str, str]:
        """Return the header by which the same officer calls the API."""
        now = SystemClock().now()
        token = self.site.provider.issuer.token(officer, Role.OIC, kind=CallerKind.STAFF, now=now)
        return {"Authorization": f"Bearer {token}"}

    @property
    def token(self) -> str:
        """The token that the forms of the last page carry."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.page)
        return found[1] if found else ""

    def sign_in(self, officer: str = OFFICER, path: str = "/staff") -> httpx.Response:
        """Sign an officer in, and open a page."""
        return self._followed(self.send("GET", self.way_back(officer, path)))

    def way_back(self, officer: str = OFFICER, path: str = "/staff") -> str:
        """Begin to sign in, and return the address the provider leads the officer back to."""
        begun = self.send("GET", f"/staff/sign-in/begin?next={path}")
        query = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
        chosen = httpx.get(
            f"{self.site.provider.url}{CHOSEN}", params={**query, "officer": officer}, trust_env=False
        )
        return chosen.headers["location"].removeprefix(BASE)

    def _followed(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(5):
            if not answer.has_redirect_location or not answer.headers["location"].startswith("/"):
                break
            answer = self.send("GET", answer.headers["location"])
        return answer


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def running_staff(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StaffSite]:
    """Return the staff pages on SQLite and on PostgreSQL."""
    folder = tmp_path_factory.mktemp(f"staff-{request.param}")
    with ExitStack() as stack:
        if request.param == "sqlite":
            databases = sqlite_databases(request.getfixturevalue("sqlite_templates"), folder)
        else:
            databases = stack.enter_context(postgres_databases(request.getfixturevalue("postgres")))
        yield stack.enter_context(staff_site(databases, folder))


@pytest.fixture
def staff(running_staff: StaffSite) -> StaffSite:
    """Return the staff pages with no notice, no session and nothing recorded yet."""
    emptied_of_pages(running_staff.engine)
    return running_staff


@pytest.fixture
def officer(staff: StaffSite) -> StaffBrowser:
    """Return the browser of an officer who has signed in."""
    browser = StaffBrowser(staff)
    browser.sign_in()
    return browser


def emptied_of_pages(engine: Engine) -> None:
    """Take out whatever the staff pages show and leave behind."""
    emptied_of_changes(engine)
    offender_rows.emptied(engine)
    others = ("ocms_hst", "ocms_idempotent_answer", "ocms_rate_counter", "ocms_staff_session")
    with engine.begin() as connection:
        for name in (*others, "ocms_access_record", "ocms_audit_row", "ocms_suspended_notice"):
            connection.execute(delete(INTRANET.tables[name]))

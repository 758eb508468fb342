"""A real Chromium, Debian's, that opens the staff pages of a running server."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen
from playwright.sync_api import BrowserContext, Page, Request, sync_playwright

from ocms_adapters.clock import SystemClock
from ocms_adapters.sql.staff_sessions import SqlStaffSessions
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.staff_sessions import StaffSession
from ocms_demo.dev_issuer import DevIssuer
from ocms_demo.simulators.staff_sign_in import CLIENT_ID, StaffSignInSimulator
from ocms_web.authentication.issuers import CallerKind
from ocms_web.portal.sessions import COOKIE
from ocms_web.portal.tokens import new_token
from tests.support.databases import postgres_databases, sqlite_databases
from tests.support.http_server import Deployment, Served, serving
from tests.support.postgres import free_port

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parents[2] / ".tools/browser/node_modules/axe-core/axe.min.js"
WIDTHS = (360, 768, 1440)
HEIGHT = 900
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FIRST_PARTY_MILLISECONDS = 15_000


@frozen
class ServedStaff:
    """
    A running server with the staff pages, and where the identity provider of its officers is.

    `issuer` signs their tokens, where that is the development issuer.
    """

    served: Served
    provider_url: str
    issuer: DevIssuer | None = None

    @property
    def base(self) -> str:
        """The address of the server."""
        return str(self.served.http.base_url).rstrip("/")


@contextmanager
def serving_staff(deployment: Deployment, **settings: object) -> Iterator[ServedStaff]:
    """Run `ocms serve` with the staff pages beside a provider until the block ends."""
    port = free_port()
    provider = StaffSignInSimulator(DevIssuer(deployment.folder / "dev", switched_on=True), SystemClock().now)
    given = {
        "public_url": f"http://127.0.0.1:{port}",
        "staff_client_id": CLIENT_ID,
        "staff_discovery_url": provider.discovery_url,
        "reports": str(deployment.folder / "reports"),
        **settings,
    }
    with provider.running(), serving(deployment, port=port, **given) as served:
        yield ServedStaff(served, provider.url, provider.issuer)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def served_staff(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedStaff]:
    """Return a running server with the staff pages, on freshly migrated databases of both kinds."""
    folder = tmp_path_factory.mktemp(f"staff-{request.param}")
    with ExitStack() as stack:
        if request.param == "sqlite":
            databases = sqlite_databases(request.getfixturevalue("sqlite_templates"), folder)
        else:
            databases = stack.enter_context(postgres_databases(request.getfixturevalue("postgres")))
        deployment = Deployment(databases, folder)
        yield stack.enter_context(serving_staff(deployment))
        deployment.engine.dispose()


@define
class OfficerAtBrowser:
    """
    An officer at a browser: `page` is what is open.

    `faults` are what no page may do: break the policy, fail in a script, or ask another origin.
    """

    site: ServedStaff
    context: BrowserContext
    page: Page
    faults: list[str] = field(factory=list)

    def open(self, path: str) -> None:
        """Open a page of the server."""
        self.page.goto(self.site.base + path)

    def sign_in(self, officer: str = "USER01") -> None:
        """Give the browser a session of an officer, as a sign-in leaves it."""
        token, now = new_token(), SystemClock().now()
        principal = Principal(officer, Role.OIC, f"dev-staff:{officer}")
        sessions = SqlStaffSessions(self.site.served.deployment.engine)
        sessions.open(token, StaffSession(principal, now, now))
        self.context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": token,
                    "url": self.site.base.replace("http:", "https:"),
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )

    def bearer(self, officer: str = "USER01") -> dict[str, str]:
        """Return the header by which an officer calls the API of the same server."""
        now = SystemClock().now()
        assert self.site.issuer
        token = self.site.issuer.token(officer, Role.OIC, kind=CallerKind.STAFF, now=now)
        return {"Authorization": f"Bearer {token}"}

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name: str, kind: str = "", most: int = 200) -> None:
        """
        Press Tab until what is called so has the focus, as an officer without a mouse does.

        `kind` is its element's name where others are called so too.
        """
        for _ in range(most):
            self.page.keyboard.press("Tab")
            element, called = self.page.evaluate(FOCUSED)
            if name in called and kind.upper() in ("", element):
                return
        raise AssertionError(f"Tab never comes to {name!r}")

    def violations(self) -> list[str]:
        """Return what axe-core finds on the page at each width, at WCAG 2.2 AA."""
        found: list[str] = []
        before = len(self.faults)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.page.evaluate(AXE.read_text())
            result: Any = self.page.evaluate(RUN_AXE, LEVELS)
            found += [f"{width} px: {json.dumps(each)}" for each in result]
            if self.page.evaluate(IS_TOO_WIDE):
                found.append(f"{width} px: the page scrolls sideways")
        del self.faults[before:]  # axe-core sets styles of its own, which the policy refuses
        return found


# What has the focus: its element, and its name as far as the pages use names: label or own text.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e) return ["", ""];
  const labels = e.labels ? [...e.labels].map((l) => l.innerText).join(" ") : "";
  const called = [labels, e.getAttribute("aria-label") || "", e.innerText || "", e.id].join(" | ");
  return [e.tagName, called];
}"""
RUN_AXE = """async (levels) => {
  const result = await axe.run(document, { runOnly: { type: "tag", values: levels } });
  return result.violations.map((v) => [v.id, v.help, v.nodes.map((n) => n.html.slice(0, 200)).slice(0, 3)]);
}"""
IS_TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@contextmanager
def browser_at(site: ServedStaff, **options: Any) -> Iterator[OfficerAtBrowser]:
    """Yield a browser at the server; on leaving, raise AssertionError for what its pages may not do."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM)
        context = chromium.new_context(viewport={"width": WIDTHS[-1], "height": HEIGHT}, **options)
        context.set_default_timeout(FIRST_PARTY_MILLISECONDS)
        officer = OfficerAtBrowser(site, context, context.new_page())
        watch(officer)
        try:
            yield officer
        finally:
            chromium.close()
    assert not officer.faults, officer.faults


def watch(officer: OfficerAtBrowser) -> None:
    """Note what a page may not do."""
    own, provider = f"{officer.site.base}/", f"{officer.site.provider_url}/"
    page = officer.page

    def see(sent: Request) -> None:
        """Note a request of one of our pages to another origin, but for the way to the provider."""
        is_way = sent.is_navigation_request() and sent.url.startswith(provider)
        if not (sent.url.startswith((own, "data:")) or is_way) and sent.frame.url.startswith(own):
            officer.faults.append(f"request: {sent.url}")

    page.on("pageerror", lambda error: officer.faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda said: officer.faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.on("request", see)


@pytest.fixture
def at_browser(served_staff: ServedStaff) -> Iterator[OfficerAtBrowser]:
    """Return an officer who has signed in, at a browser, on both databases."""
    with browser_at(served_staff) as officer:
        officer.sign_in()
        yield officer

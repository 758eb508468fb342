"""Signing in and out of the staff pages at a real identity provider, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ocms_adapters.sql import schema as t
from tests.support.browsers import OfficerAtBrowser, ServedStaff, browser_at
from tests.support.databases import sqlite_databases
from tests.support.http_server import Deployment, serving
from tests.support.postgres import free_port
from tests.support.rows import rows_of
from world.support.providers import SECRET, oidc_provider, rsa_key
from world.test_identity_providers import documented

CLIENT, AUDIENCE = "ocms-staff", "https://ocms.agency.example/staff"
OFFICER, CONSENT = "officer.tan", "Continue"


@pytest.fixture
def at_provider(tmp_path: Path, sqlite_templates: Path) -> Iterator[OfficerAtBrowser]:
    """Return a browser at a system whose officers sign in at `oidc-provider`, by the documented settings."""
    deployment = Deployment(sqlite_databases(sqlite_templates, tmp_path), tmp_path)
    port, provider_port = free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    config = tmp_path / "ocms.toml"
    config.write_text(documented(f"http://127.0.0.1:{provider_port}"))
    client = {
        "id": CLIENT,
        "audience": AUDIENCE,
        "signedIn": f"{base}/staff/signed-in",
        "signedOut": f"{base}/staff/signed-out",
    }
    settings = {
        "config": config,
        "public_url": base,
        "staff_client_id": CLIENT,
        "staff_client_secret": SECRET,
        "staff_scope": "openid ocms.officer",
        "reports": str(tmp_path / "reports"),
    }
    with (
        oidc_provider(provider_port, [rsa_key("op")], staff=client) as provider,
        serving(deployment, port=port, **settings) as served,
        browser_at(ServedStaff(served, provider.issuer)) as at,
    ):
        yield at
    deployment.engine.dispose()


def sign_in(at: OfficerAtBrowser) -> None:
    """Sign in at the provider, from the sign-in page of OCMS."""
    at.page.click("main a.button")
    at.page.fill("input[name=login]", OFFICER)
    at.page.fill("input[name=password]", "any")
    at.page.click("button[type=submit]")
    at.page.click(f"button:has-text('{CONSENT}')")


@pytest.mark.rule("G17")
def test_an_officer_signs_in_by_code_and_pkce_and_signs_out_at_the_provider(
    at_provider: OfficerAtBrowser,
) -> None:
    at, page = at_provider, at_provider.page
    engine = at.site.served.deployment.engine
    at.open("/staff/hst")
    sign_in(at)
    page.wait_for_url("**/staff/hst")
    assert f"Signed in as {OFFICER}" in page.inner_text("header")
    (session,) = rows_of(engine, t.ocms_staff_session)
    assert (session["principal"], session["role"]) == (OFFICER, "oic")

    page.click("header button:has-text('Sign out')")
    page.wait_for_url("**/session/end?*")
    page.click("button[name=logout]")
    page.wait_for_url("**/staff/signed-out")
    assert page.inner_text("h1") == "You are signed out"
    assert rows_of(engine, t.ocms_staff_session) == []

    # The provider has forgotten the officer too: it asks who comes.
    at.open("/staff/find")
    page.click("main a.button")
    page.wait_for_selector("input[name=login]")


@pytest.mark.rule("G17")
def test_an_officer_who_gives_up_at_the_provider_is_not_signed_in(at_provider: OfficerAtBrowser) -> None:
    at, page = at_provider, at_provider.page
    at.open("/staff/find")
    page.click("main a.button")
    page.click("text=Cancel")
    page.wait_for_url("**/staff/signed-in?*")
    assert page.inner_text("h1") == "You are not signed in"
    assert rows_of(at.site.served.deployment.engine, t.ocms_staff_session) == []

"""The pages for people, over HTTP: whole without the Internet, bound to this system, and HEAD as GET."""

import re

import httpx
import pytest

from ocms_core.kernel.access import OPERATIONS
from tests.support.http_server import Served

PAGES = ("/", "/docs", "/docs/start.js", "/docs/favicon.svg", "/openapi.json")
OWN = (*PAGES, "/health/live", "/health/ready", "/metrics")
ASSETS = ("/docs/assets/swagger-ui.css", "/docs/assets/nothing.js")


def directives(answer: httpx.Response) -> dict[str, str]:
    """Return the directives of an answer's content security policy."""
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.parametrize("path", [*OWN, *ASSETS])
def test_a_browser_takes_nothing_from_elsewhere_and_is_framed_nowhere(served: Served, path: str) -> None:
    answer = served.http.get(path)
    given = directives(answer)
    assert (given["default-src"], given["frame-ancestors"], given["base-uri"]) == ("'none'",) * 3
    assert given["script-src"] == "'self'"
    assert not re.search(r"https?:|\*|unsafe-eval", answer.headers["content-security-policy"])
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", OWN)
def test_head_is_answered_as_get_without_a_body(served: Served, path: str) -> None:
    got, headed = served.http.get(path), served.http.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]
    if path != "/metrics":  # its figures change from one answer to the next
        assert headed.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("path", ["/health/live", "/docs", "/openapi.json"])
def test_another_method_is_refused_with_the_methods_there_are(served: Served, path: str) -> None:
    answer = served.http.post(path)
    assert (answer.status_code, answer.json()["appCode"]) == (405, "OCMS-4051")
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))


def test_the_page_fits_a_phone_and_keeps_its_credentials(served: Served) -> None:
    page = served.http.get("/docs").text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=|style=", page)
    assert "persistAuthorization: true" in served.http.get("/docs/start.js").text
    (icon,) = re.findall(r'<link rel="icon"[^>]* href="([^"]+)"', page)
    assert served.http.get(icon).headers["content-type"].startswith("image/svg+xml")


def test_every_operation_names_its_role(served: Served) -> None:
    roles = {f"`{policy.role.value}`" for policy in OPERATIONS.values()}
    for methods in served.http.get("/openapi.json").json()["paths"].values():
        for operation in methods.values():
            (role,) = re.findall(r"Role: (`\w+`)", operation["description"])
            assert role in roles

"""Every path, of files and of the framework's own routes too, has an answer in JSON and never a 5xx."""

import json
from contextlib import closing
from http.client import HTTPConnection
from itertools import product

import pytest

from ocms_core.kernel.access import Role
from tests.support.http_server import Headers, Served

PORTAL = "/ocms/v1/change-processing-stage"
STATIC = (
    *(
        "/",
        "/docs",
        "/docs/start.js",
        "/docs/assets",
        "/docs/assets/swagger-ui.css",
        "/openapi.json",
        "/metrics",
    ),
    *("/health/live", "/health/ready", "/reports/a/b", "/nothing"),
)
CALLS = (
    *("/v1/update-hst/x", "/hstexists", "/api/v1/notice/offender/x", "/api/v1/notice/x/timeline"),
    f"{PORTAL}/report/x",
)
ADDED = (
    *(
        "/",
        "//",
        "/..",
        "/../../../etc/passwd",
        "/%2e%2e%2f%2e%2e%2fapp.py",
        "/%2e%2e/",
        "%2f",
        "%5c",
        ";a=1",
    ),
    *("%00", "/%00", "/a%00.css", "%", "%zz", "/%", "%25%30%30", "%u0041", "%ff", "/%c0%ae", "%0d%0aX:1"),
    *("/%f0%9f%9a%97", "/{idNo}", "/a:b", "/con", "/" + "a" * 300, "/" + "a" * 5000, "/" + "a/" * 2000),
    *("/" + "%61" * 5000, "?", "?a=%00", "?%ff=%ff", "?&=&a", "?" + "a=1&" * 2000),
)
METHODS = ("GET", "HEAD", "OPTIONS")


def answer(
    served: Served, method: str, path: str, headers: Headers | None = None
) -> tuple[int, str | None, bytes]:
    """Return status, content type and body of a path as it is written, which other clients put in order."""
    url = served.http.base_url
    with closing(HTTPConnection(url.host, url.port, timeout=60)) as raw:
        raw.request(method, path, headers=headers or {})
        given = raw.getresponse()
        return given.status, given.headers.get_content_type(), given.read()


def is_well_answered(method: str, status: int, content_type: str | None, body: bytes) -> bool:
    """Return whether an answer is a page of its path, or a refusal in JSON."""
    if status in {200, 204}:
        return True
    refused = 400 <= status < 500 and content_type == "application/json"
    return refused and (method == "HEAD" or isinstance(json.loads(body), dict))


@pytest.mark.rule("G7")
@pytest.mark.parametrize("method", METHODS)
def test_a_path_of_whatever_bytes_is_answered_without_a_credential(served: Served, method: str) -> None:
    begun = (*STATIC, *CALLS) if method == "GET" else STATIC
    paths = [begin + end for begin, end in product(begun, ADDED)]
    paths += [f"{before}{path}" for before, path in product(("/", "/.", "/%2f", "/%00"), STATIC)]
    ill = {
        path: given
        for path in paths
        if not is_well_answered(method, *(given := answer(served, method, path)))
    }
    assert not ill


@pytest.mark.rule("G7")
@pytest.mark.parametrize("method", ["TRACE", "PUT", "get", "PROPFIND", "a"])
def test_a_method_nobody_knows_is_refused_in_json(served: Served, method: str) -> None:
    for path in (*STATIC, *CALLS, "/docs/assets/%00"):
        status, content_type, _ = answer(served, method, path)
        assert (status in {404, 405}, content_type) == (True, "application/json"), path


@pytest.mark.rule("G7")
def test_a_path_of_whatever_bytes_is_answered_to_an_officer(served: Served) -> None:
    officer = served.deployment.token(Role.OIC)
    paths = [begin + end for begin, end in product(CALLS, ADDED)]
    ill = {
        path: given
        for path in paths
        if not is_well_answered("GET", *(given := answer(served, "GET", path, officer)))
    }
    assert not ill

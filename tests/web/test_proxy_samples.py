"""The samples for nginx and HAProxy log no parameter of a path, and let the largest body through."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocms_app.settings import Settings
from ocms_core.kernel.access import OPERATIONS
from ocms_web import openapi, signed_files
from ocms_web.stuck_cases import routes as stuck_cases
from tests.web.test_app import ENDPOINTS as OF_CONTRACTS

NOTHING: Any = None
ENDPOINTS = (
    *OF_CONTRACTS,
    *stuck_cases.endpoints(stuck_cases.StuckCaseCalls(NOTHING, NOTHING)),
)
DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX, HAPROXY = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "haproxy.cfg").read_text()
NGINX_PATHS = re.findall(r'^    "~(\^.*)" +"([^"]*)";$', NGINX.partition("}\n")[0], re.MULTILINE)
HAPROXY_PLAIN = re.findall(r"^    acl as_it_is path -m reg (\^.*)$", HAPROXY, re.MULTILINE)
HAPROXY_PATHS = re.findall(
    r"^    http-request set-var\(txn\.path\) str\((.*?)\) if \{ path -m reg (.*) \}$", HAPROXY, re.MULTILINE
)

ID_NO = "S1234567A"
PARAMETER = re.compile(r"\{(\w+)(:\w+)?\}")
PATHS = sorted(
    {openapi.template(endpoint) for endpoint in ENDPOINTS}
    | {path for endpoint in ENDPOINTS for path in endpoint.also}
    | {PARAMETER.sub(r"{\1}", signed_files.PATH)}
)


def logged_by_nginx(path: str) -> str:
    """Return what the map of nginx's sample has for a path: of the first expression that matches."""
    for expression, shown in NGINX_PATHS:
        if re.search(expression, path):
            return path if shown == "$uri" else str(shown)
    return "other"


def logged_by_haproxy(path: str) -> str:
    """Return what HAProxy's sample sets for a path: the last that is set."""
    if any(re.search(expression, path) for expression in HAPROXY_PLAIN):
        return path
    return next(
        (shown for shown, expression in reversed(HAPROXY_PATHS) if re.search(expression, path)), "other"
    )


LOGGED_BY = pytest.mark.parametrize("logged", [logged_by_nginx, logged_by_haproxy])


@pytest.mark.rule("G16")
def test_every_operation_of_the_access_table_is_among_the_paths() -> None:
    assert {endpoint.operation for endpoint in ENDPOINTS} == OPERATIONS.keys()


@pytest.mark.rule("G2")
@LOGGED_BY
@pytest.mark.parametrize("template", PATHS)
def test_a_path_of_the_api_is_logged_by_its_template(logged: Callable[[str], str], template: str) -> None:
    shown = logged(PARAMETER.sub(ID_NO, template))
    assert shown in {template, f"{template}/{{reportId}}"}
    assert ID_NO not in shown


@pytest.mark.rule("G2")
@LOGGED_BY
@pytest.mark.parametrize(
    "path",
    ["/{}", "/v1/{}", "/V1/update-hst/{}", "/hstexists/{}", "/hstlist{}", "/docs/{}", "/health/live/{}"],
)
def test_no_other_path_is_logged(logged: Callable[[str], str], path: str) -> None:
    assert logged(path.format(ID_NO)) in {"other", "/docs/"}


@pytest.mark.rule("G2")
def test_nothing_else_of_a_request_is_logged() -> None:
    (format_of_nginx,) = re.findall(r"log_format ocms escape=json\n((?: +'.*'\n?)+)", NGINX)
    assert not re.findall(
        r"\$(?:request|request_uri|uri|args|query_string|http_\w+|remote_user)\b", format_of_nginx
    )
    assert re.findall(r"^ *error_log .* emerg;$", NGINX, re.MULTILINE)
    (format_of_haproxy,) = re.findall(r"^    log-format (.*)$", HAPROXY, re.MULTILINE)
    assert not re.findall(r"%(?:\[capture|hr|hs|r|HP|HPO|HQ|HU|trl|trg)", format_of_haproxy)
    assert "option httplog" not in HAPROXY


@pytest.mark.rule("G8")
def test_the_body_that_is_too_large_for_ocms_is_refused_by_ocms() -> None:
    largest = max(endpoint.largest_body for endpoint in ENDPOINTS)
    (mebibytes,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    (octets,) = re.findall(r"Content-Length\) gt (\d+)", HAPROXY)
    assert int(mebibytes) * 1024 * 1024 == int(octets) > largest


@pytest.mark.rule("G21")
def test_a_probe_has_more_time_than_readiness_takes() -> None:
    image = (DEPLOY / "Containerfile").read_text()
    (check,) = re.findall(r"^    timeout check (\d+)s$", HAPROXY, re.MULTILINE)
    (health,) = re.findall(r"--timeout=(\d+)s", image)
    (request,) = re.findall(r"timeout=(\d+)\)", image)
    assert int(health) > int(request)
    assert min(int(check), int(request)) > Settings().ready_seconds
    assert " check inter 10s" in HAPROXY

"""What a process loads to start with, and what it must not."""

import subprocess
import sys
from collections.abc import Iterable

import pytest

from ocms_app.cli import COMMANDS
from tests.support.http_server import Deployment

LOADED = "print(*sys.modules, file=sys.stderr)"
HELP = f"""
import sys
from ocms_app.command import main
sys.argv = ["ocms", "--help"]
try:
    main()
finally:
    {LOADED}
"""
# What a server's own process holds when it starts the processes that serve.
SERVE = f"""
import sys
from granian import Granian
Granian.serve = lambda self: {LOADED}
from ocms_app.command import main
sys.argv = ["ocms", "serve", "--port", "0"]
main()
"""
# What a process that serves holds when it has the application; garbage is collected from then on.
WORKER = f"""
import gc, sys
from ocms_app.asgi import create
create()
assert gc.isenabled() and gc.get_freeze_count()
{LOADED}
"""
EXPLAIN = f"""
import sys
from ocms_app.command import main
sys.argv = ["ocms", "explain", "1234567890"]
try:
    main()
finally:
    {LOADED}
"""
COMMAND = f"""
import sys, {{module}}
{LOADED}
"""
OF_THE_COMMAND_LINE = {"attr", "attrs", "cyclopts", "docstring_parser", "rich"}
THE_APPLICATION = {
    "litestar",
    "ocms_app.wiring",
    "ocms_app.job_table",
    "ocms_adapters.sql.schema",
    "ocms_core.stages",
    "ocms_web.app",
    "asyncssh",
    "ijson",
}


OF_NO_COMMAND = {"alembic", "asyncssh", "authlib", "granian", "jinja2", "litestar", "ocms_app.wiring"}
OF_JOBS = {"cronsim", "httpx", "ijson", "ocms_app.job_table", "prometheus_client", "smtplib"}
# The commands that run a job or call another system; the others need none of that.
WITH_JOBS = {"check", "db", "demo", "jobs", "partner", "replication", "token", "work"}


def loaded(script: str, deployment: Deployment, **settings: str) -> set[str]:
    """Return the names of the modules a script has loaded when it prints them."""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**deployment.environment(), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return set(ran.stderr.splitlines()[-1].split())


def packages(modules: Iterable[str]) -> set[str]:
    """Return what the modules belong to, but for the standard library."""
    return {name.partition(".")[0] for name in modules} - sys.stdlib_module_names


def test_help_loads_the_command_line_alone(sqlite_deployment: Deployment) -> None:
    before = packages(loaded(f"import sys; {LOADED}", sqlite_deployment))
    modules = loaded(HELP, sqlite_deployment)
    assert packages(modules) - before == OF_THE_COMMAND_LINE | {"ocms_app", "ocms_core"}
    assert {name for name in modules if name.startswith("ocms_core.")} <= {
        f"ocms_core.kernel{name}"
        for name in ("", ".actors", ".errors", ".lengths", ".rule_tags", ".value_objects")
    }


def test_a_worker_loads_the_staff_pages_where_officers_sign_in(sqlite_deployment: Deployment) -> None:
    of_pages = {"jinja2", "ocms_app.job_table", "ocms_web.portal.site"}
    without = loaded(WORKER, sqlite_deployment)
    assert "litestar" in without
    assert not without & {*of_pages, "alembic", "asyncssh", "authlib", "ijson"}
    with_pages = loaded(WORKER, sqlite_deployment, OCMS_STAFF_CLIENT_ID="pages")
    assert with_pages >= of_pages
    assert "asyncssh" not in with_pages


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_loads_no_more_than_its_kind_of_work(name: str, sqlite_deployment: Deployment) -> None:
    place, _ = COMMANDS[name]
    modules = loaded(COMMAND.format(module=place.partition(":")[0]), sqlite_deployment)
    assert not modules & (OF_NO_COMMAND if name in WITH_JOBS else OF_NO_COMMAND | OF_JOBS)


@pytest.mark.parametrize(
    "script, left_out",
    [(SERVE, THE_APPLICATION), (EXPLAIN, {"litestar", "httpx", "asyncssh", "ocms_web", "ocms_app.wiring"})],
    ids=["serve", "explain"],
)
def test_a_process_loads_no_more_than_its_work(
    script: str, left_out: set[str], sqlite_deployment: Deployment
) -> None:
    modules = loaded(script, sqlite_deployment)
    assert "sqlalchemy" in modules
    assert not modules & left_out

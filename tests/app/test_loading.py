"""What a process loads to start with, and what it must not."""

import subprocess
import sys
from collections.abc import Iterable

import pytest

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
EXPLAIN = f"""
import sys
from ocms_app.command import main
sys.argv = ["ocms", "explain", "1234567890"]
try:
    main()
finally:
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


def loaded(script: str, deployment: Deployment) -> set[str]:
    """Return the names of the modules a script has loaded when it prints them."""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=deployment.environment(),
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
        f"ocms_core.kernel{name}" for name in ("", ".actors", ".errors", ".rule_tags", ".value_objects")
    }


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

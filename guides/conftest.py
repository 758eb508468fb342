"""Fixtures for the guides: a PostgreSQL, and a running demo in a folder of its own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http_server import OCMS
from tests.support.postgres import PostgresServer, free_port, running_server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Yield a running PostgreSQL server of the page's own, on which names and roles are free."""
    with running_server() as server:
        yield server


@pytest.fixture
def environment() -> dict[str, str]:
    """Return an environment without settings, with `ocms` on its path."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    return own | {"PATH": f"{Path(OCMS).parent}:{own['PATH']}", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the folder of a running demo."""
    folder = tmp_path_factory.mktemp("demo")
    own = {name: value for name, value in os.environ.items() if not name.startswith("OCMS_")}
    command = [OCMS, "demo", "--port", str(free_port()), "--notices", "600"]
    with subprocess.Popen(
        command,
        env=own | {"PYTHONUNBUFFERED": "1"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdout
        try:
            next(line for line in running.stdout if line.startswith("Ctrl-C"))
            yield folder
        finally:
            running.terminate()

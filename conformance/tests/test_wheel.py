"""The kit from its wheel, in an environment without OCMS, against OCMS served on both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.support.conformance_target import as_toml, target_of
from tests.support.databases import postgres_databases, sqlite_databases, sqlite_templates
from tests.support.http_server import OCMS, Deployment, Served, serving
from tests.support.postgres import PostgresServer, server_folder

KIT = Path(__file__).parents[1]
ROOT = KIT.parent
CALLERS = 80


def run(*command: object, check: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], check=check, capture_output=True, text=True, **options)


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    uv = run(sys.executable, ROOT / "tools/bring_uv.py", check=True).stdout.strip()
    run(uv, "build", "--wheel", "--out-dir", folder, KIT, check=True)
    (wheel,) = folder.glob("ocms_conformance-*.whl")
    run(uv, "venv", "--python", sys.executable, folder / "venv", check=True)
    python = folder / "venv/bin/python"
    run(
        uv,
        "pip",
        "install",
        "--python",
        python,
        f"ocms-conformance[postgres,pytest] @ {wheel.as_uri()}",
        check=True,
    )
    assert run(python, "-c", "import ocms_core", cwd=folder).returncode
    return folder / "venv/bin"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        if request.param == "sqlite":
            templates = sqlite_templates(tmp_path_factory.mktemp("templates"))
            databases = sqlite_databases(templates, folder)
        else:
            server = PostgresServer(stack.enter_context(server_folder()).folder)
            server.start()
            databases = stack.enter_context(postgres_databases(server))
        deployment = Deployment(databases, folder)
        stack.callback(deployment.engine.dispose)
        if request.param == "sqlite":  # a system that has notices of its own
            environment = {**os.environ, **deployment.environment()}
            run(OCMS, "db", "sample", check=True, cwd=folder, env=environment)
        yield stack.enter_context(serving(deployment))


def test_every_case_passes(kit: Path, running: Served, tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    target.write_text(as_toml(target_of(running, callers=CALLERS)))
    junit, page = tmp_path / "report.xml", tmp_path / "report.html"
    said = run(
        *(kit / "ocms-conformance", "run", "--target", target, "--junit", junit, "--page", page), cwd=tmp_path
    )
    assert said.returncode == 0, said.stdout + said.stderr
    suites = ET.parse(junit).getroot()
    skipped = {case.attrib["message"] for case in suites.iter("skipped")}
    assert not skipped
    assert len(list(suites.iter("testcase"))) > 100
    assert "OCMS conformance" in page.read_text()


def test_every_law_and_invariant_holds(kit: Path, running: Served, tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    target.write_text(as_toml(target_of(running, callers=CALLERS)))
    junit = tmp_path / "report.xml"
    said = run(
        *(kit / "ocms-conformance", "run", "--target", target, "--junit", junit),
        *("--level", "property", "--examples", "25", "--seed", "3"),
        cwd=tmp_path,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    suites = ET.parse(junit).getroot()
    assert not list(suites.iter("skipped"))
    assert [suite.attrib["tests"] for suite in suites] == ["17", "13"]


def test_pytest_runs_a_case_as_a_test(kit: Path, running: Served, tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    target.write_text(as_toml(target_of(running, rows=False, callers=20)))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    said = run(
        *(
            kit / "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--conformance-target",
            target,
            "-k",
            "payment_status",
        ),
        cwd=tmp_path,
        env=environment,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "skipped" in said.stdout
    assert "passed" in said.stdout

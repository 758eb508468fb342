"""The import contracts are kept, and each of them detects a violation."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What is planted, where, and the contract that has to notice.
VIOLATIONS = (
    ("import ocms_adapters", "ocms_web/planted.py", "Four floors"),
    ("import ocms_web", "ocms_adapters/planted.py", "Four floors"),
    ("import ocms_app", "ocms_core/kernel/planted.py", "Four floors"),
    ("import ocms_demo", "ocms_app/planted.py", "Four floors"),
    ("import ocms_core.court", "ocms_core/kernel/dates.py", "Inside the core"),
    ("import ocms_core.court", "ocms_core/replication/planted.py", "Inside the core"),
    ("", "ocms_core/planted.py", "Inside the core"),
    ("import ocms_core.court.ports", "ocms_core/court/facts.py", "Inside a capability"),
    ("import ocms_core.court.court_notices", "ocms_core/court/payment_status.py", "Inside a capability"),
    ("", "ocms_core/court/planted.py", "Inside a capability"),
    ("import ocms_core.jobs.service", "ocms_core/jobs/runs.py", "Inside jobs"),
    ("import ocms_core.jobs.locks", "ocms_core/jobs/scheduling.py", "Inside jobs"),
    ("import sqlalchemy", "ocms_core/court/facts.py", "plain Python"),
    ("import time", "ocms_core/kernel/dates.py", "plain Python"),
    ("import sqlalchemy", "ocms_web/planted.py", "writes no SQL"),
    ("import ocms_web.hst.shapes", "ocms_web/court/replies.py", "no contract's folder"),
    ("import ocms_web.hst.replies", "ocms_web/hst/shapes.py", "Inside a contract's folder"),
    ("", "ocms_web/hst/planted.py", "Inside a contract's folder"),
    ("import ocms_core.kernel.dates", "ocms_core/kernel/rule_tags.py", "No cycles"),
)


def checked(tree: Path) -> str:
    """Return the report on the contracts of a tree that holds `src` and `pyproject.toml`."""
    said = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in said.stdout, said.stdout + said.stderr
    return said.stdout


def broken(report: str) -> str:
    """Cut a report down to the names of the broken contracts."""
    return "\n".join(line for line in report.splitlines() if line.endswith(" BROKEN"))


def test_the_import_contracts_are_kept() -> None:
    report = checked(ROOT)
    assert not broken(report), report


@pytest.mark.parametrize("line, place, contract", VIOLATIONS)
def test_a_planted_violation_is_noticed(line: str, place: str, contract: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "src" / place
    with module.open("a") as source:
        source.write(f"\n{line}\n")
    assert contract in broken(checked(tmp_path))


def test_every_capability_is_under_the_contract_for_capabilities() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    inside = [each for each in contracts if each["name"].startswith("Inside a capability")]
    watched = [container for each in inside for container in each["containers"]]
    there = [f"ocms_core.{facts.parent.name}" for facts in (ROOT / "src/ocms_core").glob("*/facts.py")]
    assert sorted(watched) == sorted(there)

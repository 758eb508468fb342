"""The pre-commit hooks and the CI workflow run what `make check` and `.ci/run` run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def variable(name: str) -> str:
    """Return the value of a variable of the Makefile, with variables in it replaced."""
    found = re.search(rf"^{name} := (.*)$", MAKEFILE, re.MULTILINE)
    assert found, name
    return expanded(found[1])


def expanded(text: str) -> str:
    """Return a text of the Makefile with its variables replaced."""
    return re.sub(r"\$\((\w+)\)", lambda found: variable(found[1]), text)


def recipe(target: str) -> list[str]:
    """Return the commands of a target, as they are written."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, target
    return [line.strip() for line in found[1].splitlines()]


def test_the_hooks_are_the_commands_of_make_check() -> None:
    hooks = re.findall(r"^ +entry: (.*)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert hooks == [expanded(command) for command in recipe("check") if command.startswith("$(BIN)/")]


def test_the_workflow_runs_what_ci_runs() -> None:
    steps = re.findall(r"^ +run: (.*)$", (ROOT / ".github/workflows/ci.yml").read_text(), re.MULTILINE)
    assert steps == [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]


def test_the_workflow_runs_on_every_python_the_package_names() -> None:
    classified = re.findall(r"Python :: (3\.\d+)\"", (ROOT / "pyproject.toml").read_text())
    (matrix,) = re.findall(r"python: \[(.*)\]", (ROOT / ".github/workflows/ci.yml").read_text())
    assert re.findall(r"3\.\d+", matrix) == classified

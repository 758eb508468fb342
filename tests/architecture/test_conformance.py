"""The conformance kit stands alone, and its cases are those of the specification."""

import ast
import tomllib
from pathlib import Path

from ocms_app.job_table import JOBS
from ocms_conformance.case import (
    Case,
    JobCase,
    all_cases,
    all_job_cases,
    counts_by_level,
    jobs_left_out,
    left_out,
)
from tools import conformance_cases
from tools.conformance import SOURCES, SPECIFICATION

ROOT = Path(__file__).parents[2]
KIT = ROOT / "conformance"


def imported(path: Path) -> set[str]:
    """Return the packages a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_the_kit_imports_no_ocms() -> None:
    packages = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    assert "ocms_core" in packages
    for path in (KIT / "src").rglob("*.py"):
        assert not imported(path) & packages, path


def test_each_dependency_of_the_kit_is_imported_by_it() -> None:
    project = tomllib.loads((KIT / "pyproject.toml").read_text())["project"]
    named = {line.partition(">")[0] for line in project["dependencies"]}
    used = set().union(*(imported(path) for path in (KIT / "src").rglob("*.py")))
    assert named == used & named


def test_the_cases_are_printed_from_the_specification_as_it_is() -> None:
    assert conformance_cases.main(["--check"]) == 0


def test_the_page_of_the_kit_counts_the_cases_of_each_level() -> None:
    page = (KIT / "README.md").read_text()
    for level, counts in counts_by_level(all_cases(), all_job_cases()).items():
        assert f"| {level} | {counts}: " in page


def test_every_test_of_the_specification_is_a_case_or_left_out_with_a_reason() -> None:
    without = left_out()
    assert all(reason for tests in without.values() for reason in tests.values())
    cases = {file: set[str]() for file in SOURCES.values()}
    printed: list[Case | JobCase] = [*all_cases(), *all_job_cases()]
    for case in printed:
        cases[case.file].add(case.name.partition(" [")[0])
    for source, file in SOURCES.items():
        known = cases[file] | {name.partition(" [")[0] for name in without[source]}
        assert named_tests(SPECIFICATION / source) <= known, source
    tests = ROOT / "tests"
    for path in (each for folder in ("spec", "web") for each in (tests / folder).rglob("test_*.py")):
        if not (path.is_relative_to(SPECIFICATION) and str(path.relative_to(SPECIFICATION)) in SOURCES):
            named = str(path.relative_to(tests))
            assert any(each == named or named.startswith(f"{each}/") for each in without), named
    assert all((tests / path).exists() for path in without if path not in SOURCES)


def named_tests(path: Path) -> set[str]:
    """Return the names of the tests of a file, as sentences."""
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (node.name for node in nodes if isinstance(node, ast.FunctionDef))
    return {conformance_cases.in_words(name) for name in functions if name.startswith("test_")}


def test_each_job_has_a_case_or_the_reason_why_not() -> None:
    tried = {case.job for case in all_job_cases()}
    assert not tried & {*jobs_left_out()}
    assert tried | {*jobs_left_out()} == {job.name for job in JOBS}

"""
Print the cases of the conformance kit from the specification's own, and say whether they are up to date.

Every case is a test of `tests/spec/http` as data. Only files whose tests have changed are printed again; all
are with --all. A test that no other OCMS can be given is listed with the reason in `left_out.json`.

    python -m tools.conformance_cases [--check] [--all]
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ocms_conformance.case import CONVERTER, Case, JobCase
from ocms_conformance.results import Outcome
from ocms_conformance.runner import opened
from tests.support.conformance_target import target_of
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.http_server import Deployment, serving
from tests.support.rule_index import RULE, RULES, in_order
from tools.conformance import CASES, JOBS_LEFT_OUT, ROOT, RULES_OF_CALLS, SOURCES, SPECIFICATION
from tools.conformance.not_printed import EVERY_TEST, NOT_PRINTED
from tools.conformance.recording import TABLES

# Where databases lie that need not outlive anything.
MEMORY = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)  # noqa: S108
PRINTED = CASES / "printed_from.json"
# How a source imports tables of the core's own tests.
TABLES_SENT = re.compile(r"^from (tests\.spec\.(?!http\b)[\w.]+) import", re.MULTILINE)
# What the other documents beside the cases are printed from.
LEFT_OUT = "left_out.json"
OF = {
    "rules.json": "docs/rules",
    "tables.json": "src/ocms_adapters/sql/schema",
    "jobs_left_out.json": "tools/conformance",
    LEFT_OUT: "tools/conformance/not_printed.py",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is out of date, or say what is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="only say which files are out of date")
    parser.add_argument("--all", action="store_true", help="print every file again")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        return print_one(options.one)
    old = list(SOURCES) if options.all else out_of_date()
    documents = {"rules.json": rules(), "tables.json": tables(), "jobs_left_out.json": JOBS_LEFT_OUT}
    changed = [name for name, document in documents.items() if held(CASES / name) != document]
    if not_printed() != {path: tests for path, tests in left_out().items() if path not in SOURCES}:
        changed.append(LEFT_OUT)
    if options.check:
        for each in (*(f"tests/spec/http/{source}" for source in old), *(OF[name] for name in changed)):
            print(f"{each} has changed: run make conformance-cases")
        return bool(old or changed)
    for name in changed:
        write(CASES / name, documents.get(name, {**not_printed(), **printed_without()}))
    for source in old:  # each on a system of its own, as its tests may change reference data
        subprocess.run(
            [sys.executable, "-m", "tools.conformance_cases", "--one", source], check=True, cwd=ROOT
        )
        note_printed(source)
    return 0


def out_of_date() -> list[str]:
    """Return the sources whose cases were printed from another text."""
    printed = held(PRINTED) or {}
    return [source for source in SOURCES if printed.get(source) != digest(source)]


def digest(source: str) -> str:
    """Return what tells a text of a source from another, the tables of the core's tests it sends included."""
    text = (SPECIFICATION / source).read_text()
    tables = sorted({f"{each.replace('.', '/')}.py" for each in TABLES_SENT.findall(text)})
    texts = (text, *((ROOT / table).read_text() for table in tables))
    return sha256("".join(texts).encode()).hexdigest()


def note_printed(source: str) -> None:
    """Note from which text the cases of a source were printed."""
    write(PRINTED, {**(held(PRINTED) or {}), source: digest(source)})


def rules() -> list[dict[str, str]]:
    """Return every rule: id, section of the contract, sentence."""
    texts = (path.read_text() for path in sorted((ROOT / RULES).glob("*.md")))
    found = (
        rule for text in texts for rule in sorted(RULE.finditer(text), key=lambda rule: in_order(rule["id"]))
    )
    return [{name: rule[name] or "" for name in ("id", "section", "sentence")} for rule in found]


def tables() -> dict[str, list[str]]:
    """Return the tables that cases speak of, and their columns."""
    return {name: [column.name for column in table.columns] for name, table in TABLES.items()}


def held(path: Path) -> Any:
    """Return the document in a file, None where there is none."""
    return json.loads(path.read_text()) if path.exists() else None


def write(path: Path, document: Any) -> None:
    """Write a JSON file, its names in order."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def print_one(source: str) -> int:
    """Print the cases of one source."""
    from tools.conformance.printing import NotForOthers, case_of  # noqa: PLC0415  # --check needs none of it
    from tools.conformance.recorder import Recorder, recording  # noqa: PLC0415  # see above

    sections = {rule["id"]: rule["section"] for rule in rules()}
    cases: list[dict[str, Any]] = []
    without: dict[str, str] = {}

    def recorded(item: pytest.Item, run: Any, found: Any) -> None:
        rules = [rule for mark in item.iter_markers("rule") for rule in mark.args]
        name = in_words(item.name)
        try:
            cases.append(case_of(rules, sections, name, run, found))
        except NotForOthers as reason:
            without[name] = str(reason)

    recorder = Recorder(recorded, lambda item, why: without.update({in_words(item.name): why}))
    with recording(recorder), TemporaryDirectory(dir=MEMORY) as folder:
        status = pytest.main(
            [
                *(
                    "-q",
                    "--assert=plain",
                    "--tb=no",
                    "-p",
                    "no:cacheprovider",
                    "-p",
                    "no:logging",
                    "-p",
                    "no:unraisableexception",
                ),
                *("-k", "not postgresql", f"--basetemp={folder}/run", str(SPECIFICATION / source)),
            ],
            plugins=[recorder],
        )
    holding, others = holding_cases(cases)
    write_cases(source, holding, without | others)
    return 0 if status in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} else int(status)


def holding_cases(cases: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """
    Return the cases that hold on a system of ours when it gets nothing but their data, and the others.

    The others rest on what is no data: a database made to refuse, a signature, another setting.
    """
    others: dict[str, str] = {}
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(dir=MEMORY)))
        templates, folder = root / "templates", root / "run"
        templates.mkdir()
        folder.mkdir()
        deployment = Deployment(sqlite_databases(sqlite_templates(templates), folder), folder)
        stack.callback(deployment.engine.dispose)
        served = stack.enter_context(serving(deployment))
        runner = stack.enter_context(opened(target_of(served)))
        of_calls = [CONVERTER.structure({"file": "", **case}, Case) for case in cases if "job" not in case]
        of_jobs = [CONVERTER.structure({"file": "", **case}, JobCase) for case in cases if "job" in case]
        for result in (*runner.run(of_calls), *runner.run_jobs(of_jobs)):
            if result.outcome is not Outcome.PASSED:
                why = result.reason or result.differences[0].place
                others[result.case.name] = f"it does not hold from its data alone: {why}"
        holding = [case for case in cases if case["name"] not in others]
        alone = [{**case, "without_rows": True} for case in holding if is_of_calls(case)]
        bare = stack.enter_context(opened(target_of(served, rows=False)))
        results = bare.run([CONVERTER.structure({"file": "", **case}, Case) for case in alone])
        without = {result.case.name for result in results if result.outcome is Outcome.PASSED}
    return [case | ({"without_rows": True} if case["name"] in without else {}) for case in holding], others


def is_of_calls(case: dict[str, Any]) -> bool:
    """Return whether a case puts rows in, and is about nothing but how a call is made."""
    gives = any({"given", "gone"} & call.keys() for call in case.get("calls", ()))
    return gives and set(case["rule"]) <= RULES_OF_CALLS


def write_cases(source: str, cases: list[dict[str, Any]], others: dict[str, str]) -> None:
    """Write the cases of one source, and what was left out of it."""
    lines = [json.dumps(case, ensure_ascii=False) + "\n" for case in cases]
    (CASES / f"{SOURCES[source]}.jsonl").write_text("".join(lines))
    write(CASES / LEFT_OUT, {**not_printed(), **printed_without(), source: others})
    print(f"{source}: {len(cases)} cases, {len(others)} left out")


def not_printed() -> dict[str, dict[str, str]]:
    """Return the files and folders of which nothing is printed, with the reason."""
    return {path: {EVERY_TEST: reason} for path, reason in NOT_PRINTED.items()}


def left_out() -> dict[str, dict[str, str]]:
    """Return what is left out by file or folder, as last printed."""
    found: dict[str, dict[str, str]] = held(CASES / LEFT_OUT) or {}
    return found


def printed_without() -> dict[str, dict[str, str]]:
    """Return the tests of each source that are no case, in the order of the sources, as last printed."""
    found = left_out()
    return {source: found[source] for source in SOURCES if source in found}


def in_words(name: str) -> str:
    """Return the name of a test as a sentence, its parameters in brackets."""
    sentence, _, parameters = name.removeprefix("test_").partition("[")
    given = re.sub(r"(?:^|-)sqlite(?=-|\]|$)", "", parameters.removesuffix("]")).strip("-")
    return sentence.replace("_", " ") + (f" [{given}]" if given else "")


if __name__ == "__main__":
    sys.exit(main())

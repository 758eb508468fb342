"""Systems that break a U rule on purpose: the random sequences find it, and their script shows it again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from attrs import evolve, frozen
from sqlalchemy import delete

from ocms_adapters.sql import schema
from ocms_conformance.curl_script import variable
from ocms_conformance.property_level import run_property_level
from ocms_conformance.results import Outcome
from ocms_conformance.runner import opened
from ocms_conformance.target import Target
from tests.support.conformance_target import credentials
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.http_server import Deployment
from tools.conformance.mutated_server import loaded, served_fork
from tools.mutation import CORE
from tools.mutation.changes import Mutant
from tools.mutation.patches import Patch, functions_of_the_core, patch

EXAMPLES, SEED = 120, 1
# Runs the statements of its standard input one by one, and prints the rows they return as JSON lines.
RUN_SQL = """
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60)
connection.row_factory = sqlite3.Row
for line in sys.stdin:
    for row in connection.execute(line):
        print("row", json.dumps(dict(row)))
connection.commit()
"""


@frozen
class Planted:
    """A change of the core that breaks a rule, and the columns of a notice that show it."""

    rule: str
    module: str
    before: str
    after: str
    columns: tuple[str, ...]

    def change(self) -> Patch:
        """Return what puts it into a process."""
        path = CORE / self.module
        text = path.read_text()
        assert text.count(self.before) == 1
        changed = text.replace(self.before, self.after)
        mutant = Mutant(path, changed, 0, 0, frozenset(), self.before, self.after)
        return patch(mutant, text, functions_of_the_core())


BREAKS = (
    Planted(
        "U1",
        "kernel/suspensions.py",
        "shown_as(max((*records, *alone), key=end_of))",
        "shown_as(min((*records, *alone), key=end_of))",
        ("suspension_type", "epr_reason_of_suspension"),
    ),
    Planted(
        "U3",
        "offenders/eligibility.py",
        "if notice.suspension_type == PERMANENT:",
        'if notice.suspension_type == "none":',
        ("owner_driver_indicator", "id_no", "offender_indicator"),
    ),
    Planted(
        "U4",
        "stages/amounts.py",
        "return money(composition + ((fee and amount_of(fee, reference)) or 0))",
        "return money(composition)",
        ("amount_payable",),
    ),
)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("planted")
    with ExitStack() as stack:
        templates = sqlite_templates(tmp_path_factory.mktemp("templates"))
        found = Deployment(sqlite_databases(templates, folder), folder)
        stack.callback(found.engine.dispose)
        loaded()
        yield found


@pytest.fixture(scope="module")
def target(deployment: Deployment) -> Target:
    found = Target(
        url="", database=deployment.databases.intranet, credentials=list(credentials(deployment, 60))
    )
    deployment.engine.dispose()  # no connection is open when a process forks
    return found


def script_run(script: str, target: Target, url: str) -> list[Mapping[str, Any]]:
    """Run a script with `sh`; return the rows it shows at the end."""
    database = str(target.database).partition(":///")[2]
    held = {variable(each.role, each.kind): each.value for each in target.credentials}
    sql = f"'{sys.executable}' -c '{RUN_SQL}' '{database}'"
    said = subprocess.run(
        ["sh", "-eu"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "OCMS_URL": url, "OCMS_SQL": sql, "no_proxy": "*", **held},
    )
    assert said.returncode == 0, said.stderr
    return [json.loads(line.removeprefix("row ")) for line in said.stdout.splitlines() if line[:4] == "row "]


@pytest.mark.parametrize("planted", BREAKS, ids=[each.rule for each in BREAKS])
def test_a_planted_break_is_found_and_its_script_shows_it_again(
    planted: Planted, deployment: Deployment, target: Target
) -> None:
    with deployment.engine.begin() as connection:
        connection.execute(delete(schema.ocms_rate_counter))
    deployment.engine.dispose()
    with served_fork(deployment, planted.change()) as url:
        assert url
        with opened(evolve(target, url=url)) as runner:
            results = list(
                run_property_level(
                    runner, examples=EXAMPLES, seed=SEED, rules=[planted.rule], files=["sequences"]
                )
            )
        (failed, *_) = [result for result in results if result.outcome is Outcome.FAILED]
        assert failed.case.rule[0] == planted.rule
        broken = script_run(failed.script, target, url)
    with served_fork(deployment) as url:
        assert url
        sound = script_run(failed.script, target, url)
    # The script shows on the broken system what was found, and not on a sound one.
    assert shown(planted, broken) != shown(planted, sound), failed.script
    found = repr([each.found for each in failed.differences])
    assert any(str(value) in found for row in shown(planted, broken) for value in row if value), found


def shown(planted: Planted, rows: list[Mapping[str, Any]]) -> list[list[Any]]:
    return [[row[name] for name in planted.columns] for row in rows if {*planted.columns} <= {*row}]

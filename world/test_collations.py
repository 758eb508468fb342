"""On a PostgreSQL that sorts by language, not by code, OCMS has its order of notices, pages and locks."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.ports.sql.test_notice_order import NUMBERS, UNHYPHENATED
from tests.support.postgres import PostgresServer, server_folder
from world.support.collations import make_english
from world.support.own_tests import run_own_tests
from world.support.programs import DEBIAN_POSTGRESQL

# The order of the operating system's locale, which PostgreSQL asks for where a database has one of its own.
SORT_BY_LOCALE = """
import json, locale, sys
locale.setlocale(locale.LC_COLLATE, "en_US.UTF-8")
print(json.dumps(sorted(json.load(sys.stdin), key=locale.strxfrm)))
"""


@pytest.fixture(scope="module")
def with_icu() -> Iterator[PostgresServer]:
    """Yield a server that knows ICU's collations."""
    with server_folder(binaries=DEBIAN_POSTGRESQL) as server:
        server.start()
        yield server


@pytest.mark.rule("G9", "G13")
@pytest.mark.parametrize("collation", ["und-x-icu", "en-US-x-icu", "en-SG-x-icu", "C"])
def test_postgresql_sorts_notice_numbers_as_python_does(with_icu: PostgresServer, collation: str) -> None:
    in_order = f'SELECT number FROM unnest(%s::text[]) AS number ORDER BY number COLLATE "{collation}"'
    with psycopg.connect(with_icu.url().replace("+psycopg", "")) as connection:
        found = [number for (number,) in connection.execute(in_order.encode(), [NUMBERS])]
        mixed = [word for (word,) in connection.execute(in_order.encode(), [["B", "a"]])]
    assert found == sorted(NUMBERS)
    assert mixed == (["B", "a"] if collation == "C" else ["a", "B"])  # it is the collation that it says


@pytest.mark.rule("G9", "G13")
def test_the_operating_systems_english_sorts_notice_numbers_as_python_does_but_for_hyphens(
    folder: Path,
) -> None:
    make_english(folder)
    ended = subprocess.run(
        [sys.executable, "-c", SORT_BY_LOCALE],
        input=json.dumps([*UNHYPHENATED, "a", "A-C"]),
        env=os.environ | {"LOCPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ended.stdout)
    assert found.index("a") < found.index("B")
    # So no lock may be taken in the order of Python there, as on SQL Server.
    assert found.index("AB") < found.index("A-C")
    assert [number for number in found if number not in {"a", "A-C"}] == sorted(UNHYPHENATED)


@pytest.mark.parametrize(
    "plugin, tests",
    [
        ("world.on_icu", "tests/ports/sql/test_notice_order.py"),
        ("world.on_icu", "tests/ports/sql/test_replication.py"),
        ("world.on_icu", "tests/ports/sql/stages"),
        ("world.on_english", "tests/ports/sql/test_replication.py"),
        ("world.on_english", "tests/ports/sql/stages"),
    ],
)
def test_the_projects_own_tests_pass_with_the_collation(plugin: str, tests: str, tmp_path: Path) -> None:
    run_own_tests(plugin, "postgresql", tests, tmp_path)

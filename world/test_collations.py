"""On a PostgreSQL that sorts by ICU, not by code, the project's own tests of order, pages and locks pass."""

from pathlib import Path

import pytest

from world.support.own_tests import run_own_tests


@pytest.mark.parametrize("tests", ["tests/ports/sql/test_replication.py", "tests/ports/sql/stages"])
def test_the_projects_own_tests_pass_with_an_icu_collation(tests: str, tmp_path: Path) -> None:
    run_own_tests("world.on_icu", "postgresql", tests, tmp_path)

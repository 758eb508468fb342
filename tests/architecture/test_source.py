"""Names and calls that do not belong in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "src/ocms_core").rglob("*.py"))
PYTHON = sorted(path for part in ("src", "tests", "benchmarks") for path in (ROOT / part).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# The core is handed its time, its identities and its data.
IMPURE = {"now", "utcnow", "today", "uuid1", "uuid4", "print", "open", "input"}
# Names that say nothing of what is in a module.
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "impl", "misc"}
LEFT_OUT = {"skip", "skipif", "xfail", "importorskip"}


def words(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every called name and every attribute of a module, with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node.lineno


def found(paths: list[Path], unwanted: set[str]) -> list[str]:
    """Return the places where unwanted words stand."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in paths
        for word, line in words(path)
        if word in unwanted
    ]


def test_the_core_takes_no_time_identity_or_data_from_outside() -> None:
    assert found(CORE, IMPURE) == []


@pytest.mark.parametrize(
    "line", ["datetime.now(UTC)", "date.today()", "uuid.uuid4()", "print(1)", "open('x')"]
)
def test_what_the_core_must_not_do_is_recognised(line: str, tmp_path: Path) -> None:
    module = tmp_path / "planted.py"
    module.write_text(line)
    assert {word for word, _ in words(module)} & IMPURE


def test_every_module_is_named_for_what_is_in_it() -> None:
    named = [part for path in PYTHON for part in (path.stem, path.parent.name) if part in SAYS_NOTHING]
    assert named == []


def test_no_test_is_left_out() -> None:
    assert found(TESTS, LEFT_OUT) == []

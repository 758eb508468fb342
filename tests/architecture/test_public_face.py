"""What the core says is public exists, suffices for the how-to page, and is typed for a consumer outside."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import ocms_core
from ocms_core.kernel.changes import Change

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "use-the-core.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
LISTED = re.compile(r"^    (ocms_core[\w.]+): (.+)$", re.MULTILINE)
PUBLIC = {
    (module, name) for module, names in LISTED.findall(ocms_core.__doc__ or "") for name in names.split(", ")
} | {(kind.__module__, kind.__name__) for kind in get_args(Change)}
MISUSE = """
from datetime import datetime

from ocms_core.court.facts import PlusNotice
from ocms_core.court.plus_query import payment_allowance
from ocms_core.court.service import update_court_notices

payment_allowance("500500303J", now=datetime(2025, 2, 14))
PlusNotice(notice_no="500500303J")
update_court_notices([], stores=object(), now=datetime(2025, 2, 14))
notice: PlusNotice
notice.amount_payable = None
"""


@pytest.mark.parametrize("module, name", sorted(PUBLIC))
def test_a_public_name_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module, name", sorted(PUBLIC))
def test_a_public_class_or_function_is_listed_where_it_is_defined(module: str, name: str) -> None:
    value = getattr(importlib.import_module(module), name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__ == module


@pytest.mark.parametrize("module, name", sorted(PUBLIC))
def test_every_type_in_the_signature_of_a_public_name_is_public(module: str, name: str) -> None:
    value = getattr(importlib.import_module(module), name)
    signed: list[Any] = [value] if inspect.isfunction(value) else []
    if inspect.isclass(value):
        methods = inspect.getmembers(value, inspect.isfunction)
        signed = [value, *(method for each, method in methods if not each.startswith("_"))]
    used = {
        (each.__module__, each.__name__)
        for one in signed
        for hint in get_type_hints(one).values()
        for each in classes_in(hint)
    }
    assert used - PUBLIC == set()


def classes_in(hint: Any) -> Iterator[type]:
    """Yield the classes of the core that a type is made of."""
    if inspect.isclass(hint) and hint.__module__.startswith("ocms_core"):
        yield hint
    for part in hint if isinstance(hint, list) else get_args(hint):
        yield from classes_in(part)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_how_to_page_uses_public_names_only(example: str) -> None:
    used = {
        (node.module or "", alias.name)
        for node in ast.walk(ast.parse(example))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ocms_core")
        for alias in node.names
    }
    assert used - PUBLIC == set()


def checked(consumer: Path) -> list[str]:
    """Return what mypy in strict mode says of a package that has ocms_core installed, a line each."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(consumer / "cache"),
    ]
    given = subprocess.run(
        [*command, "--no-error-summary", "consumer"],
        cwd=consumer,
        check=False,
        capture_output=True,
        text=True,
    )
    return [*given.stdout.splitlines(), *given.stderr.splitlines()]


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """Return the folder of a package outside the project, with each example of the page as a module."""
    package = tmp_path / "consumer"
    package.mkdir()
    (package / "__init__.py").touch()
    for number, example in enumerate(EXAMPLES):
        (package / f"example_{number}.py").write_text(example)
    return tmp_path


def test_a_consumer_outside_type_checks_in_strict_mode_and_its_mistakes_are_found(consumer: Path) -> None:
    (consumer / "consumer" / "misuse.py").write_text(MISUSE)
    found = [
        re.sub(r": error: .*  \[(.+)\]$", r" \1", line) for line in checked(consumer) if ": error: " in line
    ]
    assert found == [
        f"consumer/misuse.py:{line} {kind}"
        for line, kind in ((8, "arg-type"), (9, "call-arg"), (10, "arg-type"), (12, "misc"))
    ]

"""What is plugged into pytest and Python to trace the specification and to run it against a mutant."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import msgspec
import pytest
from coverage import Coverage

from tools.mutation import CORE, ROOT, SOURCE
from tools.mutation.changes import Mutant

OURS = ("ocms_core", "ocms_adapters", "ocms_web", "ocms_app", "ocms_demo", "tests", "tools", "__main__")

# What is in a test file that looks at every module of the core, whatever the names in it.
EVERY_MODULE = "walk_packages(ocms_core.__path__"

# The context of what runs while a module is imported.
IMPORT = ""


class Trace(msgspec.Struct):
    """What one run of the specification shows."""

    seconds: dict[str, float]  # by test
    tests: dict[str, dict[int, list[str]]]  # by module and line, IMPORT among them
    imported: list[str]  # the modules that are not ours

    def may_find(self, mutant: Mutant) -> list[str]:
        """
        Return the tests that may find a mutant, the quickest first: those that run its lines.

        What is run by an import alone may be found by every test that runs another line of its module, or a
        line anywhere with its name or that of a constant made of it, and by those of a file with its name or
        that looks at every module.
        """
        span = range(mutant.first, mutant.last + 1)
        lines = self.tests.get(str(mutant.module), {})
        found = {test for line in span for test in lines.get(line, ())}
        if IMPORT in found or not found:
            found.update(*lines.values(), self._with_a_name(mutant.names))
        return sorted(found - {IMPORT}, key=self.seconds.__getitem__)

    def is_imported(self, mutant: Mutant) -> bool:
        """Return whether a line of a mutant runs while modules are imported."""
        lines = self.tests.get(str(mutant.module), {})
        return any(IMPORT in lines.get(line, ()) for line in range(mutant.first, mutant.last + 1))

    def _with_a_name(self, names: frozenset[str]) -> set[str]:
        word = re.compile(rf"\b(?:{'|'.join(names_made_of(names))})\b")
        files = {test.partition("::")[0] for test in self.seconds}
        texts = {file: text_of(ROOT / file) for file in files}
        having = {file for file, text in texts.items() if word.search(text) or EVERY_MODULE in text}
        found = {test for test in self.seconds if test.partition("::")[0] in having}
        for module, lines in self.tests.items():
            for number, line in enumerate(text_of(Path(module)).splitlines(), start=1):
                if word.search(line):
                    found.update(lines.get(number, ()))
        return found


@cache
def constants() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return the names each constant of the core defines, and those it is made of."""
    return tuple(
        (frozenset(names_in(*targets_of(node))), frozenset(names_in(node.value)))
        for file in CORE.rglob("*.py")
        for node in ast.parse(text_of(file)).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
    )


def targets_of(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    """Return what an assignment assigns to."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def names_in(*nodes: ast.AST) -> Iterator[str]:
    """Yield the names in some code, those of attributes too."""
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                yield part.id
            elif isinstance(part, ast.Attribute):
                yield part.attr


def names_made_of(names: frozenset[str]) -> frozenset[str]:
    """Return names with those of the constants that are made of them."""
    more = names.union(*(made for made, of in constants() if of & names))
    return names if more == names else names_made_of(more)


@cache
def text_of(file: Path) -> str:
    """Return the text of a file."""
    return file.read_text()


class Tracer:
    """Notes what each test runs of the core, and for how long."""

    def __init__(self) -> None:
        self._coverage = Coverage(data_file=None, source=[str(CORE)], config_file=False, messages=False)
        self._seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        """Begin before the core is imported."""
        self._coverage.start()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Name the test that begins."""
        self._coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the time of a test and its fixtures."""
        self._seconds[report.nodeid] += report.duration

    def trace(self) -> Trace:
        """End, and return what was noted."""
        self._coverage.stop()
        data = self._coverage.get_data()
        names = [name for name in sys.modules if name.partition(".")[0] not in OURS]
        return Trace(
            self._seconds, {file: data.contexts_by_lineno(file) for file in data.measured_files()}, names
        )


class Chosen:
    """Runs the tests named, in that order, and no other."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._places = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what is not named."""
        chosen = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])


class MutantFinder(MetaPathFinder):
    """Has Python import a mutant instead of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = ".".join(mutant.module.relative_to(SOURCE).with_suffix("").parts)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return the mutant under the name of its module."""
        del path, target
        if fullname != self._name:
            return None
        loader = MutantLoader(fullname, str(self._mutant.module), self._mutant.text)
        return spec_from_file_location(fullname, self._mutant.module, loader=loader)


class MutantLoader(SourceFileLoader):
    """Loads a text as the content of a file, beside the cache of bytecode."""

    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        """Return the text compiled."""
        del fullname
        compiled: CodeType = compile(self._text, self.path, "exec", dont_inherit=True)
        return compiled

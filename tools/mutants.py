"""
Mutation testing of the core: changes `src/ocms_core` in small ways and runs the specification against each.

The changes are mutmut's. Its own runner is not used: it leaves every decorated function alone, which here
are all that decide a rule. A mutant lives in memory only. Each is tried in a process of its own, and of the
tests only those that run the changed line are run, the quickest first, up to the first failure.

A change inside a function is put into that function of a process that has imported everything. Any other, and
one of a function that runs while modules are imported and that no test found so, is imported in place of its
module, in a process that has imported everything but the project.

    python -m tools.mutants [--sample 200] [--seed 1] [--only stages/toppan] [--workers 2]
"""

import argparse
import gc
import os
import random
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType
from warnings import catch_warnings

import msgspec
import pytest
from attrs import frozen
from hypothesis import HealthCheck, Phase, settings

from tools.mutation import CORE, ROOT
from tools.mutation.changes import Module, Mutant
from tools.mutation.patches import Key, NotPatchable, functions_of_the_core, patch
from tools.mutation.plugins import Chosen, MutantFinder, Trace, Tracer
from tools.mutation.reasons import REASONS, excused_mutants

SPECIFICATION = ROOT / "tests" / "spec"

# What the specification has to find of the mutants that REASONS does not name, in percent.
REQUIRED = 96

# A mutant may loop or fill the memory: what it may use, of which all tests together need a part. One that
# takes several times as long as its tests did is found.
LEAST_SECONDS, TIMES_LONGER, MOST_SECONDS = 10, 5, 120
BYTES = 4 * 1024**3
FAILED = 70

# Without the tests over HTTP, which are slow, and PostgreSQL: every test on it is also one on SQLite.
PYTEST = (
    "-q",
    "--assert=plain",
    "--hypothesis-profile=mutants",
    f"--ignore={SPECIFICATION / 'http'}",
    *("-p", "no:cacheprovider"),
    *("-k", "not postgresql"),
)


class Result(msgspec.Struct):
    """What became of one mutant; `found` is None while that is not known."""

    module: str
    number: int
    line: int
    before: str
    after: str
    found: bool | None

    @classmethod
    def of(cls, place: "Place", mutant: Mutant, *, found: bool | None) -> "Result":
        """Return what became of the mutant of a place."""
        return cls(place.name, place.number, mutant.first, mutant.before, mutant.after, found)

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it until its line is edited."""
        return self.module, self.before, self.after

    def print_unless_found(self) -> None:
        """Print a mutant that no test finds."""
        if self.found is False:
            print(f"{self.module}:{self.line}\n  {self.before}\n  {self.after}", file=sys.stderr, flush=True)


@frozen
class Place:
    """A change of a module, by its number."""

    module: Module
    number: int

    @property
    def name(self) -> str:
        """The path of the module in the core."""
        return str(self.module.path.relative_to(CORE))


def in_a_fork(work: Callable[[], int], *, loud: bool = False) -> int:
    """
    Return the exit code of work done in a forked process; negative for a signal.

    It prints nothing, or only errors where it is `loud`.
    """
    process = os.fork()
    if not process:
        status = FAILED
        with suppress(BaseException), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            if not loud:
                os.dup2(nowhere.fileno(), 2)
            status = work()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def traced(folder: Path) -> Trace:
    """Run the specification once and return what each test runs."""
    file = folder / "trace.json"

    def work() -> int:
        tracer = Tracer()
        code = pytest.main([*PYTEST, str(SPECIFICATION)], plugins=[tracer])
        file.write_bytes(msgspec.json.encode(tracer.trace()))
        return int(code)

    if in_a_fork(work):
        sys.exit("The specification fails without any mutant: see `make spec`.")
    return msgspec.json.decode(file.read_bytes(), type=Trace)


def limited(seconds: int) -> None:
    """Bound what this process may use: a mutant may loop or fill the memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def is_found(mutant: Mutant, trace: Trace) -> bool:
    """Return whether a test fails on a mutant that is imported in place of its module."""

    def work() -> int:
        limited(MOST_SECONDS)
        sys.meta_path.insert(0, MutantFinder(mutant))
        files = dict.fromkeys(str(ROOT / test.partition("::")[0]) for test in tests)
        return int(pytest.main([*PYTEST, "-x", *files], plugins=[Chosen(tests)]))

    tests = trace.may_find(mutant)
    return bool(tests) and in_a_fork(work) not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


@frozen
class PatchedRuns:
    """
    Instead of the tests pytest has collected, runs those of each mutant in a fork with its functions changed.

    Each worker writes its results; `found` is None for a mutant that has to be imported to be tried.
    """

    places: Sequence[Place]
    trace: Trace
    files: Sequence[Path]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant, in as many processes as there are files for results."""
        items = {item.nodeid: item for item in session.items}
        functions = functions_of_the_core()
        gc.freeze()
        in_workers(self.files, lambda number, file: self._work(number, file, items, functions))
        return True

    def _work(
        self,
        number: int,
        file: Path,
        items: Mapping[str, pytest.Item],
        functions: Mapping[Key, list[FunctionType]],
    ) -> None:
        with file.open("wb") as out:
            for place in self.places[number :: len(self.files)]:
                if mutant := place.module.mutant(place.number):
                    found = self._is_found(mutant, place.module.text, items, functions)
                    result = Result.of(place, mutant, found=found)
                    result.print_unless_found()
                    out.write(msgspec.json.encode(result) + b"\n")

    def _is_found(
        self,
        mutant: Mutant,
        text: str,
        items: Mapping[str, pytest.Item],
        functions: Mapping[Key, list[FunctionType]],
    ) -> bool | None:
        tests = [items[test] for test in self.trace.may_find(mutant) if test in items]
        seconds = sum(self.trace.seconds[item.nodeid] for item in tests)
        try:
            changed = patch(mutant, text, functions)
        except NotPatchable:
            return None

        def work() -> int:
            limited(min(MOST_SECONDS, LEAST_SECONDS + round(TIMES_LONGER * seconds)))
            changed.apply()
            for item, following in zip(tests, [*tests[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if item.session.testsfailed:
                    return FAILED
            return 0

        if tests and in_a_fork(work):
            return True
        return None if self.trace.is_imported(mutant) else False


def in_workers(files: Sequence[Path], work: Callable[[int, Path], None]) -> None:
    """Do some work in a process for each file; end the program when one of them fails."""
    processes = []
    for number, file in enumerate(files):
        process = os.fork()
        processes.append(process)
        if not process:
            status = FAILED
            try:
                work(number, file)
                status = 0
            finally:
                os._exit(status)
    ended = [os.waitpid(process, 0)[1] for process in processes]
    if any(ended):
        sys.exit("A worker ended before its mutants were tried.")


def results(files: Sequence[Path]) -> list[Result]:
    """Return what the workers wrote."""
    return [
        msgspec.json.decode(line, type=Result) for file in files for line in file.read_bytes().splitlines()
    ]


def tried(places: Sequence[Place], trace: Trace, workers: int, folder: Path) -> list[Result]:
    """Try the mutants of changes, and print each that no test finds."""
    patched, imported = ([folder / f"{kind}-{worker}.jsonl" for worker in range(workers)] for kind in "pi")
    runs = PatchedRuns(places, trace, patched)
    if in_a_fork(lambda: int(pytest.main([*PYTEST, "-s", str(SPECIFICATION)], plugins=[runs])), loud=True):
        sys.exit("The mutants of functions could not be tried.")
    known = results(patched)
    left = [result for result in known if result.found is None]
    by_place = {(place.name, place.number): place for place in places}

    def import_each(number: int, file: Path) -> None:
        with file.open("wb") as out:
            for result in left[number::workers]:
                place = by_place[result.module, result.number]
                if mutant := place.module.mutant(place.number):
                    tried = Result.of(place, mutant, found=is_found(mutant, trace))
                    tried.print_unless_found()
                    out.write(msgspec.json.encode(tried) + b"\n")

    in_workers(imported, import_each)
    return [result for result in known if result.found is not None] + results(imported)


def main() -> None:
    """Try the mutants, print the share that is found, and fail when it is too small."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, help="how many changes, at random; all without it")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--only", default="", help="a part of the modules' paths")
    parser.add_argument("--workers", type=int, default=1, help="processes at the same time")
    asked = parser.parse_args()

    settings.register_profile(
        "mutants",
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),  # which would find a mutant because the machine is busy
    )
    modules = [Module(path) for path in sorted(CORE.rglob("*.py")) if asked.only in str(path)]
    places = [Place(module, number) for module in modules for number in range(len(module.changes))]
    random.Random(asked.seed).shuffle(places)  # noqa: S311  # a sample, no secret
    with TemporaryDirectory() as name:
        folder = Path(name)
        trace = traced(folder)
        for imported in trace.imported:
            with suppress(Exception), catch_warnings(action="ignore"):
                import_module(imported)
        all_results = tried(places[: asked.sample], trace, asked.workers, folder)

    excused = {(each.module, each.before, each.after) for each in excused_mutants()}
    counted = [result for result in all_results if result.found or result.key not in excused]
    found = sum(result.found is True for result in counted)
    print(
        f"{len(all_results)} mutants: {found} found, {len(counted) - found} not found, "
        f"{len(all_results) - len(counted)} with a reason in {REASONS.relative_to(ROOT)}; "
        f"{100 * found / max(len(counted), 1):.1f} % found"
    )
    if 100 * found < REQUIRED * len(counted):
        sys.exit(f"The specification has to find {REQUIRED} %.")


if __name__ == "__main__":
    main()

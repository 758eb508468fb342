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
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType
from typing import TypeAlias
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

PlaceKey: TypeAlias = tuple[str, str, int]

# Without the tests over HTTP, which are slow, and PostgreSQL: every test on it is also one on SQLite.
PYTEST = (
    "-q",
    "--assert=plain",
    "--hypothesis-profile=mutants",
    f"--ignore={SPECIFICATION / 'http'}",
    *("-p", "no:cacheprovider"),
    *("-k", "not postgresql"),
)


@frozen
class ChangeInModule:
    """A change of a module, by its number."""

    module: Module
    number: int

    @property
    def key(self) -> PlaceKey:
        """What names it while its module is not edited: path in the core, digest of the text, number."""
        return str(self.module.path.relative_to(CORE)), self.module.digest, self.number


class Result(msgspec.Struct):
    """What became of one mutant; `found` is None while that is not known."""

    module: str
    digest: str
    number: int
    line: int
    before: str
    after: str
    found: bool | None

    @classmethod
    def of(cls, place: ChangeInModule, mutant: Mutant, *, found: bool | None) -> "Result":
        """Return what became of the mutant of a place."""
        return cls(*place.key, mutant.first, mutant.before, mutant.after, found)

    @property
    def place(self) -> PlaceKey:
        """The place of the mutant."""
        return self.module, self.digest, self.number

    @property
    def has_reason(self) -> bool:
        """Whether the mutant may stay."""
        return (self.module, self.before, self.after) in with_reasons()


@cache
def with_reasons() -> frozenset[tuple[str, str, str]]:
    """Return the mutants that may stay: module, before and after."""
    return frozenset((each.module, each.before, each.after) for each in excused_mutants())


@frozen
class Journal:
    """The file of results; workers add to it, and a run that is begun again goes on where it ended."""

    file: Path

    def add(self, result: Result) -> None:
        """Add a result; print a mutant that no test finds and that has no reason."""
        if result.found is False and not result.has_reason:
            print(f"{result.module}:{result.line}\n  {result.before}\n  {result.after}", file=sys.stderr)
        with self.file.open("ab", buffering=0) as out:
            out.write(msgspec.json.encode(result) + b"\n")

    def results(self) -> dict[PlaceKey, Result]:
        """Return what is known of each place, the latest."""
        lines = self.file.read_bytes().splitlines() if self.file.exists() else ()
        found = (msgspec.json.decode(line, type=Result) for line in lines)
        return {result.place: result for result in found}


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
    """Limit what this process may use: a mutant may loop or fill the memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def is_found(mutant: Mutant, trace: Trace) -> bool:
    """
    Return whether a test fails on a mutant that is imported in place of its module.

    The test file named like the module is tried first: it finds most, and the others take long to import.
    """

    def fails(chosen: Sequence[str]) -> bool:
        def work() -> int:
            limited(MOST_SECONDS)
            sys.meta_path.insert(0, MutantFinder(mutant))
            files = dict.fromkeys(str(ROOT / test.partition("::")[0]) for test in chosen)
            return int(pytest.main([*PYTEST, "-x", *files], plugins=[Chosen(chosen)]))

        return bool(chosen) and in_a_fork(work) not in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        )

    module = mutant.module.relative_to(CORE)
    own = str((SPECIFICATION / module.parent / f"test_{module.name}").relative_to(ROOT))
    tests = trace.may_find(mutant)
    nearest = [test for test in tests if test.partition("::")[0] == own]
    return fails(nearest) or fails([test for test in tests if test not in set(nearest)])


@frozen
class PatchedRuns:
    """
    Instead of the tests pytest has collected, runs those of each mutant in a fork with its functions changed.

    Of a mutant that has to be imported to be tried, the result is that nothing is known.
    """

    places: Sequence[ChangeInModule]
    trace: Trace
    workers: int
    journal: Journal

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant."""
        items = {item.nodeid: item for item in session.items}
        functions = functions_of_the_core()
        gc.freeze()
        in_workers(self.workers, self.places, self.journal, partial(self._is_found, items, functions))
        return True

    def _is_found(
        self,
        items: Mapping[str, pytest.Item],
        functions: Mapping[Key, list[FunctionType]],
        mutant: Mutant,
        text: str,
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


def in_workers(
    workers: int,
    places: Sequence[ChangeInModule],
    journal: Journal,
    found: Callable[[Mutant, str], bool | None],
) -> None:
    """Try the mutants of places in some processes; end the program when one of them fails."""
    processes = []
    for worker in range(workers):
        process = os.fork()
        processes.append(process)
        if not process:
            status = FAILED
            try:
                for place in places[worker::workers]:
                    if mutant := place.module.mutant(place.number):
                        result = Result.of(place, mutant, found=None)
                        result.found = not result.has_reason and found(mutant, place.module.text)
                        journal.add(result)
                status = 0
            finally:
                os._exit(status)
    ended = [os.waitpid(process, 0)[1] for process in processes]
    if any(ended):
        sys.exit("A worker ended before its mutants were tried.")


def tried(places: Sequence[ChangeInModule], trace: Trace, workers: int, journal: Journal) -> list[Result]:
    """Try the mutants of places but for those known to be found, and print each that no test finds."""
    known = journal.results()
    left = [place for place in places if place.key not in known or not known[place.key].found]
    runs = PatchedRuns(left, trace, workers, journal)
    if in_a_fork(lambda: int(pytest.main([*PYTEST, "-s", str(SPECIFICATION)], plugins=[runs])), loud=True):
        sys.exit("The mutants of functions could not be tried.")
    known = journal.results()
    left = [place for place in left if place.key in known and known[place.key].found is None]
    in_workers(workers, left, journal, lambda mutant, _: is_found(mutant, trace))
    known = journal.results()
    return [known[place.key] for place in places if place.key in known]


def main() -> None:
    """Try the mutants, print the share that is found, and fail when it is too small."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, help="how many changes, at random; all without it")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--only", default="", help="a part of the modules' paths")
    parser.add_argument("--workers", type=int, default=1, help="processes at the same time")
    parser.add_argument("--results", type=Path, help="file of results; a run that was cut off goes on there")
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
    places = [ChangeInModule(module, number) for module in modules for number in range(len(module.changes))]
    random.Random(asked.seed).shuffle(places)  # noqa: S311  # a sample, no secret
    with TemporaryDirectory() as name:
        folder = Path(name)
        trace = traced(folder)
        for imported in trace.imported:
            with suppress(Exception), catch_warnings(action="ignore"):
                import_module(imported)
        journal = Journal(asked.results or folder / "results.jsonl")
        all_results = tried(places[: asked.sample], trace, asked.workers, journal)

    counted = [result for result in all_results if not result.has_reason]
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

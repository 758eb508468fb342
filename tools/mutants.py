"""
Mutation testing of the core: changes `src/ocms_core` in small ways and runs the specification against each.

The changes are mutmut's. Its own runner is not used: it leaves every decorated function alone, which here
are all that decide a rule. A mutant lives in memory only. Each is tried in a process of its own, forked from
one that has imported everything but the project, and of the tests only those that run the changed line are
run, the quickest first, up to the first failure.

    python -m tools.mutants [--sample 200] [--seed 1] [--only stages/toppan] [--workers 2]
"""

import argparse
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from warnings import catch_warnings

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings

from tools.mutation import CORE, ROOT
from tools.mutation.changes import Module, Mutant
from tools.mutation.plugins import Chosen, MutantFinder, Trace, Tracer
from tools.mutation.reasons import REASONS, excused_mutants

SPECIFICATION = ROOT / "tests" / "spec"

# What the specification has to find of the mutants that REASONS does not name, in percent.
REQUIRED = 96

# A mutant may loop or fill the memory: what it may use, of which all tests together need a part.
PROCESSOR_SECONDS = 120
BYTES = 4 * 1024**3

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
    """What became of one mutant."""

    module: str
    line: int
    before: str
    after: str
    found: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it until its line is edited."""
        return self.module, self.before, self.after


def in_a_fork(work: Callable[[], int]) -> int:
    """Return the exit code of work done in a forked process that prints nothing; negative for a signal."""
    process = os.fork()
    if not process:
        status = 70
        with suppress(BaseException), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
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


def is_found(mutant: Mutant, trace: Trace) -> bool:
    """Return whether a test fails on a mutant."""

    def work() -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        sys.meta_path.insert(0, MutantFinder(mutant))
        files = dict.fromkeys(str(ROOT / test.partition("::")[0]) for test in tests)
        return int(pytest.main([*PYTEST, "-x", *files], plugins=[Chosen(tests)]))

    tests = trace.may_find(mutant)
    return bool(tests) and in_a_fork(work) not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def results(places: Sequence[tuple[Module, int]], trace: Trace) -> Iterator[Result]:
    """Try the mutants of changes, one after the other."""
    for module, number in places:
        if mutant := module.mutant(number):
            name = str(mutant.module.relative_to(CORE))
            yield Result(name, mutant.first, mutant.before, mutant.after, is_found(mutant, trace))


def tried(places: Sequence[tuple[Module, int]], trace: Trace, workers: int, folder: Path) -> list[Result]:
    """Try the mutants of changes in some processes, and print each that no test finds."""
    files = [folder / f"{worker}.jsonl" for worker in range(workers)]
    processes = []
    for worker, file in enumerate(files):
        process = os.fork()
        processes.append(process)
        if not process:
            with file.open("wb") as out:
                for result in results(places[worker::workers], trace):
                    out.write(msgspec.json.encode(result) + b"\n")
                    if not result.found:
                        print(
                            f"{result.module}:{result.line}\n  {result.before}\n  {result.after}", flush=True
                        )
            os._exit(0)
    ended = [os.waitpid(process, 0)[1] for process in processes]
    if any(ended):
        sys.exit("A worker ended before its mutants were tried.")
    return [
        msgspec.json.decode(line, type=Result) for file in files for line in file.read_bytes().splitlines()
    ]


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
    places = [(module, number) for module in modules for number in range(len(module.changes))]
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
    found = sum(result.found for result in counted)
    print(
        f"{len(all_results)} mutants: {found} found, {len(counted) - found} not found, "
        f"{len(all_results) - len(counted)} with a reason in {REASONS.relative_to(ROOT)}; "
        f"{100 * found / max(len(counted), 1):.1f} % found"
    )
    if 100 * found < REQUIRED * len(counted):
        sys.exit(f"The specification has to find {REQUIRED} %.")


if __name__ == "__main__":
    main()

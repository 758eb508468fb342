"""
Mutants over HTTP: how many wrong OCMS the conformance kit recognises.

Small changes are made to functions of the core that the kit's cases reach, as `tools.mutants` makes them.
Each changed system is served over HTTP from a fork of this process, on SQLite, and the kit runs the cases
that call the changed function, by URL and with rows, until one fails. A mutant that only words otherwise what
neither contract nor rule words is none: another of the sample is tried. So is one of a kind that no call and
no row can show, which is printed with its reason.

    python -m tools.conformance_mutants [--sample 100] [--seed 1]
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, frozen
from sqlalchemy import delete

from ocms_adapters.sql import schema
from ocms_conformance.case import Case, all_cases, in_order_of_need
from ocms_conformance.results import Outcome, Result
from ocms_conformance.runner import OWN_WORDS, opened
from ocms_conformance.target import Target
from tests.support.conformance_target import credentials
from tests.support.databases import sqlite_databases, sqlite_templates
from tests.support.http_server import Deployment
from tools.conformance.mutated_server import CalledFunctions, loaded, served_fork
from tools.conformance.not_on_the_wire import reason_for
from tools.mutants import ChangeInModule
from tools.mutation import CORE
from tools.mutation.changes import Module, Mutant
from tools.mutation.patches import (
    Key,
    NotPatchable,
    Patch,
    changed_functions,
    functions_of_the_core,
    key_of,
    patch,
)
from tools.mutation.reasons import excused_mutants

# What the kit has to recognise, in percent: see docs/howto/conformance.md.
REQUIRED = 90
TIMEOUT_SECONDS = 20


@frozen
class Trial:
    """A mutant, what puts it into a process, and the cases that call what it changes."""

    mutant: Mutant
    change: Patch
    cases: tuple[Case, ...]


@frozen
class MutantServer:
    """A deployment on which changed systems are served one after the other."""

    deployment: Deployment
    target: Target

    def run(self, cases: Sequence[Case], change: Patch | None) -> list[Result] | None:
        """Run cases up to the first that fails; None when the system does not start."""
        with self.deployment.engine.begin() as connection:
            connection.execute(delete(schema.ocms_rate_counter))
        with served_fork(self.deployment, change) as url:
            if url is None:
                return None
            results = []
            with opened(evolve(self.target, url=url)) as runner:
                for result in runner.run(cases):
                    results.append(result)
                    if result.outcome is Outcome.FAILED:
                        break
            return results

    def traced(self, cases: Sequence[Case], file: Path) -> Iterator[tuple[Case, set[Key]]]:
        """Yield each case that this OCMS passes, with the functions it calls."""
        watched = CalledFunctions(file)
        watched.begin_period()
        with served_fork(self.deployment, watched=watched) as url:
            if url is None:
                sys.exit("OCMS does not start.")
            with opened(evolve(self.target, url=url)) as runner:
                for case in in_order_of_need(cases):
                    watched.begin_period()
                    (result,) = runner.run([case])
                    if result.outcome is Outcome.PASSED:
                        yield case, watched.called()
                    else:
                        print(f"{result.outcome.value} without any change: {case.name}", *result.differences)


def trials(reached: dict[Key, list[Case]], seed: int, unseen: list[str]) -> Iterator[Trial]:
    """
    Yield mutants of functions that cases reach, at random, each with those cases.

    What no call can show goes to `unseen`, with its reason.
    """
    excused = {(each.module, each.before, each.after) for each in excused_mutants()}
    functions = functions_of_the_core()
    files = {file for file, _, _ in reached}
    modules = [Module(path) for path in sorted(CORE.rglob("*.py")) if str(path) in files]
    places = [ChangeInModule(module, number) for module in modules for number in range(len(module.changes))]
    random.Random(seed).shuffle(places)  # noqa: S311  # a sample, no secret
    for place in places:
        mutant = place.module.mutant(place.number)
        if mutant is None or (str(mutant.module.relative_to(CORE)), mutant.before, mutant.after) in excused:
            continue
        try:
            change = patch(mutant, place.module.text, functions)
        except NotPatchable:
            continue
        texts = (place.module.text, mutant.text)
        before, after = (compile(text, str(mutant.module), "exec", dont_inherit=True) for text in texts)
        keys = [key_of(old) for old, _ in changed_functions(before, after)]
        cases = {case.name: case for key in keys for case in reached.get(key, ())}
        if not cases:
            continue
        if reason := reason_for(mutant):
            unseen.append(f"{line_of(mutant)}\n        {reason}")
            continue
        yield Trial(mutant, change, tuple(cases.values()))


def line_of(mutant: Mutant) -> str:
    """Return where a mutant is and what it changes, in a line."""
    return f"{mutant.module.relative_to(CORE)}:{mutant.first}  {mutant.before}  ->  {mutant.after}"


def main() -> None:
    """Try mutants, print what is not recognised and the share that is; fail when it is too small."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=100, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    asked = parser.parse_args()
    memory = Path("/dev/shm")  # noqa: S108  # databases that need not outlive anything
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(dir=memory if memory.is_dir() else None)))
        templates, folder = root / "templates", root / "run"
        templates.mkdir()
        folder.mkdir()
        deployment = Deployment(sqlite_databases(sqlite_templates(templates), folder), folder)
        target = Target(
            url="",
            database=deployment.databases.intranet,
            credentials=list(credentials(deployment, 60)),
            timeout_seconds=TIMEOUT_SECONDS,
        )
        deployment.engine.dispose()  # no connection is open when a process forks
        loaded()
        server = MutantServer(deployment, target)
        reached: dict[Key, list[Case]] = {}
        for case, keys in server.traced(list(all_cases()), root / "called.txt"):
            for key in keys:
                reached.setdefault(key, []).append(case)
        found, tried, not_started, own_words = 0, 0, 0, 0
        missed: list[str] = []
        unseen: list[str] = []
        for trial in trials(reached, asked.seed, unseen):
            deployment.engine.dispose()
            results = server.run(trial.cases, trial.change)
            if results is None:
                not_started += 1
                continue
            failed = [result for result in results if result.outcome is Outcome.FAILED]
            if not failed and any(OWN_WORDS in remark for result in results for remark in result.remarks):
                own_words += 1  # no wrong OCMS: no contract or rule names the words
                continue
            tried += 1
            found += bool(failed)
            missed += [] if failed else [line_of(trial.mutant)]
            said = f"found by {failed[0].case.rule}: {failed[0].case.name}" if failed else "NOT FOUND"
            print(f"{line_of(trial.mutant)}\n    {said}", flush=True)
            if tried == asked.sample:
                break
    share = 100 * found / max(tried, 1)
    print(*("Not found:", *missed) if missed else ("All found.",), sep="\n    ")
    print(*("Left out, as no call shows them:", *unseen) if unseen else (), sep="\n    ")
    print(
        f"{tried} mutants served over HTTP (seed {asked.seed}): {found} found, {share:.1f} %; "
        f"{not_started} did not start, {own_words} have other words that are this product's own, "
        f"{len(unseen)} were left out"
    )
    if share < REQUIRED:
        sys.exit(f"The kit has to find {REQUIRED} %.")


if __name__ == "__main__":
    main()

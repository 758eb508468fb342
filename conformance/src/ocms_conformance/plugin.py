"""A plugin of pytest: `pytest --conformance-target target.toml` runs each case as a test of its own."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ocms_conformance.case import AnyCase, JobCase
    from ocms_conformance.results import Result
    from ocms_conformance.runner import Runner


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the target."""
    parser.addoption("--conformance-target", type=Path, help="run the conformance cases against this target")


def pytest_collection(session: pytest.Session) -> None:
    """Collect the cases beside whatever else is collected."""
    file = session.config.getoption("--conformance-target")
    if file is not None:
        from ocms_conformance.runner import opened  # noqa: PLC0415  # every run of pytest loads this module
        from ocms_conformance.target import read_target  # noqa: PLC0415  # see above

        stack = ExitStack()
        session.config.add_cleanup(stack.close)
        session.config.pluginmanager.register(Cases(stack.enter_context(opened(read_target(file)))))


class Cases:
    """Adds the cases to the tests of a session."""

    def __init__(self, runner: "Runner") -> None:
        self.runner = runner

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add a test for each case, before others choose some by name."""
        from ocms_conformance.case import all_cases, all_job_cases  # noqa: PLC0415  # see pytest_collection

        items += [
            CaseItem.from_parent(
                session, name=f"{case.file}: {case.name}", case=case, results=partial(self.runner.run, [case])
            )
            for case in all_cases()
        ]
        by_job: dict[str, list[JobCase]] = {}
        for job_case in all_job_cases():
            by_job.setdefault(job_case.job, []).append(job_case)
        for of_job in by_job.values():
            # The job is run once, with the first of its cases that is asked for.
            results = cache(lambda of_job=of_job: list(self.runner.run_jobs(of_job)))
            items += [
                CaseItem.from_parent(session, name=f"{case.file}: {case.name}", case=case, results=results)
                for case in of_job
            ]


class CaseItem(pytest.Item):
    """One case as a test: skipped, with the reason, where it cannot be tried."""

    def __init__(self, *, case: "AnyCase", results: Callable[[], "Iterable[Result]"], **options: Any) -> None:
        super().__init__(**options)
        self.case, self.results = case, results

    def runtest(self) -> None:
        """Run the case."""
        result = next(each for each in self.results() if each.case is self.case)
        if result.outcome.value == "not tried":
            pytest.skip(result.reason)
        if result.differences:
            pytest.fail("\n".join(map(str, result.differences)), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say where the case is: its rules and name."""
        return Path(f"{self.case.file}.jsonl"), None, f"{' '.join(self.case.rule)}: {self.case.name}"

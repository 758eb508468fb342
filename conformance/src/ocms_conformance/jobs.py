"""Runs the jobs of a target by its command, each once for all of its cases, and compares the rows."""

import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from tempfile import TemporaryFile

from attrs import evolve, frozen
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ocms_conformance.case import REFERENCE_TABLES, JobCase
from ocms_conformance.comparison import Difference
from ocms_conformance.numbering import Numbering
from ocms_conformance.results import Outcome, Result
from ocms_conformance.rows import Database, PutRows, Rows, differences_of_rows
from ocms_conformance.target import JobCommand, NotTried, Target
from ocms_conformance.templates import FreshNumbers, Moment, now

# What a job decides depends on the day: none is begun so shortly before the next one.
BEFORE_MIDNIGHT = timedelta(minutes=1)
SHOWN_BYTES = 2_000
SHOWN_LINES = 6
HIDDEN = "..."
# A shorter value, such as a port, is no secret, and stands in too much.
SHORTEST_SECRET = 6
USER_OF_AN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+(?=@)")


@frozen
class Prepared:
    """A case whose rows are put: its numbers, its rows before the job, and what takes them back."""

    case: JobCase
    fresh: FreshNumbers
    put: PutRows
    began: datetime
    before: Rows

    @property
    def numbers(self) -> list[str]:
        """The notices and identities of this run of the case."""
        return list(self.fresh.instead.values())

    def differences(self, ended: datetime) -> Iterator[Difference]:
        """Yield where the job has left other rows than the case names."""
        moment = Moment(self.began, ended, {})
        leaves = [
            evolve(
                leaf,
                key=self.fresh.value(leaf.key),
                added=self.fresh.value(leaf.added),
                changed=self.fresh.value(leaf.changed),
            )
            for leaf in self.case.leaves
        ]
        yield from differences_of_rows(
            self.before, self.put.database.rows_about(self.numbers), leaves, moment
        )


@frozen
class JobRuns:
    """Runs each job of a target once, with the rows of all of its cases there."""

    target: Target
    database: Database | None
    numbering: Numbering

    def run(self, cases: Iterable[JobCase]) -> Iterator[Result]:
        """Yield the result of each case, job by job in the order of their first cases."""
        by_job: dict[str, list[JobCase]] = {}
        for case in cases:
            by_job.setdefault(case.job, []).append(case)
        for job, of_job in by_job.items():
            try:
                yield from self._try(job, of_job)
            except NotTried as reason:
                yield from (Result(case, Outcome.NOT_TRIED, str(reason)) for case in of_job)
            except SQLAlchemyError as error:
                what = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
                yield from (Result(case, Outcome.NOT_TRIED, what) for case in of_job)

    def _try(self, job: str, cases: Sequence[JobCase]) -> list[Result]:
        """Put the rows of all cases, run the job, and return what became of each. Raises `NotTried`."""
        if self.target.jobs is None:
            raise NotTried("the target runs no jobs")
        if self.database is None:
            raise NotTried("it needs rows, and the target gives no database")
        if self.target.jobs.names and job not in self.target.jobs.names:
            raise NotTried(f"the target names no job {job}")
        wait_for_next_day(now())
        began = time.monotonic()
        puts: list[tuple[PutRows, list[str]]] = []
        try:
            prepared, others = self._prepared(cases, self.database, puts)
            problem = run_job(self.target.jobs, job, secrets_of(self.target)) if prepared else None
            ended = now()
            seconds = (time.monotonic() - began) / max(len(prepared), 1)
            tried = []
            for each in prepared:
                found = tuple(each.differences(ended)) if problem is None else (problem,)
                outcome = Outcome.FAILED if found else Outcome.PASSED
                tried.append(Result(each.case, outcome, "", found, seconds=seconds))
        finally:
            for put, numbers in puts:
                put.take_back(numbers)
        return [*tried, *others]

    def _prepared(
        self, cases: Sequence[JobCase], database: Database, puts: list[tuple[PutRows, list[str]]]
    ) -> tuple[list[Prepared], list[Result]]:
        """Put the rows of cases; return those that can be tried, and the results of the others."""
        prepared, others = [], []
        for case in cases:
            tables = (*case.given, *(leaf.table for leaf in case.leaves))
            reason = next(
                (
                    f"the target's database has no table {each}"
                    for each in tables
                    if each not in database.tables
                ),
                "it changes reference data, which a job's cases share"
                if REFERENCE_TABLES & {*tables}
                else "",
            )
            if reason:
                others.append(Result(case, Outcome.NOT_TRIED, reason))
                continue
            fresh, put = self.numbering.numbers_for(case), PutRows(database)
            numbers = list(fresh.instead.values())
            puts.append((put, numbers))
            began = now()
            put.put(Moment(began, began, {}).written(fresh.value(case.given)), {})
            prepared.append(Prepared(case, fresh, put, began, database.rows_about(numbers)))
        return prepared, others


def run_job(command: JobCommand, job: str, secrets: Iterable[str]) -> Difference | None:
    """
    Run a job; return how it did not end well, None where it did.

    Raises `NotTried` where the command cannot be run, or says that the job could not begin.
    """
    name = command.names.get(job, job)
    words = [word.replace("{job}", name) for word in command.command]
    place, well = f"job {job}", "exit status 0"
    with TemporaryFile() as said:
        try:
            ended = subprocess.run(  # noqa: S603  # the command is the tester's own
                words,
                check=False,
                cwd=command.folder,
                env=environment_with(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=command.timeout_seconds,
            )
        except OSError as error:
            raise NotTried(f"the target's command for jobs cannot be run: {type(error).__name__}") from None
        except subprocess.TimeoutExpired:
            return Difference(place, f"an end within {command.timeout_seconds:g} seconds", "none")
        said.seek(0)
        shown = without(secrets, tail_of(said.read()))
    if ended.returncode == 0:
        return None
    if ended.returncode == command.not_begun:
        raise NotTried(f"the job {job} did not begin: {shown}")
    return Difference(place, well, f"exit status {ended.returncode}: {shown}")


def environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of this process with more in it."""
    return os.environ | more  # the command runs in the tester's own environment


def tail_of(said: bytes) -> str:
    """Return the last lines of what a command has said."""
    lines = said[-SHOWN_BYTES:].decode(errors="replace").splitlines()
    return " | ".join(line.strip() for line in lines[-SHOWN_LINES:] if line.strip())


def secrets_of(target: Target) -> list[str]:
    """Return the texts of a target that no report may show."""
    texts = [each.value for each in target.credentials]
    if target.jobs is not None:
        texts += target.jobs.environment.values()
    if target.database:
        texts += [target.database, str(make_url(target.database).password or "")]
    return sorted((text for text in texts if len(text) >= SHORTEST_SECRET), key=len, reverse=True)


def without(secrets: Iterable[str], text: str) -> str:
    """Return a text with secrets, and who connects to an address, hidden."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return USER_OF_AN_ADDRESS.sub(HIDDEN, text)


def wait_for_next_day(moment: datetime) -> None:
    """Wait for midnight in Singapore where it is near: the day may not change between rows and job."""
    midnight = datetime.combine(moment.date() + timedelta(days=1), datetime.min.time())
    if midnight - moment < BEFORE_MIDNIGHT:
        time.sleep((midnight - moment).total_seconds() + 1)

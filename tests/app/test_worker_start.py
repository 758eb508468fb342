"""A worker that finds its database away waits for it; one that finds another schema ends."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from threading import Event, Timer
from typing import Any, cast

import pytest
from attrs import define
from sqlalchemy import make_url
from structlog.testing import capture_logs
from tenacity import wait_none

from ocms_app.cli.work import WAIT_FOR_DATABASES, wait_for_databases
from ocms_app.databases import Databases
from ocms_core.kernel.errors import Unavailable
from tests.support.http_server import Deployment

SECONDS = 120
AWAY = Unavailable("the intranet database (it cannot be reached)", "OperationalError")
BEHIND = Unavailable("the intranet database (it is behind)")


@define
class FailingDatabases:
    """Databases that are ready once so many attempts have failed."""

    faults: list[Unavailable]

    def ready(self) -> None:
        """Raise the next fault, if any is left."""
        if self.faults:
            raise self.faults.pop(0)


def waited(faults: list[Unavailable], stopping: Event) -> bool:
    return wait_for_databases(cast("Databases", FailingDatabases(faults)), stopping, wait_none())


def test_a_database_that_is_away_is_waited_for_with_a_line_each() -> None:
    with capture_logs() as lines:
        assert waited([AWAY, AWAY], Event())
    assert [(line["event"], line["reason"]) for line in lines] == [("database_awaited", str(AWAY))] * 2


def test_the_wait_grows_and_is_bounded() -> None:
    waits = [WAIT_FOR_DATABASES(cast("Any", Attempt(number))) for number in (1, 2, 5, 6, 10_000)]
    assert waits == [1, 2, 16, 30, 30]


@define
class Attempt:
    """What a wait looks at: the number of the attempt."""

    attempt_number: int


def test_a_schema_it_does_not_work_with_ends_the_wait() -> None:
    with pytest.raises(Unavailable, match="behind"):
        waited([AWAY, BEHIND], Event())


def test_a_worker_that_is_asked_to_stop_waits_no_more() -> None:
    stopping = Event()
    stopping.set()
    assert not waited([AWAY] * 3, stopping)


@contextmanager
def worker(deployment: Deployment, intranet_url: str) -> Iterator[subprocess.Popen[str]]:
    """Start `ocms work` on an Intranet database; its log comes by the error output, as text."""
    with subprocess.Popen(
        [sys.executable, "-m", "ocms_app.command", "work"],
        env=deployment.environment(intranet_url=intranet_url, log_format="text"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        late = Timer(SECONDS, process.kill)
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()


def test_the_command_begins_to_work_when_its_database_is_back(
    sqlite_deployment: Deployment, tmp_path: Path
) -> None:
    there = Path(make_url(sqlite_deployment.databases.intranet).database or "")
    later = tmp_path / "later"
    later.mkdir()  # a folder in its place cannot be opened
    with worker(sqlite_deployment, f"sqlite:///{later}") as process:
        read_until(process, lambda line: "database_awaited" in line)
        later.rmdir()
        there.rename(later)
        read_until(process, lambda line: line.startswith("Working as "))
        process.terminate()
        assert process.wait(60) == 0


def read_until(process: subprocess.Popen[str], wanted: Callable[[str], bool]) -> None:
    assert process.stderr
    lines = takewhile(lambda line: not wanted(line), process.stderr)
    said = list(lines)
    assert process.poll() is None, said

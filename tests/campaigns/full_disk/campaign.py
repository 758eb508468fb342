"""The campaign: fill the disk of PostgreSQL under load, make room again, and check that nothing was lost."""

import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from time import monotonic, sleep

import psycopg
from attrs import frozen

from tests.campaigns.kills import checks
from tests.campaigns.kills.campaign import FEWEST, SUPPLY, check_whole, wait_for_answers
from tests.campaigns.kills.load import Load
from tests.campaigns.kills.system import ONE_EACH, System, retried, system

FILLINGS = 20
SIZE = "400m"
LOG_FILES_KEPT = 10
"""More than there is room left for in files that PostgreSQL has made beforehand."""
BLOCK = bytes(64 * 1024)
LEAST_SECONDS, MOST_SECONDS = 2.0, 8.0
"""How long the disk stays full, at random."""


@frozen
class Fillings:
    """What a run came to; `compared` are rows of the Internet copy, `sealed` those in the audit tree."""

    answers: Counter[str]
    compared: int
    sealed: int
    seconds: float


@contextmanager
def small_disk() -> Iterator[Path]:
    """Yield a folder that is a disk of its own, on which temporary files are made; only root can."""
    with tempfile.TemporaryDirectory(prefix="ocms-disk-") as name:
        folder, before = Path(name), tempfile.tempdir
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=1777", "tmpfs", name], check=True)
        tempfile.tempdir = name
        try:
            yield folder
        finally:
            tempfile.tempdir = before
            subprocess.run(["umount", "--lazy", name], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Take up all the room there is on a disk until the block ends."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (len(BLOCK), 512):
            with suppress(OSError):
                while file.write(BLOCK[:size]):
                    pass
    try:
        yield
    finally:
        ballast.unlink()


def run(folder: Path, *, seed: int, fillings: int, progress: Callable[[str], object]) -> Fillings:
    """
    Fill the disk so many times, each time for some seconds while clients call, and check everything after.

    In every other filling PostgreSQL is told to begin another file of its own log, for which there is no room
    either. Raises an AssertionError for whatever does not hold once there is room again.
    """
    random, started = Random(seed), monotonic()
    with small_disk() as disk, system(folder, ONE_EACH) as here:
        load = Load(here, Random(seed))
        load.supply(SUPPLY)
        with load.running():
            for number in range(fillings):
                if len(load.waiting) < FEWEST:
                    load.supply(SUPPLY)
                unavailable = load.counts["answered with 503"]
                with full(disk):
                    if number % 2:
                        load.counts["no room for PostgreSQL's own log"] += begin_log_file(here)
                    until = monotonic() + random.uniform(LEAST_SECONDS, MOST_SECONDS)
                    while monotonic() < until or load.counts["answered with 503"] == unavailable:
                        here.start_ended()
                        sleep(0.1)
                retried(here.server.start)
                here.wait_until_ready()
                wait_for_answers(here, load)
                check_whole(here, load)
                progress(f"filling {number + 1} of {fillings}: {load.answered()} calls answered")
        if load.faults:
            raise checks.Broken(load.faults[0])
        load.forget_checked()
        check_whole(here, load)
        compared, sealed = checks.check_copies(here), checks.check_sealed(here)
        load.counts["processes started again that met no database"] = here.started_again
    return Fillings(load.counts, compared, sealed, monotonic() - started)


def begin_log_file(system: System) -> bool:
    """Have PostgreSQL write to files of its log that are not there yet; return whether it found no room."""
    url = system.server.url().replace("+psycopg", "")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(LOG_FILES_KEPT):
                connection.execute("SELECT pg_switch_wal()")
                connection.execute("SELECT pg_logical_emit_message(true, 'full disk', 'of any length')")
    except psycopg.Error:
        return True
    return False

"""The campaign: kill one process after the other under load, and check the system after each kill."""

from collections import Counter
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from random import Random
from time import monotonic, sleep

from attrs import frozen

from tests.campaigns.kills import checks
from tests.campaigns.kills.load import Load
from tests.campaigns.kills.processes import RELAY, WEB, WORKER
from tests.campaigns.kills.system import (
    BACKEND,
    POSTMASTER,
    RECOVERY_SECONDS,
    SEVERAL,
    NotRecovered,
    System,
    system,
)

ROUNDS = 500
SUPPLY = 40
"""Subjects of each kind put in at once."""
FEWEST = 200
"""Subjects that have to be left before a kill: more than the clients begin until calls are answered again."""
ANSWERS_AFTER_A_KILL = 4
NEWEST = 40
"""Finished subjects that are looked at after each kill; at each whole check it is all since the last."""
KILLS_TO_A_WHOLE_CHECK = 25
LONGEST_WAIT_SECONDS = 0.3


@frozen
class Kills:
    """What a run came to; `compared` are rows of the Internet copy, `sealed` those in the audit tree."""

    seed: int
    kills: Counter[str]
    answers: Counter[str]
    compared: int
    sealed: int
    seconds: float


def run(
    folder: Path,
    *,
    seed: int,
    rounds: int,
    progress: Callable[[str], object],
    many: Mapping[str, int] = SEVERAL,
    minutes: float = inf,
) -> Kills:
    """
    Kill web, worker, relay and PostgreSQL so many times each, in an order and at moments of the seed.

    PostgreSQL is killed at one of its backends or, in every other round, at its postmaster. Of each kind of
    OCMS's own processes `many` are running. After so many `minutes` no round is begun. Raises an
    AssertionError for whatever does not hold after a kill.
    """
    random, started, kills = Random(seed), monotonic(), Counter[str]()
    with system(folder, many) as here:
        load = Load(here, Random(seed))
        load.supply(SUPPLY)
        with load.running():
            for number in range(rounds):
                if monotonic() - started > minutes * 60:
                    break
                names = [WEB, WORKER, RELAY, POSTMASTER if number % 2 else BACKEND]
                random.shuffle(names)
                for name in names:
                    if len(load.waiting) < FEWEST:
                        load.supply(SUPPLY)
                    sleep(random.random() * LONGEST_WAIT_SECONDS)
                    here.kill(name, random)
                    kills[name] += 1
                    wait_for_answers(here, load)
                    checks.check_effects(here, load.latest(NEWEST))
                    checks.check_locks(here)
                    if not kills.total() % KILLS_TO_A_WHOLE_CHECK:
                        check_whole(here, load)
                done = f"{kills.total()} kills, {load.answered()} calls answered"
                progress(
                    f"round {number + 1} of {rounds}: {done}, {(monotonic() - started) / 60:.1f} minutes"
                )
        if load.faults:
            raise checks.Broken(load.faults[0])
        load.forget_checked()
        check_whole(here, load)
        compared = checks.check_copies(here)
        sealed = checks.check_sealed(here)
        load.counts["processes started again that met no database or port"] = here.started_again
    return Kills(seed, kills, load.counts, compared, sealed, monotonic() - started)


def check_whole(system: System, load: Load) -> None:
    """Check the subjects that no whole check has seen finished, and all suspensions and audit rows."""
    for subjects in load.unchecked():
        checks.check_effects(system, subjects)
    checks.check_suspensions(system)
    checks.check_audit(system)
    load.counts["whole checks"] += 1


def wait_for_answers(system: System, load: Load) -> None:
    """Wait until calls are answered again."""
    wanted, deadline = load.answered() + ANSWERS_AFTER_A_KILL, monotonic() + RECOVERY_SECONDS
    while load.answered() < wanted:
        system.start_ended()
        if load.faults:
            raise checks.Broken(load.faults[0])
        if monotonic() > deadline:
            raise NotRecovered(f"no call was answered for {RECOVERY_SECONDS} s")
        sleep(0.02)

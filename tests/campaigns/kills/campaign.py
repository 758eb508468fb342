"""The campaign: kill one process after the other under load, and check the system after each kill."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic, sleep

from attrs import frozen

from tests.campaigns.kills import checks
from tests.campaigns.kills.load import Load
from tests.campaigns.kills.system import (
    BACKEND,
    POSTMASTER,
    RECOVERY_SECONDS,
    RELAY,
    WEB,
    WORKER,
    NotRecovered,
    system,
)

ROUNDS = 500
SUPPLY = 40
"""Subjects of each kind put in at once, when fewer than half as many are left."""
ANSWERS_AFTER_A_KILL = 4
REMEMBERED = 400
"""Subjects that are looked at after each kill, the newest; at the end it is all of them."""


@frozen
class Kills:
    """What a run came to."""

    seed: int
    kills: Counter[str]
    answers: Counter[str]
    compared: int
    seconds: float


def run(folder: Path, *, seed: int, rounds: int, progress: Callable[[str], object]) -> Kills:
    """
    Kill web, worker, relay and PostgreSQL so many times each, in an order and at moments of the seed.

    PostgreSQL is killed at one of its backends or, in every other round, at its postmaster. Raises an
    AssertionError for whatever does not hold after a kill.
    """
    random, started, kills = Random(seed), monotonic(), Counter[str]()
    with system(folder) as here:
        load = Load(here, Random(seed))
        load.supply(SUPPLY)
        with load.running():
            for number in range(rounds):
                names = [WEB, WORKER, RELAY, POSTMASTER if number % 2 else BACKEND]
                random.shuffle(names)
                for name in names:
                    if len(load.waiting) < 3 * SUPPLY:
                        load.supply(SUPPLY)
                    sleep(random.random())
                    here.kill(name, random)
                    kills[name] += 1
                    here.wait_until_ready()
                    wait_for_answers(load)
                    checks.check_effects(here, load.begun[-REMEMBERED:])
                    checks.check_suspensions(here)
                    checks.check_locks(here)
                done = f"{kills.total()} kills, {load.answered()} calls answered"
                progress(
                    f"round {number + 1} of {rounds}: {done}, {(monotonic() - started) / 60:.1f} minutes"
                )
        if load.faults:
            raise checks.Broken(load.faults[0])
        for start in range(0, len(load.begun), REMEMBERED):
            checks.check_effects(here, load.begun[start : start + REMEMBERED])
        checks.check_suspensions(here)
        compared = checks.check_copies(here)
        load.counts["processes started again that met no database"] = here.started_again
    return Kills(seed, kills, load.counts, compared, monotonic() - started)


def wait_for_answers(load: Load) -> None:
    """Wait until calls are answered again."""
    wanted, deadline = load.answered() + ANSWERS_AFTER_A_KILL, monotonic() + RECOVERY_SECONDS
    while load.answered() < wanted:
        if load.faults:
            raise checks.Broken(load.faults[0])
        if monotonic() > deadline:
            raise NotRecovered(f"no call was answered for {RECOVERY_SECONDS} s")
        sleep(0.05)

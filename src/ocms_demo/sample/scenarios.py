"""The scenarios of a block of notices: case, people, and when each notice reached its stage."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from attrs import evolve, frozen

from ocms_demo.sample.cases import COURT, DRIVER_STAGES, SampleCase, assign_cases, stage_path
from ocms_demo.sample.notices import midnight
from ocms_demo.sample.people import COMPANY, SampleHstListing, SamplePerson, address, person

BLOCK = 2_000
"""Notices generated together; every case occurs in a block."""

DAYS_OF_A_STAGE = 14
MOST_DAYS_SUSPENDED = 60
MOST_DAYS_IN_COURT = 120
MOST_DAYS_LISTED = 200
MOST_OF_ONE_PERSON = 5
CHANGED_STAGES = ("RD1", "RD2", "RR3", *DRIVER_STAGES)


@frozen
class Scenario:
    """
    What a notice is built from: its case, the path through the stages, and its people.

    `entered` is when it reached its stage; `changed` says that somebody moved it there by hand.
    """

    case: SampleCase
    path: tuple[str, ...]
    entered: datetime
    changed: bool
    offender: SamplePerson
    owner: SamplePerson


def scenarios(rng: Random, number: int, now: datetime) -> Iterator[Scenario]:
    """Yield the scenarios of a block."""
    cases = assign_cases(rng, BLOCK)
    people = (person(rng, number * BLOCK + place) for place in range(BLOCK))
    listed = (evolve(someone, listing=listing(rng, now)) for someone in people)
    pairs = [
        *assign_scenarios(rng, [case for case in cases if case.situation.listed], listed),
        *assign_scenarios(rng, [case for case in cases if not case.situation.listed], people),
    ]
    rng.shuffle(pairs)
    owners = [someone for _, someone in pairs if someone.listing is None]
    for case, offender in pairs:
        path = stage_path(rng, case.stage, drives=offender.id_type != COMPANY)
        changed = case.stage in CHANGED_STAGES and rng.random() < 1 / 5
        entered = entry(rng, case, now, today=changed and rng.random() < 1 / 4)
        yield Scenario(case, path, entered, changed, offender, rng.choice(owners))


def assign_scenarios(
    rng: Random, cases: list[SampleCase], people: Iterator[SamplePerson]
) -> Iterator[tuple[SampleCase, SamplePerson]]:
    """Yield each case with an offender; many have several notices, and no company ever drives."""
    left, someone = 0, next(people)
    for case in cases:
        while not left or (someone.id_type == COMPANY and case.stage in DRIVER_STAGES):
            left, someone = rng.randint(1, MOST_OF_ONE_PERSON), next(people)
        left -= 1
        yield case, someone


def listing(rng: Random, now: datetime) -> SampleHstListing:
    """Build somebody's entry of the HST list; most address checks find nothing better."""
    since = now - timedelta(rng.randint(MOST_DAYS_SUSPENDED + 1, MOST_DAYS_LISTED))
    answered = now - timedelta(rng.randint(1, MOST_DAYS_SUSPENDED)) if rng.random() < 2 / 3 else None
    return SampleHstListing(since, answered, address(rng), rng.choice(("N", "G", "I", None)))


def entry(rng: Random, case: SampleCase, now: datetime, *, today: bool) -> datetime:
    """Choose when a notice entered its stage: within the stage's days unless something keeps it there."""
    if today:
        moment = midnight(now) + (now - midnight(now)) * rng.random()
    else:
        most = DAYS_OF_A_STAGE
        if case.situation.open or case.situation.closed:
            most = MOST_DAYS_SUSPENDED
        if case.stage in COURT:
            most = MOST_DAYS_IN_COURT
        moment = now - timedelta(rng.random() * (most - 1))
    return moment.replace(microsecond=0)

"""The people of a sample notice and their addresses."""

from datetime import datetime, timedelta
from random import Random

from attrs import evolve

from ocms_demo.sample.notices import SampleFurnishing, SampleOffender
from ocms_demo.sample.people import COMPANY, REGISTERED, SampleAddress, SamplePerson
from ocms_demo.sample.scenarios import Scenario

RELATIONSHIPS = ("Employee", "Family", "Lessee", "Friend")
UNKNOWN_SHARES = {"NPA": 1 / 2, "ROV": 1 / 5}
"""The share of the notices of a stage in which nobody is known yet."""


def sample_offenders(rng: Random, scenario: Scenario) -> tuple[SampleOffender, ...]:
    """Build the people of a notice, one of them the current offender; nobody where none is known yet."""
    situation = scenario.case.situation
    unremarkable = not (situation.open or situation.closed or situation.listed)
    if unremarkable and rng.random() < UNKNOWN_SHARES.get(scenario.case.stage, 0):
        return ()
    role = role_of(rng, scenario)
    known = addresses(rng, role, scenario.offender, scenario.entered)
    current = SampleOffender(role, scenario.offender, current=True, addresses=known)
    if role == "O":
        return (current,)
    registered = addresses(rng, "O", scenario.owner, scenario.entered)
    owner = SampleOffender("O", scenario.owner, current=False, addresses=registered)
    if role == "H":
        day = scenario.entered.date()
        rental = SampleFurnishing(rng.choice(RELATIONSHIPS), day - timedelta(200), day + timedelta(165))
        return (owner, evolve(current, furnishing=rental))
    return (owner, current)


def role_of(rng: Random, scenario: Scenario) -> str:
    """Choose the current offender's role; only people direct companies."""
    if "DN1" in scenario.path:
        return "D"
    if scenario.owner is scenario.offender:
        return "O"
    directs = scenario.owner.id_type == COMPANY and scenario.offender.id_type != COMPANY
    return rng.choice("OOOOHHR" if directs else "OOOOOHH")


def addresses(
    rng: Random, role: str, someone: SamplePerson, entered: datetime
) -> tuple[tuple[str, SampleAddress, datetime], ...]:
    """Build somebody's addresses: the owner's as registered, others' as furnished, some also from MHA."""
    since = entered - timedelta(rng.randint(30, 900))
    known = [("lta_reg" if role == "O" else "furnished_mail", someone.address, since)]
    if someone.id_type in REGISTERED and rng.random() < 1 / 2:
        known.append(("mha_reg", someone.address, since))
    return tuple(known)

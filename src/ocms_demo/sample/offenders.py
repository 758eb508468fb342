"""The people of a drawn notice and where they live."""

from datetime import datetime, timedelta
from random import Random

from attrs import evolve

from ocms_demo.sample.notices import SampleFurnishing, SampleOffender
from ocms_demo.sample.people import COMPANY, REGISTERED, SampleAddress, SamplePerson
from ocms_demo.sample.scenarios import Scenario

RELATIONSHIPS = ("Employee", "Family", "Lessee", "Friend")
UNKNOWN_SHARES = {"NPA": 1 / 2, "ROV": 1 / 5}
"""In how many notices of a stage nobody is known yet."""


def involved(rng: Random, hand: Scenario) -> tuple[SampleOffender, ...]:
    """Give the people of a notice, one of them the current offender; nobody where none is known yet."""
    situation = hand.case.situation
    unremarkable = not (situation.open or situation.closed or situation.listed)
    if unremarkable and rng.random() < UNKNOWN_SHARES.get(hand.case.stage, 0):
        return ()
    role = role_of(rng, hand)
    known = addresses(rng, role, hand.offender, hand.entered)
    current = SampleOffender(role, hand.offender, current=True, addresses=known)
    if role == "O":
        return (current,)
    registered = addresses(rng, "O", hand.owner, hand.entered)
    owner = SampleOffender("O", hand.owner, current=False, addresses=registered)
    if role == "H":
        day = hand.entered.date()
        rental = SampleFurnishing(rng.choice(RELATIONSHIPS), day - timedelta(200), day + timedelta(165))
        return (owner, evolve(current, furnishing=rental))
    return (owner, current)


def role_of(rng: Random, hand: Scenario) -> str:
    """Choose the current offender's role; only people direct companies."""
    if "DN1" in hand.way:
        return "D"
    if hand.owner is hand.offender:
        return "O"
    directs = hand.owner.id_type == COMPANY and hand.offender.id_type != COMPANY
    return rng.choice("OOOOHHR" if directs else "OOOOOHH")


def addresses(
    rng: Random, role: str, someone: SamplePerson, entered: datetime
) -> tuple[tuple[str, SampleAddress, datetime], ...]:
    """Give somebody's addresses: the owner's as registered, others' as furnished, some also from MHA."""
    since = entered - timedelta(rng.randint(30, 900))
    known = [("lta_reg" if role == "O" else "furnished_mail", someone.address, since)]
    if someone.id_type in REGISTERED and rng.random() < 1 / 2:
        known.append(("mha_reg", someone.address, since))
    return tuple(known)

"""States that can be reached and that no rule names by itself, each with the rules that decide it all the "
"same."""

from collections.abc import Callable, Mapping

from attrs import frozen

from tests.spec.state_space.exploring import Exploration, Space
from tests.spec.state_space.invariants import (
    AMOUNTS_AT,
    BEFORE_COURT,
    DRIVERS_STAGES,
    ELEVEN,
    ps_holds,
    status,
    under_hst,
)
from tests.spec.state_space.rows import TS
from tests.spec.state_space.spaces import REASON_OF_BOTH_TYPES, STAGES_AND_MONEY, SUSPENSIONS
from tests.spec.state_space.states import NOT_LISTED, State


@frozen
class Gap:
    """A kind of state, the space it is met in, the rules that hold of it, and why it is as it should be."""

    name: str
    space: Space
    met: Callable[[State], bool]
    rules: tuple[str, ...]
    why: str


def past_its_day(reason: str) -> Callable[[State], bool]:
    """Return whether a record of a reason is open after its day."""
    return lambda state: any(each.reason == reason and (each.due or 0) <= 0 for each in state.records)


GAPS: tuple[Gap, ...] = (
    Gap(
        "given back from court, with the amount it owed there",
        STAGES_AND_MONEY,
        lambda state: state.stage in ELEVEN and state.amount not in AMOUNTS_AT[state.stage],
        ("S40", "P24"),
        "API 2 changes no amount. The next move of an officer, PLUS or a print run counts from the "
        "composition "
        "amount, so it may lower what is payable: the way led back before, so U4 does not speak of it.",
    ),
    Gap(
        "payable, and payment is not accepted",
        STAGES_AND_MONEY,
        lambda state: state.accepts == "N" and not ps_holds(state),
        ("U4", "S22", "F21"),
        "Another system has set the flag. The next move of an officer or PLUS, or a new offender, sets it "
        "to Y; "
        "a print run and CAS leave it.",
    ),
    Gap(
        "paid, and payment is still accepted",
        STAGES_AND_MONEY,
        lambda state: bool(state.paid) and state.accepts == "Y",
        ("P11", "P31"),
        "The flag of a paid notice is the payment system's; OCMS shows what is stored and moves it no more.",
    ),
    Gap(
        "an owner's or hirer's notice at a driver's stage, or a driver's at one of theirs",
        STAGES_AND_MONEY,
        lambda state: (
            state.stage in BEFORE_COURT - {"NPA", "ROV", "ENA"}
            and (state.stage in DRIVERS_STAGES) != (state.offender.role == "D")
        ),
        ("S17", "S63", "P20"),
        "Officers cannot bring it there (S17). PLUS and CAS name the stage themselves, and no rule has "
        "them look "
        "at the role; an officer or a redirect brings it back.",
    ),
    Gap(
        "nobody is its current offender",
        STAGES_AND_MONEY,
        lambda state: state.offender.role is None,
        ("S14", "F30", "H2"),
        "It counts as an owner's for stage changes, can be furnished, and belongs to no identity for HST.",
    ),
    Gap(
        "bound for court by its plan, where no print run takes it",
        STAGES_AND_MONEY,
        lambda state: state.next_stage not in {None, *ELEVEN},
        ("S76", "P24", "S61"),
        "From CPC the way into court is CAS's and PLUS's.",
    ),
    Gap(
        "without a next stage",
        STAGES_AND_MONEY,
        lambda state: state.next_stage is None,
        ("S22",),
        "NEXT_STAGE has none after CFC, CSR, WAR and CWT: only a call moves it.",
    ),
    Gap(
        "a permanent suspension of CAS, before court",
        SUSPENSIONS,
        lambda state: (
            state.stage in {"ROV", "RD1"} and any(each.reason == "PS-WWP" for each in state.records)
        ),
        ("P22", "U3", "U5"),
        "CAS moved it back while it was suspended, and can replace the record no more (P22). The contracts "
        "have "
        "no call that lifts a permanent suspension: the system that records revival PSR does.",
    ),
    Gap(
        "suspended by another system, beyond its day",
        SUSPENSIONS,
        past_its_day("TS-UNC"),
        ("H31", "U5"),
        "The contracts have a job that ends suspensions for TS-HST alone; the others are ended by the "
        "system that "
        "made them.",
    ),
    Gap(
        "TS that CAS made of a reason of both types, beyond its day",
        REASON_OF_BOTH_TYPES,
        past_its_day("TS-APP"),
        ("P21", "P24", "U5"),
        "Its record has an end (U2), and is ended by the system that ends TS-APP of other sources.",
    ),
    Gap(
        "a type of suspension without a reason",
        SUSPENSIONS,
        lambda state: state.row.type is not None and state.row.reason is None and not state.paid,
        ("P21", "U1"),
        "CAS may send it so; it stands on the row alone until a record of its kind is there.",
    ),
    Gap(
        "under TS-HST in court",
        SUSPENSIONS,
        lambda state: state.stage == "CSD" and under_hst(state),
        ("H9", "H31"),
        "Its identity was listed before CAS moved it; it is renewed there like any other, until the revival.",
    ),
    Gap(
        "of a listed identity, suspended by nothing, and taken by no job",
        SUSPENSIONS,
        lambda state: (
            status(state, "A") != NOT_LISTED
            and state.row.type is None
            and not state.records
            and (state.released or state.stage not in ELEVEN)
        ),
        ("H30", "H4", "U8"),
        "The renewal has let it go, and it stays free (decision 0009); or it stands in court, and is taken "
        "up when "
        "it comes back.",
    ),
    Gap(
        "paid, with a suspension still open beneath",
        SUSPENSIONS,
        lambda state: bool(state.paid) and any(each.reason.startswith(TS) for each in state.records),
        ("H9", "U1"),
        "A payment closes no record. TS-HST is closed by the revival, or on its day once nobody is listed; "
        "the row "
        "shows PS meanwhile.",
    ),
)

CANNOT_BE: Mapping[str, str] = {
    "two open records of one reason": "Whoever opens one looks first whether one is open (P24, H4, H20); "
    "checked in "
    "every state.",
    "a print run that says manual while the stage is planned anew": "The change row must be the present "
    "entry "
    "(S72); checked in every state.",
    "TS-HST on the row without a record": "OCMS writes the record with it (H20).",
    "a record that no table has": "CAS is refused such pairs (P21, U2); checked in every state.",
    "two current offenders after a furnish or redirect": "Every other one is cleared (F23); checked on "
    "every edge.",
    "a change row dated after today": "Left out: PLUS may date its move (S64), and until that day a print "
    "run of its "
    "stage counts it as delivered instead of manual (S72, S74). Nothing else reads the date.",
}
"""Kinds of states that no exploration meets, each with the reason."""


def met_in(exploration: Exploration) -> dict[str, int]:
    """Return how many states of an exploration each of its gaps is met in."""
    return {gap.name: sum(map(gap.met, exploration.states)) for gap in GAPS if gap.space is exploration.space}

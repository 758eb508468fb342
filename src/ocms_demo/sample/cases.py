"""Every case a sample notice can be: stage, suspensions and payment, as one table."""

from collections.abc import Iterator
from random import Random

from attrs import frozen

from ocms_core.kernel.stages import BEFORE_COURT, STAGES

COURT = tuple(stage for stage in STAGES if stage not in BEFORE_COURT)
CHANGEABLE = (*(stage for stage in STAGES if stage in BEFORE_COURT), "CPC", "CFC")
"""The eleven stages open to manual change, and to a TS-HST (H4)."""
BEYOND_CHANGE = tuple(stage for stage in STAGES if stage not in CHANGEABLE)

DRIVER_STAGES = ("DN1", "DN2", "DR3")
TO_COURT = ("CPC", "CSD", "CSR", "WAR", "CWT")
STAGE_PATHS = (
    ("NPA", "ROV", "RD1", "RD2", "RR3", *TO_COURT),
    ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", *TO_COURT),
    ("NPA", "ROV", "RD1", "RD2", "RR3", "CFC"),
    ("NPA", *DRIVER_STAGES, *TO_COURT),
    ("NPA", *DRIVER_STAGES, "CFC"),
)
"""The paths through the stages, each step a move of the stage map."""


@frozen
class Situation:
    """
    The suspensions and payments that notices of some stages can have.

    `open` are the suspensions that hold, `closed` those revived before them, as type and reason;
    `payments` the payment statuses that occur with it; `listed` says the offender is on the HST list.
    """

    name: str
    stages: tuple[str, ...]
    payments: tuple[str, ...]
    open: tuple[tuple[str, str], ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    listed: bool = False


ALL = tuple(STAGES)
UNPAID = ("NP", "PP")
WITHDRAWN = ("NP", "PP", "RE")
FP, WWP, WWC, OTH = ("PS", "FP"), ("PS", "WWP"), ("PS", "WWC"), ("PS", "OTH")
HST, UNC = ("TS", "HST"), ("TS", "UNC")

SITUATIONS = (
    Situation("unsuspended", ALL, UNPAID),
    Situation("paid", ALL, ("FP",), open=(FP,)),
    Situation("permanently suspended, others", ALL, WITHDRAWN, open=(OTH,)),
    Situation("permanently suspended by the court, WWP", COURT, WITHDRAWN, open=(WWP,)),
    Situation("permanently suspended by the court, WWC", COURT, WITHDRAWN, open=(WWC,)),
    Situation("letters came back", CHANGEABLE, UNPAID, open=(UNC,)),
    Situation("letters came back and a new address was found", CHANGEABLE, UNPAID, closed=(UNC,)),
    Situation("paid after letters came back", CHANGEABLE, ("FP",), open=(UNC, FP)),
    Situation("offender listed", CHANGEABLE, UNPAID, open=(HST,), listed=True),
    Situation("offender listed, suspended anew", CHANGEABLE, UNPAID, (HST,), (HST,), listed=True),
    Situation("offender listed and letters came back", CHANGEABLE, UNPAID, (HST, UNC), listed=True),
    Situation("offender listed, paid since", CHANGEABLE, ("FP",), open=(HST, FP), listed=True),
    Situation("offender listed, too late to suspend", BEYOND_CHANGE, UNPAID, listed=True),
)


@frozen
class SampleCase:
    """One notice's stage, situation and payment status."""

    stage: str
    situation: Situation
    payment: str


def every_case() -> Iterator[SampleCase]:
    """Yield every case that can occur, once."""
    for situation in SITUATIONS:
        for stage in situation.stages:
            for payment in situation.payments:
                yield SampleCase(stage, situation, payment)


EVERY_CASE = tuple(every_case())

# Most notices are of the everyday kind: the earlier the stage, the more; six unpaid for each paid.
EVERYDAY = tuple(case for case in EVERY_CASE if case.situation.name in ("unsuspended", "paid"))
STAGE_WEIGHTS = dict(zip(STAGES, (12, 9, 6, 14, 9, 7, 8, 5, 4, 6, 3, 4, 3, 2, 1), strict=True))
PAYMENT_WEIGHTS = {"NP": 5, "PP": 1, "FP": 1}
EVERYDAY_WEIGHTS = [STAGE_WEIGHTS[case.stage] * PAYMENT_WEIGHTS[case.payment] for case in EVERYDAY]


def assign_cases(rng: Random, size: int) -> list[SampleCase]:
    """Return the cases of so many notices: every case once, the rest everyday ones, shuffled."""
    cases = [*EVERY_CASE, *rng.choices(EVERYDAY, EVERYDAY_WEIGHTS, k=size - len(EVERY_CASE))]
    rng.shuffle(cases)
    return cases


def stage_path(rng: Random, stage: str, *, drives: bool) -> tuple[str, ...]:
    """Choose a path by which a notice can have reached a stage, from its first stage to that one."""
    path = rng.choice([path for path in STAGE_PATHS if stage in path and (drives or "DN1" not in path)])
    return path[: path.index(stage) + 1]

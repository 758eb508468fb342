"""Generates sample notices at random: the same seed gives the same notices, however many are asked for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from ocms_core.kernel.money import money
from ocms_core.kernel.reference_defaults import NEXT_STAGE
from ocms_demo.sample.cases import COURT
from ocms_demo.sample.notices import OFFICERS, SampleNotice, SampleStageChange, midnight
from ocms_demo.sample.offenders import sample_offenders
from ocms_demo.sample.scenarios import BLOCK, DAYS_OF_A_STAGE, Scenario, scenarios
from ocms_demo.sample.suspensions import sample_suspensions

CAR_PARKS = tuple((f"X{place:04}", f"EXAMPLE CAR PARK {place}") for place in range(1, 41))
OFFENCES = ((10300, "SP"), (10301, "DP"), (10302, "UC"))
COMPOSITIONS = {"C": money(70), "M": money(35), "H": money(120), "B": money(100)}
# Paid in full, in part, not at all; what was paid and refunded is not kept.
PAID_SHARES = {"FP": Decimal(1), "PP": Decimal("0.5"), "NP": Decimal(0), "RE": Decimal(0)}
CHANGE_REASONS = ("REC", "RSN", "SUP", "WOD")
NOT_ALLOWED_STAGES = ("WAR", "CWT")


def notice_no(index: int) -> str:
    """Return the number of the sample's n-th notice, `SM00000001` being the first."""
    return f"SM{index:08}"


def block(seed: int, number: int, now: datetime) -> Iterator[SampleNotice]:
    """Yield the notices of a block; `now` is Singapore time without a zone."""
    rng = Random(f"{seed}/{number}")  # noqa: S311  # invented data, no secret
    for place, scenario in enumerate(scenarios(rng, number, now), start=1):
        yield sample_notice(rng, notice_no(number * BLOCK + place), scenario, now)


def sample_notice(rng: Random, number: str, scenario: Scenario, now: datetime) -> SampleNotice:
    """Build the notice of a scenario."""
    case, path, entered = scenario.case, scenario.path, scenario.entered
    offenders = sample_offenders(rng, scenario)
    vehicle = next((each.person for each in offenders if each.role == "O"), scenario.offender)
    rule_code, offence_type = rng.choice(OFFENCES)
    return SampleNotice(
        notice_no=number,
        vehicle_no=vehicle.vehicle_no,
        vehicle_category=vehicle.vehicle_category,
        vehicle_registration_type=rng.choice("VDI") if vehicle.vip else rng.choice("SSSSSSSF"),
        vip=vehicle.vip,
        offence_notice_type=rng.choice("OOOOOE") if "DN1" in path else rng.choice("OOOOEU"),
        offence_type=offence_type,
        rule_code=rule_code,
        car_park=rng.choice(CAR_PARKS),
        offence_at=entered - timedelta(DAYS_OF_A_STAGE * (len(path) - 1), minutes=rng.randrange(1, 2880)),
        stages=tuple(
            (stage, entered - timedelta(DAYS_OF_A_STAGE * ago))
            for ago, stage in reversed(list(enumerate(reversed(path[-2:]))))
        ),
        next_stage=NEXT_STAGE.get(case.stage),
        composition=COMPOSITIONS[vehicle.vehicle_category],
        payment=case.payment,
        paid_share=PAID_SHARES[case.payment],
        due=None if case.stage == "NPA" else midnight(entered) + timedelta(rng.randint(14, 28)),
        payment_allowed=case.payment in ("NP", "PP") and case.stage not in NOT_ALLOWED_STAGES,
        issuer=rng.choice(("001", "003", "004")),
        offenders=offenders,
        suspensions=sample_suspensions(rng, scenario, now),
        change=change(rng) if scenario.changed else None,
        has_court_case=case.stage in COURT and rng.random() < 1 / 2,
        delivered=rng.random() > 1 / 50,
    )


def change(rng: Random) -> SampleStageChange:
    """Choose who moved a notice to its stage by hand, and why."""
    if rng.random() < 1 / 5:
        return SampleStageChange("PLS", "005", "PLUS")
    return SampleStageChange(rng.choice(CHANGE_REASONS), rng.choice(OFFICERS), remarks="Sample change")

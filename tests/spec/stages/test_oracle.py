"""Validate and submit beside an oracle: the rules again, as text and plain loops, sharing nothing."""

from itertools import product
from typing import Any

import pytest

from ocms_core.kernel.decisions import Answer
from ocms_core.stages.eligibility import Eligible, RequestedChange
from ocms_core.stages.facts import StageNotice
from ocms_core.stages.officer_changes import decide, validate
from ocms_core.stages.request_checks import ChangeItem
from ocms_core.stages.stage_transition import StageTransition
from tests.support.builders import NOW
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES, stage_facts, stage_notice

MAP = """
NPA ROV DN1 | ENA RD1 RD2 RR3 DN1 CFC CPC | ROV ENA RD1 RD2 RR3 CFC CPC | RD1 ROV RD2 RR3 DN1 DN2 CFC CPC
| RD2 ROV RD1 RR3 DN1 DN2 CFC CPC | RR3 ROV RD1 RD2 DN1 DN2 CFC CPC | DN1 DN2 DR3 ROV RD1 RD2 CPC
| DN2 DN1 DR3 ROV RD1 RD2 CFC CPC | DR3 DN1 DN2 ROV RD1 RD2 CFC CPC | CFC RR3 DR3 ROV RD1 RD2 DN1 DN2
| CPC RR3 DR3 ROV RD1 RD2 DN1 DN2 CSD | CSD CSR | CSR WAR | WAR CWT
"""
ARROWS = {f"{row.split()[0]}>{to}" for row in MAP.split("|") for to in row.split()[1:]}
DEARER = [
    "ROV>RR3",
    "ENA>RR3",
    "RD1>RR3",
    "RD2>RR3",
    "DN1>DR3",
    "DN2>DR3",
    "CFC>RR3",
    "CFC>DR3",
    "CPC>RR3",
    "CPC>DR3",
]
CHAINS = {"D": ["NPA>DN1", "ENA>DN1", "DN1>DN2", "DN2>DR3"]}
OTHER_CHAIN = ["NPA>ROV", "ROV>RD1", "ENA>RD1", "RD1>RD2", "RD2>RR3"]
NAMES = {"D": "DRIVER", "O": "OWNER", "H": "HIRER", "R": "DIRECTOR", "DIR": "DIRECTOR", None: "OWNER"}
OPEN = ["NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3", "CPC", "CFC"]
STAGES = [*OPEN, "CSD", "CSR", "WAR", "CWT", "CRT"]
SUSPENSIONS = [None, "TS", "PS"]
TARGETS = [None, *STAGES, "XXX", "DN2 OF ALL"]
KNOWN = ["REC", "RSN", "SUP", "OTH", "WOD", "PLS"]
REASONS = [None, *KNOWN, "ZZZ", "SPEED UP"]
REMARKS = [None, "why"]

MISSING = "0"
NOTICES = {
    f"{place}": stage_notice(f"{place}", stage=stage, role=role, suspension_type=suspension)
    for place, (stage, role, suspension) in enumerate(product(STAGES, NAMES, SUSPENSIONS), start=1)
}
NUMBERS = [MISSING, *NOTICES]


def oracle(notice: StageNotice | None, change: RequestedChange, *, duplicate: bool, fees: bool) -> str:
    if notice is None:
        return "OCMS.CPS.NOT_FOUND"
    stage, role, target = notice.stage, notice.role, change.target
    if stage not in OPEN:
        return "OCMS.CPS.COURT_STAGE"
    if notice.suspension_type == "PS":
        return "OCMS.CPS.ELIG.PS_BLOCKED"
    if duplicate and not change.confirmed:
        return "OCMS.CPS.DUPLICATE_RECORD"
    if target is None:
        ways = [way[4:] for way in CHAINS.get(role or "", OTHER_CHAIN) if way[:3] == stage]
        if not ways:
            return "OCMS.CPS.ELIG.NO_STAGE_RULE"
        target = ways[0]
    if target == "ENA":
        return "OCMS.CPS.ENA_NOT_ALLOWED"
    if target not in (["DN1", "DN2", "DR3"] if NAMES[role] == "DRIVER" else ["ROV", "RD1", "RD2", "RR3"]):
        return f"Stage {target} not allowed for offender type {NAMES[role]}"
    if f"{stage}>{target}" not in ARROWS:
        return f"Stage transition not allowed: {stage} -> {target}"
    if change.reason and change.reason not in KNOWN:
        return "OCMS.CPS.INVALID_FORMAT"
    if change.reason == "OTH" and not change.remarks:
        return "OCMS.CPS.REMARKS_REQUIRED"
    if not fees and f"{stage}>{target}" in DEARER:
        return "Unexpected error: fee parameter ADMIN_FEE is not set"
    return f"{stage} to {target}"


def moved(detail: StageTransition | Eligible) -> str:
    if isinstance(detail, Eligible):
        return f"{detail.notice.stage} to {detail.target}"
    return f"{detail.previous_stage} to {detail.new_stage}"


@pytest.mark.rule("S10", "S11", "S12", "S13", "S14", "S15", "S16", "S17", "S18", "S19", "S24", "S30", "S41")
@pytest.mark.parametrize("fees", [True, False])
def test_validate_and_submit_say_what_the_oracle_says_over_the_whole_cross_product(
    fees: bool,  # noqa: FBT001
) -> None:
    reference = DEFAULTS if fees else WITHOUT_FEES
    facts = {
        duplicate: stage_facts(*NOTICES.values(), changed=NUMBERS if duplicate else (), reference=reference)
        for duplicate in (False, True)
    }
    checked = 0
    for target, reason, remarks, confirmed in product(TARGETS, REASONS, REMARKS, (False, True)):
        change = RequestedChange(target, reason, remarks, confirmed)
        items = [ChangeItem(number, change) for number in NUMBERS]
        for duplicate in (False, True):
            # A validation knows no duplicates, whatever there is.
            validated = validate(NUMBERS, change, facts[duplicate])
            submitted = decide(items, facts[duplicate], "USER01", NOW).answers
            both: tuple[tuple[bool, tuple[Answer[Any], ...]], ...] = (
                (False, validated),
                (duplicate, submitted),
            )
            for looked_for, answers in both:
                for number, answer in zip(NUMBERS, answers, strict=True):
                    said = {moved(answer.detail)} if answer.detail else {answer.code.code, answer.code.text}
                    notice = NOTICES.get(number)
                    assert oracle(notice, change, duplicate=looked_for, fees=fees) in said, (notice, change)
                    checked += 1
    assert checked == (1 + 16 * 6 * 3) * 19 * 9 * 2 * 2 * 2 * 2

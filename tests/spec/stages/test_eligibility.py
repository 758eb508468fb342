"""Whether one notice may be moved by hand: each rule, and the whole cross product beside an oracle."""

from typing import TypeAlias

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.stages.eligibility import REASONS, Eligible, RequestedChange, eligibility
from ocms_core.stages.facts import StageNotice
from tests.support.cases import Case, parametrize_cases
from tests.support.stage_builders import DEFAULTS, WITHOUT_FEES, requested, stage_notice

Verdict: TypeAlias = Case[StageNotice | None, RequestedChange, str | tuple[str, str]]


def not_allowed(stage: str, offender: str) -> tuple[str, str]:
    return (
        "OCMS.CPS.INVALID_STAGE_FOR_OFFENDER",
        f"Stage {stage} not allowed for offender type {offender}",
    )


def no_move(last: str, following: str) -> tuple[str, str]:
    return "OCMS.CPS.INVALID_TRANSITION", f"Stage transition not allowed: {last} -> {following}"


CASES: tuple[Verdict, ...] = (
    Case(
        rule="S10",
        name="a number no notice has",
        ask=requested(),
        says=("OCMS.CPS.NOT_FOUND", "VON not found"),
    ),
    Case(
        rule="S11",
        name="a notice in court stays there",
        given=stage_notice("A", stage="CSD", suspension_type="PS"),
        ask=requested(),
        says=("OCMS.CPS.COURT_STAGE", "Notice is in court stage"),
    ),
    Case(
        rule="S11",
        name="CPC and CFC are still open to change",
        given=stage_notice("A", stage="CFC"),
        ask=requested("DN1"),
        says="DN1",
    ),
    Case(
        rule="S12",
        name="a permanent suspension keeps a notice where it is",
        given=stage_notice("A", suspension_type="PS"),
        ask=requested(),
        says=("OCMS.CPS.ELIG.PS_BLOCKED", "Notice has permanent suspension"),
    ),
    Case(
        rule="S12",
        name="a temporary suspension does not",
        given=stage_notice("A", suspension_type="TS"),
        ask=requested(),
        says="DN2",
    ),
    *(
        Case(
            rule="S14",
            name=f"the role {role} makes the notice a {offender}'s",
            given=stage_notice("A", stage="RD1", role=role),
            ask=requested("DN1" if offender != "DRIVER" else "RD2"),
            says=not_allowed("DN1" if offender != "DRIVER" else "RD2", offender),
        )
        for role, offender in (
            ("D", "DRIVER"),
            ("O", "OWNER"),
            ("H", "HIRER"),
            ("R", "DIRECTOR"),
            ("DIR", "DIRECTOR"),
            (None, "OWNER"),
        )
    ),
    *(
        Case(
            rule="S15",
            name=f"from {stage} the derived stage of role {role} is {derived or 'none'}",
            given=stage_notice("A", stage=stage, role=role),
            ask=requested(None),
            says=derived or ("OCMS.CPS.ELIG.NO_STAGE_RULE", "Cannot derive next stage"),
        )
        for role, stage, derived in (
            ("D", "NPA", "DN1"),
            ("D", "ENA", "DN1"),
            ("D", "DN1", "DN2"),
            ("D", "DN2", "DR3"),
            ("D", "DR3", None),
            ("D", "ROV", None),
            ("O", "NPA", "ROV"),
            ("H", "ROV", "RD1"),
            ("R", "ENA", "RD1"),
            ("O", "RD1", "RD2"),
            ("H", "RD2", "RR3"),
            ("O", "RR3", None),
            ("O", "CPC", None),
            ("O", "DN1", None),
        )
    ),
    Case(
        rule="S16",
        name="nothing is moved to ENA by hand",
        given=stage_notice("A", stage="ROV", role="O"),
        ask=requested("ENA"),
        says=("OCMS.CPS.ENA_NOT_ALLOWED", "ENA stage change is not allowed"),
    ),
    Case(
        rule="S17",
        name="a court stage is no target for anyone",
        given=stage_notice("A", stage="RR3", role="O"),
        ask=requested("CPC"),
        says=not_allowed("CPC", "OWNER"),
    ),
    Case(
        rule="S18",
        name="a move the map lacks",
        given=stage_notice("A", stage="NPA", role="O"),
        ask=requested("RD2"),
        says=no_move("NPA", "RD2"),
    ),
    Case(
        rule="S18",
        name="a move to where the notice stands",
        given=stage_notice("A", stage="RD1", role="O"),
        ask=requested("RD1"),
        says=no_move("RD1", "RD1"),
    ),
    Case(
        rule="S18",
        name="a part of a code is not the code",
        given=stage_notice("A"),
        ask=requested("DN"),
        says=not_allowed("DN", "DRIVER"),
    ),
    Case(
        rule=("S17", "S20"),
        name="a target no stage could be",
        given=stage_notice("A"),
        ask=requested("DN2X"),
        says=not_allowed("DN2X", "DRIVER"),
    ),
    *(
        Case(
            rule="S19",
            name=f"{reason} is a reason",
            given=stage_notice("A"),
            ask=requested("DN2", reason, "why"),
            says="DN2",
        )
        for reason in ("REC", "RSN", "SUP", "OTH", "WOD", "PLS")
    ),
    *(
        Case(
            rule="S19",
            name=f"other reasons with remarks {remarks!r} are not told",
            given=stage_notice("A"),
            ask=requested("DN2", "OTH", remarks),
            says=(
                "OCMS.CPS.REMARKS_REQUIRED",
                "Remarks are mandatory when reason for change is 'OTH' (Others)",
            ),
        )
        for remarks in (None, "", "  ")
    ),
    Case(
        rule="S19",
        name="a reason nobody knows",
        given=stage_notice("A"),
        ask=requested("DN2", "SPEED UP"),
        says=("OCMS.CPS.INVALID_FORMAT", "Reason for change must be one of REC, RSN, SUP, OTH, WOD, PLS"),
    ),
)


def shown(verdict: Eligible | Code) -> str | tuple[str, str]:
    return verdict.target if isinstance(verdict, Eligible) else (verdict.code, verdict.text)


@parametrize_cases(CASES)
def test_eligibility(case: Verdict) -> None:
    assert shown(eligibility(case.ask, case.given, DEFAULTS, changed_today=False)) == case.says


@pytest.mark.rule("S13", "S30")
def test_a_notice_changed_today_needs_a_confirmation() -> None:
    notice = stage_notice("A")
    refused = eligibility(requested(), notice, DEFAULTS, changed_today=True)
    assert refused is codes.CPS_DUPLICATE_RECORD
    confirmed = eligibility(requested(confirmed=True), notice, DEFAULTS, changed_today=True)
    assert confirmed == Eligible(notice, "DN2")


@pytest.mark.rule("S41")
def test_a_move_whose_fee_nobody_has_set_is_refused() -> None:
    notice = stage_notice("A", stage="DN2")
    assert shown(eligibility(requested("DR3"), notice, WITHOUT_FEES, changed_today=False)) == (
        "OCMS.CPS.UNEXPECTED",
        "Unexpected error: fee parameter ADMIN_FEE is not set",
    )
    assert shown(eligibility(requested("DN1"), notice, WITHOUT_FEES, changed_today=False)) == "DN1"


@pytest.mark.rule("S19")
def test_the_reasons_of_a_change_are_the_contracts() -> None:
    assert REASONS == {
        "REC": "recheck with vault",
        "RSN": "resend",
        "SUP": "speed up",
        "OTH": "others",
        "WOD": "wrong owner, hirer or driver",
        "PLS": "set by PLUS",
    }

"""Who can be furnished at which stage, whom a notice can be redirected to, and which buttons there are."""

from itertools import product

import pytest

from ocms_core.kernel.codes import (
    LAST_STAGE_AFTER_CPC,
    NOT_FURNISHABLE,
    NOTICE_NOT_FOUND,
    PERMANENT_SUSPENSION,
    Code,
)
from ocms_core.kernel.stages import STAGES
from ocms_core.offenders.eligibility import (
    FIRST_STAGE,
    NEW_STAGE,
    Buttons,
    Eligibility,
    buttons,
    eligibility,
    furnish_refusal,
    is_final,
    is_furnishable,
    is_redirectable,
    shown_stage,
)
from ocms_core.offenders.facts import OffenderNotice
from tests.support.cases import Case, parametrize_cases
from tests.support.offender_builders import notice, stands

ROLES = ("O", "H", "D")
WORDS = {"O": "owner", "H": "hirer", "D": "driver"}

FURNISHABLE = ("ENA", "RD1", "RD2", "RR3")
BEFORE_COURT = ("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3")
SHOWN = {"ENA": "OW", "DN1": "DN", "DN2": "DN", "DR3": "DN"}

# The eligibility table: every role at every stage, and one stage nobody has heard of.
CELLS: tuple[Case[str, str, Code | None], ...] = tuple(
    Case(
        rule=("F10", "F11"),
        name=f"{WORDS[role]} at {stage} {'can' if stage in FURNISHABLE else 'cannot'} be furnished",
        given=stage,
        ask=role,
        says=None
        if stage in FURNISHABLE
        else NOT_FURNISHABLE
        if stage in BEFORE_COURT
        else LAST_STAGE_AFTER_CPC,
    )
    for role, stage in product(ROLES, (*STAGES, "XYZ"))
)


@parametrize_cases(CELLS)
def test_the_eligibility_table(case: Case[str, str, Code | None]) -> None:
    assert furnish_refusal(notice(stage=case.given), case.ask) == case.says
    assert is_furnishable(case.ask, case.given) is (case.given in FURNISHABLE)


REDIRECTS: tuple[Case[tuple[str, str | None], str, bool], ...] = tuple(
    Case(
        rule="F12",
        name=f"at {stage} with {WORDS[current] if current else 'nobody'} as offender, to {WORDS[role]}",
        given=(stage, current),
        ask=role,
        says=stage in BEFORE_COURT and current is not None and current != role,
    )
    for role, stage, current in product(ROLES, (*STAGES, "XYZ"), (*ROLES, None))
)


@parametrize_cases(REDIRECTS)
def test_the_redirect_table(case: Case[tuple[str, str | None], str, bool]) -> None:
    stage, current = case.given
    people = [stands(role, current=role == current) for role in ROLES]
    assert is_redirectable(notice(*people, stage=stage), case.ask) is case.says


ORDER: tuple[Case[OffenderNotice | None, None, Code | None], ...] = (
    Case(rule="F10", name="an unknown notice", given=None, says=NOTICE_NOT_FOUND),
    Case(
        rule="F10",
        name="a permanent suspension comes before the final stage",
        given=notice(stage="CPC", suspension_type="PS"),
        says=PERMANENT_SUSPENSION,
    ),
    Case(
        rule="F10",
        name="the final stage comes before the role",
        given=notice(stage="CWT"),
        says=LAST_STAGE_AFTER_CPC,
    ),
    Case(rule="F10", name="the role comes last", given=notice(stage="DN1"), says=NOT_FURNISHABLE),
    Case(
        rule="F13",
        name="a temporary suspension does not block",
        given=notice(stage="RD1", suspension_type="TS"),
        says=None,
    ),
)


@parametrize_cases(ORDER)
def test_the_order_of_refusals(case: Case[OffenderNotice | None, None, Code | None]) -> None:
    assert furnish_refusal(case.given, "H") == case.says


CHECKS: tuple[Case[OffenderNotice, str, Eligibility], ...] = (
    Case(
        rule=("F13", "G1"),
        name="the contract's first answer",
        given=notice(stands("O", current=True)),
        ask="H",
        says=Eligibility(can_furnish=True, can_redirect=True, stage="RD1", reason=None),
    ),
    Case(
        rule=("F13", "G1"),
        name="the contract's second answer",
        given=notice(stands("O", current=True), stage="CPC"),
        ask="H",
        says=Eligibility(can_furnish=False, can_redirect=False, stage="CPC", reason=LAST_STAGE_AFTER_CPC),
    ),
    Case(
        rule="F13",
        name="a driver stage can be redirected though not furnished, and the reason is that of furnish",
        given=notice(stands("D", current=True), stage="DN2"),
        ask="H",
        says=Eligibility(can_furnish=False, can_redirect=True, stage="DN2", reason=NOT_FURNISHABLE),
    ),
    Case(
        rule=("F13", "F12"),
        name="whoever is the current offender already can be furnished anew, and not redirected to",
        given=notice(stands("H", current=True)),
        ask="H",
        says=Eligibility(can_furnish=True, can_redirect=False, stage="RD1", reason=None),
    ),
    Case(
        rule=("F12", "F30"),
        name="no redirect can name a director, whose notice is furnished instead",
        given=notice(stands("O"), stands("R", current=True)),
        ask="H",
        says=Eligibility(can_furnish=True, can_redirect=False, stage="RD1", reason=None),
    ),
    Case(
        rule=("F12", "U7"),
        name="of two current offenders the first by role is who a notice goes from",
        given=notice(stands("D", current=True), stands("O", current=True)),
        ask="D",
        says=Eligibility(can_furnish=True, can_redirect=False, stage="RD1", reason=None),
    ),
    Case(
        rule="F13",
        name="a permanent suspension stops both",
        given=notice(stands("O", current=True), suspension_type="PS"),
        ask="H",
        says=Eligibility(can_furnish=False, can_redirect=False, stage="RD1", reason=PERMANENT_SUSPENSION),
    ),
)


@parametrize_cases(CHECKS)
def test_eligibility(case: Case[OffenderNotice, str, Eligibility]) -> None:
    assert eligibility(case.given, case.ask) == case.says


@pytest.mark.rule("F1")
@pytest.mark.parametrize("stage", STAGES)
def test_only_ena_and_the_driver_stages_have_another_word_on_this_wire(stage: str) -> None:
    assert shown_stage(stage) == SHOWN.get(stage, stage)


@pytest.mark.rule("F2")
@pytest.mark.parametrize("stage", [*STAGES, "XYZ"])
def test_final_is_every_stage_but_the_nine_before_court(stage: str) -> None:
    assert is_final(stage) is (stage not in BEFORE_COURT)


BUTTONS: tuple[Case[tuple[bool, bool], None, Buttons], ...] = (
    Case(
        rule="F14",
        name="nobody in the role: furnish",
        given=(False, False),
        says=Buttons(furnish=True, redirect=False, update=False),
    ),
    Case(
        rule="F14",
        name="nobody in the role, whatever is said of them: furnish",
        given=(False, True),
        says=Buttons(furnish=True, redirect=False, update=False),
    ),
    Case(
        rule="F14",
        name="the current offender: update",
        given=(True, True),
        says=Buttons(furnish=False, redirect=False, update=True),
    ),
    Case(
        rule="F14",
        name="somebody else: redirect",
        given=(True, False),
        says=Buttons(furnish=False, redirect=True, update=False),
    ),
)


@parametrize_cases(BUTTONS)
def test_buttons(case: Case[tuple[bool, bool], None, Buttons]) -> None:
    exists, is_current = case.given
    assert buttons(exists=exists, is_current=is_current) == case.says


@pytest.mark.rule("F21")
@pytest.mark.parametrize(
    "role, stage, after",
    [
        ("H", "ENA", "RD1"),
        ("H", "RD1", "RD2"),
        ("H", "RD2", "RD1"),
        ("H", "RR3", "RD1"),
        *(("O", stage, "RD1") for stage in FURNISHABLE),
        *(("D", stage, "DN1") for stage in FURNISHABLE),
    ],
)
def test_where_a_furnished_notice_goes(role: str, stage: str, after: str) -> None:
    assert NEW_STAGE[role, stage] == after
    assert len(NEW_STAGE) == 12


@pytest.mark.rule("F31")
def test_where_a_redirected_notice_starts_anew() -> None:
    assert FIRST_STAGE == {"O": "RD1", "H": "RD1", "D": "DN1"}

"""Paths of calls that once lost money or moved a notice wrongly, each walked to its right end."""

from decimal import Decimal

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.codes import (
    INVALID_SUSPENSION_TYPE,
    NOTICE_REDIRECTED,
    OFFENDER_FURNISHED,
    SUCCESS,
    TOPPAN_AUTOMATIC,
    TOPPAN_MANUAL,
    TOPPAN_PS_BLOCKED,
)
from tests.support.builders import WWP
from tests.support.walked_notice import WalkedNotice

FINE, WITH_FEE, WITH_SURCHARGE = Decimal("70.00"), Decimal("80.00"), Decimal("110.00")


# Path 4: a court move of CAS, and a print run by the old plan.


@pytest.mark.rule("S76", "P24")
@pytest.mark.parametrize("stage", ["CSD", "CSR", "WAR", "CWT"])
def test_a_print_run_does_not_move_what_cas_has_moved_into_court(stage: str) -> None:
    walked = WalkedNotice(next_stage="CSD", amount_payable=WITH_SURCHARGE)
    assert walked.cas(stage=stage) == SUCCESS
    for printed in ("CSD", "CSR", "WAR", "CWT", "RD2", "CPC"):
        said = f"Stage mismatch (expected {printed}, actual {walked.next_stage})"
        assert walked.print_run(printed).text == said
    assert (walked.stage, walked.amount_payable) == (stage, WITH_SURCHARGE)


@pytest.mark.rule("S76")
@pytest.mark.parametrize("stage", ["RD1", "DN2", "CPC"])
def test_a_print_run_leaves_a_paid_or_permanently_suspended_notice_where_it_is(stage: str) -> None:
    paid, suspended = (WalkedNotice(stage=stage, next_stage="RR3") for _ in range(2))
    paid.pay()
    suspended.suspend(WWP)
    hidden = WalkedNotice(stage=stage, next_stage="RR3").suspend(WWP, shown=False)
    for walked in (paid, suspended, hidden):
        assert walked.print_run("RR3") == TOPPAN_PS_BLOCKED
        assert (walked.stage, walked.next_stage) == (stage, "RR3")


@pytest.mark.rule("S73", "S76", "P24")
def test_what_cas_gives_back_from_court_goes_on_by_its_new_plan() -> None:
    walked = WalkedNotice(next_stage="CSD", amount_payable=WITH_SURCHARGE)
    assert walked.cas(stage="RR3") == SUCCESS
    assert walked.print_run("CSD").text == "Stage mismatch (expected CSD, actual CPC)"
    assert walked.print_run("CPC") == TOPPAN_AUTOMATIC
    assert (walked.stage, walked.amount_payable) == ("CPC", WITH_SURCHARGE)


# Path 5: PLUS takes a notice to CPC, and a print run on to CSD.


@pytest.mark.rule("S40", "S76", "U4")
def test_going_further_into_court_never_lowers_what_is_owed() -> None:
    walked = WalkedNotice(stage="ROV")
    assert walked.plus("CPC") == codes.PLUS_STAGE_CHANGED
    assert (walked.next_stage, walked.amount_payable) == ("CSD", WITH_SURCHARGE)
    assert walked.print_run("CSD").text == "Stage mismatch (expected CSD, actual CSD)"
    assert (walked.stage, walked.amount_payable) == ("CPC", WITH_SURCHARGE)
    assert walked.plus("CSD") == codes.PLUS_STAGE_CHANGED
    assert (walked.stage, walked.amount_payable) == ("CSD", WITH_SURCHARGE)
    assert walked.cas(stage="CSR") == SUCCESS
    assert (walked.stage, walked.amount_payable) == ("CSR", WITH_SURCHARGE)


# Path 6: payment not accepted, and a new offender.


@pytest.mark.rule("F21", "F31", "U4")
@pytest.mark.parametrize("how, code", [("furnish", OFFENDER_FURNISHED), ("redirect", NOTICE_REDIRECTED)])
@pytest.mark.parametrize("stage", ["ENA", "RD1", "RD2", "RR3"])
@pytest.mark.parametrize("role", ["H", "D"])
def test_a_new_offender_owes_the_fine_and_can_pay_it(
    how: str, code: codes.Code, stage: str, role: str
) -> None:
    walked = WalkedNotice(stage=stage, accepts_payment="N", amount_payable=WITH_FEE)
    assert getattr(walked, how)(role) == code
    assert (walked.amount_payable, walked.accepts_payment) == (FINE, "Y")


# Path 8: moved to RD1 by hand, and redirected to RD1 anew.


@pytest.mark.rule("S72", "S73", "F31")
def test_a_stage_begun_anew_after_a_move_by_hand_goes_on_with_the_next_print_runs() -> None:
    walked = WalkedNotice(stage="ROV")
    assert walked.officer("RD1") == codes.CPS_SUCCESS
    assert walked.print_run("RD1") == TOPPAN_MANUAL
    assert walked.redirect("H") == NOTICE_REDIRECTED
    assert (walked.stage, walked.next_stage) == ("RD1", "RD1")
    assert walked.print_run("RD1") == TOPPAN_AUTOMATIC
    assert walked.print_run("RD2") == TOPPAN_AUTOMATIC
    assert walked.print_run("RR3") == TOPPAN_AUTOMATIC
    assert (walked.stage, walked.next_stage, walked.amount_payable) == ("RR3", "CPC", WITH_FEE)


# Path 9: a fully paid notice, and CAS sends TS.


@pytest.mark.rule("U4", "P21", "S12", "S76")
def test_nothing_is_payable_of_a_paid_notice_again() -> None:
    walked = WalkedNotice(next_stage="CPC", amount_payable=WITH_FEE)
    walked.pay()
    before = (walked.stage, walked.stage_date, walked.amount_payable, walked.accepts_payment)
    assert walked.cas("TS") == INVALID_SUSPENSION_TYPE
    assert walked.officer("RD1") == codes.CPS_PS_BLOCKED
    assert walked.plus("RD1").code == codes.PLUS_NOTICES.code
    assert walked.print_run("CPC") == TOPPAN_PS_BLOCKED
    assert walked.furnish("H") == walked.redirect("H") == codes.PERMANENT_SUSPENSION
    assert (walked.stage, walked.stage_date, walked.amount_payable, walked.accepts_payment) == before


# Path 12: furnish sent twice.


@pytest.mark.rule("F24", "F21")
@pytest.mark.parametrize(
    "role, stage, after", [("H", "RD1", "RD2"), ("D", "RD2", "DN1"), ("O", "ENA", "RD1")]
)
def test_a_furnish_sent_again_and_again_moves_the_notice_once(role: str, stage: str, after: str) -> None:
    walked = WalkedNotice(stage=stage)
    assert walked.furnish(role) == OFFENDER_FURNISHED
    entered = walked.stage_date
    for _ in range(3):
        assert walked.furnish(role) == OFFENDER_FURNISHED
    assert (walked.stage, walked.next_stage, walked.stage_date) == (after, after, entered)
    assert walked.print_run(after) == TOPPAN_AUTOMATIC
    assert walked.furnish(role) == OFFENDER_FURNISHED
    assert walked.stage_date > entered
    assert walked.stage == after


@pytest.mark.rule("F24", "F20")
def test_another_furnish_between_makes_the_first_a_new_one() -> None:
    walked = WalkedNotice(stage="RD1")
    for role, after in (("H", "RD2"), ("O", "RD1"), ("H", "RD2")):
        assert walked.furnish(role) == OFFENDER_FURNISHED
        assert walked.stage == after

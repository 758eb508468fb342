"""Paths of calls that once left a notice in contradiction, each walked to its right end."""

from collections.abc import Iterator

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.codes import (
    INVALID_EPR_REASON,
    INVALID_SUSPENSION_TYPE,
    NOTICE_REDIRECTED,
    OFFENDER_FURNISHED,
    PERMANENT_SUSPENSION,
    SUCCESS,
)
from ocms_core.kernel.offender_details import role_order
from ocms_core.kernel.suspensions import NOT_SUSPENDED, ShownSuspension, SuspensionReason, shown_suspension
from tests.support.builders import HST, OTH, WWP
from tests.support.offender_builders import OWNER, notice, stands
from tests.support.walked_notice import WalkedNotice

APP, TS_APP = SuspensionReason("PS", "APP"), SuspensionReason("TS", "APP")
OUT, UNC = SuspensionReason("TS", "OUT"), SuspensionReason("TS", "UNC")


@pytest.fixture
def walked() -> Iterator[WalkedNotice]:
    """Return a notice at CPC; whatever a test does, its row shows in the end what the rule says."""
    found = WalkedNotice()
    yield found
    assert found.row == shown_suspension(found.suspensions)


# Path 1: a permanent suspension on record, and CAS sends TS.


@pytest.mark.rule("U1", "U3", "P21", "S12", "F10")
@pytest.mark.parametrize("stage", ["CPC", "RD1"])
def test_ts_of_cas_does_not_hide_a_permanent_suspension(walked: WalkedNotice, stage: str) -> None:
    walked.suspend(WWP)
    assert walked.cas("TS") == INVALID_SUSPENSION_TYPE
    assert (walked.shows, walked.open_reasons) == ("PS-WWP", ["PS-WWP"])
    walked.stage = stage
    assert walked.officer("RD2") == codes.CPS_PS_BLOCKED
    assert walked.furnish("H") == walked.redirect("H") == PERMANENT_SUSPENSION


@pytest.mark.rule("U3", "S12", "F10", "H4", "H30")
def test_a_permanent_record_that_the_row_does_not_show_refuses_all_the_same(walked: WalkedNotice) -> None:
    walked.suspend(WWP, shown=False)
    walked.stage = "RD1"
    assert walked.officer("RD2") == codes.CPS_PS_BLOCKED
    assert walked.furnish("H") == walked.redirect("H") == PERMANENT_SUSPENSION
    assert walked.apply_hst() == []
    walked.job_for_new_notices()
    assert walked.open_reasons == ["PS-WWP"]
    walked.stage = "CPC"
    assert walked.cas(stage="CSD") == SUCCESS
    assert walked.shows == "PS-WWP"


@pytest.mark.rule("P21", "P24", "U1")
def test_ts_of_cas_over_a_reason_that_may_be_temporary_replaces_the_record(walked: WalkedNotice) -> None:
    walked.suspend(APP)
    assert walked.cas("TS") == SUCCESS
    assert (walked.shows, walked.open_reasons) == ("TS-APP", ["TS-APP"])
    assert walked.officer("RD1") == codes.CPS_SUCCESS


@pytest.mark.rule("P21", "P24", "U1")
def test_beneath_it_an_older_permanent_record_comes_to_light(walked: WalkedNotice) -> None:
    walked.suspend(WWP, APP)
    assert walked.shows == "PS-APP"
    assert walked.cas("TS") == SUCCESS
    assert (walked.shows, walked.open_reasons) == ("PS-WWP", ["PS-WWP", "TS-APP"])
    assert walked.officer("RD1") == codes.CPS_PS_BLOCKED


# Path 2: pairs no table has.


@pytest.mark.rule("P21", "U2")
def test_cas_makes_no_record_of_a_pair_the_table_lacks(walked: WalkedNotice) -> None:
    assert walked.cas("TS", "WWP") == INVALID_EPR_REASON
    for reason in (HST, OUT):
        walked.records, walked.row = (), NOT_SUSPENDED
        walked.suspend(reason)
        assert walked.cas("PS") == INVALID_SUSPENSION_TYPE
        assert walked.open_reasons == [walked.shows] == [str(reason)]


@pytest.mark.rule("H7", "H9", "P24", "U1")
def test_a_revival_beneath_a_permanent_suspension_of_cas_shows_that_one(walked: WalkedNotice) -> None:
    assert walked.apply_hst() == ["TS-HST"]
    assert walked.cas("PS", "WWP") == SUCCESS
    assert (walked.shows, walked.open_reasons) == ("PS-WWP", ["TS-HST", "PS-WWP"])
    assert walked.revive() == ["PS-WWP"]
    assert (walked.shows, walked.open_reasons) == ("PS-WWP", ["PS-WWP"])


@pytest.mark.rule("H7", "U1")
def test_a_revival_shows_the_permanent_record_that_the_row_did_not(walked: WalkedNotice) -> None:
    assert walked.apply_hst() == ["TS-HST"]
    row = walked.row
    walked.suspend(WWP)
    walked.row = row
    assert walked.revive() == ["PS-WWP"]
    assert walked.shows == "PS-WWP"


@pytest.mark.rule("P24", "U1")
def test_one_reason_of_cas_after_another_leaves_one_open_record(walked: WalkedNotice) -> None:
    for reason in ("WWP", "OTH", "WWC", "WWP"):
        assert walked.cas(epr_reason=reason) == SUCCESS
        assert walked.open_reasons == [walked.shows] == [f"PS-{reason}"]


# Path 3: TS-HST that nothing could close.


@pytest.mark.rule("H10", "U5")
@pytest.mark.parametrize("how", ["furnish", "redirect"])
def test_no_ts_hst_is_left_on_a_notice_of_somebody_who_is_not_listed(walked: WalkedNotice, how: str) -> None:
    walked.stage = "RD1"
    assert walked.apply_hst() == ["TS-HST"]
    code = OFFENDER_FURNISHED if how == "furnish" else NOTICE_REDIRECTED
    assert getattr(walked, how)("H") == code
    assert (walked.shows, walked.open_reasons) == (None, [])
    walked.pay()
    assert walked.revive() == []
    assert (walked.shows, walked.open_reasons) == ("PS", [])


@pytest.mark.rule("H10", "H5", "U1")
def test_of_two_temporary_suspensions_the_other_stays(walked: WalkedNotice) -> None:
    walked.stage = "RD1"
    walked.suspend(UNC)
    assert walked.apply_hst() == ["TS-HST"]
    assert walked.furnish("H") == OFFENDER_FURNISHED
    assert (walked.shows, walked.open_reasons) == ("TS-UNC", ["TS-UNC"])


@pytest.mark.rule("F20", "H10")
def test_from_one_listed_identity_to_another_it_stays_under_ts_hst(walked: WalkedNotice) -> None:
    walked.stage = "RD1"
    assert walked.apply_hst("S1234567A") == []
    assert walked.apply_hst() == ["TS-HST"]
    assert walked.furnish("H", "S1234567A") == OFFENDER_FURNISHED
    assert (walked.shows, walked.open_reasons) == ("TS-HST", ["TS-HST"])
    assert walked.revive("S1234567A") == ["ACTIVE"]
    assert walked.open_reasons == []


@pytest.mark.rule("H10", "U5", "H31")
@pytest.mark.parametrize("paid", [True, False])
def test_what_another_system_left_behind_ends_on_its_day(walked: WalkedNotice, paid: bool) -> None:  # noqa: FBT001
    assert walked.apply_hst() == ["TS-HST"]
    walked.listed.clear()
    if paid:
        walked.pay()
    walked.renewal()
    assert walked.open_reasons == []
    assert walked.row.type == ("PS" if paid else None)


@pytest.mark.rule("H9", "H31")
def test_that_of_a_paid_notice_of_a_listed_identity_waits_for_the_revival(walked: WalkedNotice) -> None:
    assert walked.apply_hst() == ["TS-HST"]
    walked.pay()
    walked.renewal()
    assert walked.open_reasons == ["TS-HST"]
    assert walked.revive() == ["PS-FP"]
    assert walked.open_reasons == []


# Paths 7 and 9: a paid notice, and CAS sends TS.


@pytest.mark.rule("P21", "U1", "S12")
@pytest.mark.parametrize("before", [None, HST, TS_APP])
def test_a_paid_notice_stays_permanently_suspended(
    walked: WalkedNotice, before: SuspensionReason | None
) -> None:
    if before:
        walked.suspend(before)
    walked.pay()
    assert walked.cas("TS") == INVALID_SUSPENSION_TYPE
    assert walked.row.type == "PS"
    assert walked.officer("RD1") == codes.CPS_PS_BLOCKED
    assert walked.stage == "CPC"


@pytest.mark.rule("U1", "U3", "S12")
def test_a_paid_notice_whose_row_shows_ts_is_refused_and_put_right(walked: WalkedNotice) -> None:
    walked.pay()
    walked.row = ShownSuspension("TS", "OUT", walked.now, None)
    assert walked.officer("RD1") == codes.CPS_PS_BLOCKED
    assert walked.cas(stage="CSD") == SUCCESS
    assert walked.row.type == "PS"


@pytest.mark.rule("P21", "U1")
def test_a_reason_of_cas_on_a_paid_notice_is_recorded_and_shown_beside_the_payment(
    walked: WalkedNotice,
) -> None:
    walked.pay()
    assert walked.cas("PS", "OTH") == SUCCESS
    assert (walked.shows, walked.open_reasons, walked.crs_reason) == ("PS-OTH", [str(OTH)], "FP")


# Path 10: listed while in court.


@pytest.mark.rule("U8", "H30")
def test_a_notice_back_from_court_is_taken_up_by_the_job(walked: WalkedNotice) -> None:
    assert walked.cas(stage="CSD") == SUCCESS
    assert walked.apply_hst() == []
    walked.job_for_new_notices()
    assert walked.open_reasons == []
    assert walked.cas(stage="CPC") == SUCCESS
    walked.job_for_new_notices()
    assert (walked.shows, walked.open_reasons) == ("TS-HST", ["TS-HST"])
    assert walked.revive() == ["ACTIVE"]


@pytest.mark.rule("U8", "H31")
def test_unless_it_was_let_go_by_the_renewal(walked: WalkedNotice) -> None:
    assert walked.apply_hst() == ["TS-HST"]
    walked.listed.clear()
    walked.renewal()
    walked.put_on_list(OWNER.id_no)
    walked.job_for_new_notices()
    assert walked.open_reasons == []


# Path 11: two current offenders on one notice.


@pytest.mark.rule("U7", "S3")
@pytest.mark.parametrize("roles, first", [("OD", "D"), ("HO", "O"), ("DHO", "D"), ("RH", "H"), ("XR", "R")])
def test_of_two_current_offenders_every_capability_takes_the_first_by_role(roles: str, first: str) -> None:
    assert min(roles, key=role_order) == first
    found = notice(*(stands(role, current=True) for role in roles))
    assert found.current == found.holders[first]

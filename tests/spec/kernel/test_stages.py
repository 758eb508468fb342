"""The stages and what each means."""

import pytest

from ocms_core.kernel.stages import BEFORE_COURT, OPEN_TO_CHANGE, STAGES

MEANINGS = {
    "NPA": "notice created",
    "ROV": "owner look-up",
    "ENA": "e-notification",
    "RD1": "first reminder to the owner, hirer or director",
    "RD2": "second reminder to the owner, hirer or director",
    "RR3": "final reminder to the owner, hirer or director",
    "DN1": "first notice to the driver",
    "DN2": "second notice to the driver",
    "DR3": "final notice to the driver",
    "CPC": "first court stage",
    "CFC": "first court stage",
    "CSD": "court",
    "CSR": "court",
    "WAR": "court",
    "CWT": "court",
}


@pytest.mark.rule("G14")
def test_what_the_stages_mean() -> None:
    assert STAGES == MEANINGS


@pytest.mark.rule("S2", "S11")
def test_eleven_stages_are_open_to_change_and_all_but_two_of_them_before_court() -> None:
    before = {"NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3"}
    assert before == BEFORE_COURT
    assert before | {"CPC", "CFC"} == OPEN_TO_CHANGE

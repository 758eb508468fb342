"""New notices of listed identities are suspended by themselves."""

import pytest
from attrs import evolve

from ocms_core.hst.facts import HstNotice
from ocms_core.hst.new_notices import decide
from ocms_core.kernel.changes import SuspensionShownOnNotices, SuspensionsOpened
from ocms_core.kernel.codes import HST_SUCCESS
from ocms_core.kernel.decisions import Answer
from ocms_core.kernel.suspensions import ShownSuspension
from tests.support.builders import HST
from tests.support.cases import Case, parametrize_cases, written
from tests.support.hst_facts import DUE, LISTED, NOW, SINCE, UNC, answer, facts, notice, record, suspended

Newness = Case[HstNotice, None, bool]

CASES: tuple[Newness, ...] = (
    *(
        Case(
            rule=("H30", "U8"),
            name=f"an unpaid notice at {stage} is {'suspended' if new else 'left alone'}",
            given=notice("A", stage=stage),
            says=new,
        )
        for stage, new in {
            "NPA": True,
            "ROV": True,
            "ENA": True,
            "RD1": True,
            "DR3": True,
            "CPC": True,
            "CFC": True,
            "CSD": False,
            "WAR": False,
        }.items()
    ),
    Case(rule="H30", name="a paid notice is left alone", given=notice("A", payment_status="FP"), says=False),
    Case(
        rule="H30", name="a partly paid notice is not paid", given=notice("A", payment_status="PP"), says=True
    ),
    Case(
        rule="H30",
        name="a notice under a permanent suspension is left alone",
        given=notice("A", shown=ShownSuspension("PS", "WWP", SINCE, None)),
        says=False,
    ),
    Case(
        rule="H30",
        name="a notice under another temporary suspension is left alone",
        given=suspended("A", record(UNC)),
        says=False,
    ),
    Case(
        rule=("H30", "H31"),
        name="a notice the loop let go is no longer new",
        given=notice("A", hst_expired=True, last_sr_no=1),
        says=False,
    ),
    Case(
        rule="H30",
        name="a notice with an open record is left alone",
        given=notice("A", open_records=(record(),)),
        says=False,
    ),
    Case(
        rule=("H30", "U3"),
        name="a notice whose row does not show its payment is left alone",
        given=notice("A", crs_reason="FP"),
        says=False,
    ),
    Case(
        rule=("U8", "H31"),
        name="a notice back from court that the loop let go stays free",
        given=notice("A", stage="CPC", hst_expired=True, last_sr_no=1),
        says=False,
    ),
)


@parametrize_cases(CASES)
def test_a_notice_of_a_listed_identity(case: Newness) -> None:
    changes = written(decide(facts(case.given, listed=[LISTED]), NOW))
    expected = (
        SuspensionsOpened(
            (("A", 1),), NOW, "OCMS", HST, "ocmsiz_app_conn", DUE, "HST Suspension - Address invalid"
        ),
        SuspensionShownOnNotices(("A",), ShownSuspension("TS", "HST", NOW, DUE)),
    )
    assert changes == (expected if case.says else ())


LISTS: tuple[Case[bool, None, int], ...] = (
    Case(rule="H30", name="being listed decides, whatever a check has brought", given=True, says=2),
    Case(rule="H30", name="a notice of an identity that is not listed is left alone", given=False, says=0),
)


@parametrize_cases(LISTS)
def test_being_listed_decides(case: Case[bool, None, int]) -> None:
    found = facts(notice("A"), answers=[answer()])
    listed = evolve(found, listed={LISTED.id_no: LISTED} if case.given else {})
    assert len(written(decide(listed, NOW))) == case.says


@pytest.mark.rule("H30")
def test_the_answer_says_what_becomes_of_a_notice() -> None:
    assert decide(facts(notice("A"), listed=[LISTED]), NOW).answers == (Answer("A", HST_SUCCESS, "TS-HST"),)

"""Putting an identity on the list and its notices under TS-HST."""

from collections.abc import Sequence

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.hst.applying import decide
from ocms_core.hst.facts import HstNotice, IdentityFacts
from ocms_core.hst.suspending import suspension_changes
from ocms_core.kernel.changes import (
    Change,
    IdentityListed,
    NoticeChanged,
    SuspensionShownOnNotices,
    SuspensionsOpened,
)
from ocms_core.kernel.codes import HST_ID_EXISTS
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.reference import EMPTY
from ocms_core.kernel.stages import STAGES
from ocms_core.kernel.suspensions import ShownSuspension
from tests.support.builders import HST
from tests.support.cases import Case, parametrize_cases, written
from tests.support.hst_facts import (
    ADDRESS,
    APPLICATION,
    DUE,
    EARLIER,
    IDENTITY,
    LATER,
    LISTED,
    NOW,
    OFFICER,
    SINCE,
    UNC,
    facts,
    notice,
    record,
    suspended,
)

LISTING = IdentityListed(IDENTITY, "N", "John Tan", ADDRESS)
SHOWN = ShownSuspension("TS", "HST", NOW, DUE)


def opened(*numbered: tuple[str, int]) -> SuspensionsOpened:
    return SuspensionsOpened(numbered, NOW, "OCMS", HST, OFFICER, DUE, "HST Suspension - Address invalid")


def under(kind: str, reason: str) -> ShownSuspension:
    return ShownSuspension(kind, reason, SINCE, None)


Applying = Case[IdentityFacts, None, Sequence[str] | Refusal]

CASES: tuple[Applying, ...] = (
    Case(
        rule=("H4", "H20"),
        name="every notice gets a record and shows TS-HST for thirty days",
        given=facts(notice("A"), notice("B")),
        says=("A", "B"),
        writes=(LISTING, opened(("A", 1), ("B", 1)), SuspensionShownOnNotices(("A", "B"), SHOWN)),
    ),
    Case(
        rule="H4",
        name="without notices the identity is listed alone",
        given=facts(),
        says=(),
        writes=(LISTING,),
    ),
    Case(
        rule="H3",
        name="an identity on the list already is refused",
        given=facts(notice("A"), listed=[LISTED]),
        says=Refusal(HST_ID_EXISTS),
    ),
    Case(
        rule="H4",
        name="a notice the row of which shows a permanent suspension is left alone",
        given=facts(notice("A", shown=under("PS", "WWP"))),
        says=(),
        writes=(LISTING,),
    ),
    Case(
        rule="H4",
        name="a notice with an open permanent record is left alone",
        given=facts(notice("A", open_records=(record(evolve(HST, type="PS", code="FP"), due=None),))),
        says=(),
        writes=(LISTING,),
    ),
    Case(
        rule="H4",
        name="a notice under TS-HST already is left alone",
        given=facts(suspended("A", record())),
        says=(),
        writes=(LISTING,),
    ),
    Case(
        rule="H4",
        name="a row that shows TS-HST without a record counts as under TS-HST",
        given=facts(notice("A", shown=under("TS", "HST"))),
        says=(),
        writes=(LISTING,),
    ),
    Case(
        rule="H20",
        name="the record's number is one more than the highest of the notice",
        given=facts(notice("A", last_sr_no=7)),
        says=("A",),
        writes=(LISTING, opened(("A", 8)), SuspensionShownOnNotices(("A",), SHOWN)),
    ),
    Case(
        rule="H5",
        name="another temporary suspension due earlier gives way on the row",
        given=facts(suspended("A", record(UNC, due=EARLIER))),
        says=("A",),
        writes=(LISTING, opened(("A", 2)), SuspensionShownOnNotices(("A",), SHOWN)),
    ),
    Case(
        rule="H5",
        name="another temporary suspension due later stays on the row",
        given=facts(suspended("A", record(UNC, due=LATER))),
        says=("A",),
        writes=(LISTING, opened(("A", 2))),
    ),
    Case(
        rule=("H5", "U1"),
        name="another temporary suspension on the row alone, due later, stays on the row",
        given=facts(notice("A", shown=ShownSuspension("TS", "UNC", SINCE, LATER))),
        says=("A",),
        writes=(LISTING, opened(("A", 1))),
    ),
    Case(
        rule=("H5", "U1"),
        name="another temporary suspension on the row alone, due earlier, gives way",
        given=facts(notice("A", shown=ShownSuspension("TS", "UNC", SINCE, EARLIER))),
        says=("A",),
        writes=(LISTING, opened(("A", 1)), SuspensionShownOnNotices(("A",), SHOWN)),
    ),
    Case(
        rule=("H5", "U1"),
        name="a type that CAS gave without a reason gives way",
        given=facts(notice("A", shown=ShownSuspension("TS", None, None, None))),
        says=("A",),
        writes=(LISTING, opened(("A", 1)), SuspensionShownOnNotices(("A",), SHOWN)),
    ),
    Case(
        rule="H5",
        name="the row is put right when it does not show the suspension due last",
        given=facts(suspended("A", record(UNC, 1, LATER), record(evolve(UNC, code="NRO"), 2, EARLIER))),
        says=("A",),
        writes=(
            LISTING,
            opened(("A", 3)),
            NoticeChanged("A", suspension=ShownSuspension("TS", "UNC", SINCE, LATER)),
        ),
    ),
)

STAGE_CASES: tuple[Case[str, None, bool], ...] = tuple(
    Case(
        rule="H4",
        name=f"a notice at {stage} is {'suspended' if open_to_change else 'the court`s'}",
        given=stage,
        says=open_to_change,
    )
    for stage, open_to_change in {
        **dict.fromkeys(("NPA", "ROV", "ENA", "RD1", "RD2", "RR3", "DN1", "DN2", "DR3", "CPC", "CFC"), True),
        **dict.fromkeys(("CSD", "CSR", "WAR", "CWT", "XXX"), False),
    }.items()
)


@parametrize_cases(CASES)
def test_decide(case: Applying) -> None:
    verdict = decide(APPLICATION, case.given, OFFICER, NOW)
    said = verdict if isinstance(verdict, Refusal) else tuple(answer.key for answer in verdict.answers)
    assert said == case.says
    assert written(verdict) == case.writes


@parametrize_cases(STAGE_CASES)
def test_a_court_stage_is_any_but_the_eleven(case: Case[str, None, bool]) -> None:
    verdict = decide(APPLICATION, facts(notice("A", stage=case.given)), OFFICER, NOW)
    assert isinstance(verdict, Decision)
    assert bool(verdict.answers) == case.says


@pytest.mark.rule("U1", "U3", "H5")
@pytest.mark.parametrize(
    "found, shown",
    [
        (notice("A", crs_reason="FP"), ShownSuspension("PS", None, None, None)),
        (
            notice("A", open_records=(record(UNC, due=LATER),), last_sr_no=1),
            ShownSuspension("TS", "UNC", SINCE, LATER),
        ),
    ],
    ids=["paid", "under a suspension that ends later"],
)
def test_ts_hst_is_not_shown_where_the_row_fails_to_show_what_goes_before_it(
    found: HstNotice, shown: ShownSuspension
) -> None:
    _, changed = suspension_changes([found], EMPTY, OFFICER, NOW)
    assert changed == NoticeChanged("A", suspension=shown)


@pytest.mark.rule("H20")
def test_without_a_reason_table_the_period_is_thirty_days() -> None:
    verdict = decide(APPLICATION, evolve(facts(notice("A")), reference=EMPTY), OFFICER, NOW)
    assert written(verdict)[1:] == (opened(("A", 1)), SuspensionShownOnNotices(("A",), SHOWN))


NOTICES = st.lists(
    st.builds(
        notice,
        st.integers(1, 10**6).map(str),
        stage=st.sampled_from(sorted(STAGES)),
        shown=st.sampled_from(
            [under("PS", "FP"), under("TS", "UNC"), ShownSuspension(None, None, None, None)]
        ),
        open_records=st.lists(
            st.builds(
                record, st.sampled_from([HST, UNC]), st.integers(1, 5), st.sampled_from([EARLIER, LATER])
            ),
            max_size=2,
        ).map(tuple),
    ),
    unique_by=lambda found: found.notice_no,
    max_size=8,
)


def of_one(changes: Sequence[Change], notice_no: str) -> tuple[object, ...]:
    """Give what is written for one notice."""
    opening = [change for change in changes if isinstance(change, SuspensionsOpened)]
    showing = [change for change in changes if isinstance(change, SuspensionShownOnNotices)]
    alone = [change for change in changes if isinstance(change, NoticeChanged)]
    return (
        [pair for change in opening for pair in change.numbered if pair[0] == notice_no],
        [change.suspension for change in showing if notice_no in change.notice_nos],
        [change for change in alone if change.notice_no == notice_no],
    )


@pytest.mark.rule("G9", "H21")
@given(NOTICES)
def test_many_notices_are_suspended_as_each_would_be_alone(notices: list[HstNotice]) -> None:
    whole = written(decide(APPLICATION, facts(*notices), OFFICER, NOW))
    for each_one in notices:
        alone = written(decide(APPLICATION, facts(each_one), OFFICER, NOW))
        assert of_one(whole, each_one.notice_no) == of_one(alone, each_one.notice_no)


@pytest.mark.rule("H4", "H5")
@given(NOTICES)
def test_the_changes_are_few_kinds_whatever_the_number_of_notices(notices: list[HstNotice]) -> None:
    changes = written(decide(APPLICATION, facts(*notices), OFFICER, NOW))
    assert sum(isinstance(change, SuspensionsOpened) for change in changes) <= 1
    assert sum(isinstance(change, SuspensionShownOnNotices) for change in changes) <= 1

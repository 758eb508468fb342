"""A decision is dated after everything it is decided on."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.court.request_checks import CourtUpdate
from ocms_core.court.service import update_court_notices
from ocms_core.kernel.decision_moments import AN_INSTANT, FURTHEST_AHEAD, dates_of, moment_after
from tests.support.builders import HST, NOW, court_facts, notice, reference, shown
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_stores import InMemoryCourtStores, Tables

EARLIER = NOW - timedelta(days=3)
SOON = NOW + timedelta(seconds=40)
SOONER = NOW + timedelta(seconds=20)
IN_AN_HOUR = NOW + timedelta(hours=1)
PLANNED = NOW + timedelta(hours=1, seconds=1)

CASES: tuple[Case[None, tuple[datetime, ...], datetime], ...] = (
    Case(rule="G20", name="nothing to follow is decided now", ask=(), says=NOW),
    Case(rule="G20", name="what is older is followed anyway", ask=(EARLIER,), says=NOW),
    Case(rule="G20", name="what is decided at the same moment stays beside it", ask=(NOW,), says=NOW),
    Case(
        rule="G20",
        name="the newest of what was decided meanwhile is followed by an instant",
        ask=(SOONER, SOON, EARLIER),
        says=SOON + timedelta(microseconds=1),
    ),
    Case(
        rule="G20",
        name="a date an hour ahead is followed",
        ask=(IN_AN_HOUR,),
        says=IN_AN_HOUR + timedelta(microseconds=1),
    ),
    Case(rule="G20", name="a date more than an hour ahead is not followed", ask=(PLANNED,), says=NOW),
    Case(
        rule="G20",
        name="beside a date more than an hour ahead the others are followed",
        ask=(PLANNED, SOON),
        says=SOON + timedelta(microseconds=1),
    ),
)


@parametrize_cases(CASES)
def test_moment_after(case: Case[None, tuple[datetime, ...], datetime]) -> None:
    assert moment_after(NOW, case.ask) == case.says


@pytest.mark.rule("G20")
@given(st.lists(st.integers(-200_000, 200_000)))
def test_no_date_within_the_hour_is_later_than_the_moment(found: list[int]) -> None:
    dates = [NOW + timedelta(seconds=seconds) for seconds in found]
    moment = moment_after(NOW, dates)
    assert NOW <= moment <= NOW + FURTHEST_AHEAD + AN_INSTANT
    assert all(each <= moment for each in dates if each <= NOW + FURTHEST_AHEAD)


@pytest.mark.rule("G20")
def test_the_dates_of_a_notice_are_those_of_its_stage_its_row_and_its_open_records() -> None:
    found = notice(
        "N1", stage_date=EARLIER, suspension=shown("TS", "HST", since=SOON), open_suspensions=[HST]
    )
    record = evolve(found.suspensions.open_records[0], since=SOONER)
    found = evolve(found, suspensions=evolve(found.suspensions, open_records=(record,)))
    assert set(dates_of([found])) == {EARLIER, SOON, SOONER}


STAGES = st.sampled_from(["WAR", "CPC", "CWT", "CFC"])
REASONS = st.sampled_from([None, "WWP", "OTH"])
# The moments the calls were made at, in the order in which they got the lock: any order there is.
CALLS = st.lists(st.tuples(st.integers(0, 3599), STAGES, REASONS), min_size=2, max_size=8)


@pytest.mark.rule("G20")
@given(CALLS)
def test_whoever_waited_for_whom_the_dates_of_a_notice_never_go_back(
    calls: list[tuple[int, str, str | None]],
) -> None:
    stores = InMemoryCourtStores(Tables(court_facts(notice("N1"), reference_data=reference())))
    before = stores.tables.court.notices["N1"]
    for seconds, stage, reason in calls:
        update = CourtUpdate("N1", processing_stage=stage, epr_reason=reason)
        update_court_notices([update], stores=stores, now=NOW + timedelta(seconds=seconds))
        after = stores.tables.court.notices["N1"]
        assert after.stage_date >= before.stage_date
        assert max(dates_of([after])) >= max(dates_of([before]))
        if after.stage != before.stage:
            assert after.stage_date >= max(dates_of([before]))
        before = after

"""API 4: PLUS asks whether and until when notices can be paid."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.court.facts import PlusNotice
from ocms_core.court.plus_query import decide, payment_allowance
from ocms_core.kernel.changes import CourtDueDateRecorded
from ocms_core.kernel.codes import NOTICES_NOT_FOUND
from ocms_core.kernel.dates import local
from ocms_core.kernel.decisions import Decision, Refusal
from tests.support.builders import DUE, LATER, NOW, plus_notice, plus_notices
from tests.support.cases import Case, parametrize_cases, written
from tests.support.in_memory_stores import Tables, apply

Query = Case[tuple[PlusNotice, ...], tuple[str, ...], tuple[PlusNotice, ...] | Refusal]
Allowance = Case[PlusNotice, datetime, str]

MOMENT = timedelta(microseconds=1)
PAST = NOW - MOMENT
TRACKED = plus_notice("A", has_court_case=True, court_payment_due_date=DUE)

QUERIES: tuple[Query, ...] = (
    Case(
        rule=("P30", "P32"),
        name="each notice is answered in the order asked and its due date recorded",
        given=(plus_notice("A"), plus_notice("B", payment_due_date=LATER)),
        ask=("B", "A"),
        says=(plus_notice("B", payment_due_date=LATER), plus_notice("A")),
        writes=(CourtDueDateRecorded("B", LATER), CourtDueDateRecorded("A", DUE)),
    ),
    Case(
        rule="P30",
        name="one unknown number refuses the whole query and nothing is recorded",
        given=(plus_notice("A"), plus_notice("C")),
        ask=("A", "B", "C"),
        says=Refusal(NOTICES_NOT_FOUND),
    ),
    Case(
        rule="P30",
        name="nothing but unknown numbers is refused alike",
        given=(),
        ask=("A",),
        says=Refusal(NOTICES_NOT_FOUND),
    ),
    Case(
        rule="P31",
        name="an overdue notice is answered N and its own due date is still recorded",
        given=(plus_notice("A", payment_due_date=NOW - MOMENT),),
        ask=("A",),
        says=(plus_notice("A", payment_due_date=NOW - MOMENT, payment_acceptance_allowed="N"),),
        writes=(CourtDueDateRecorded("A", NOW - MOMENT),),
    ),
    Case(
        rule="P32",
        name="a due date recorded already is not recorded again",
        given=(TRACKED,),
        ask=("A",),
        says=(TRACKED,),
    ),
    Case(
        rule=("P31", "P32"),
        name="an overdue notice with its due date recorded is answered N, and not recorded again",
        given=(TRACKED._replace(payment_due_date=PAST, court_payment_due_date=PAST),),
        ask=("A",),
        says=(
            TRACKED._replace(
                payment_due_date=PAST,
                court_payment_due_date=PAST,
                payment_acceptance_allowed="N",
            ),
        ),
    ),
    Case(
        rule="P32",
        name="a due date that moved is recorded anew",
        given=(TRACKED._replace(payment_due_date=LATER),),
        ask=("A",),
        says=(TRACKED._replace(payment_due_date=LATER),),
        writes=(CourtDueDateRecorded("A", LATER),),
    ),
    Case(
        rule="P32",
        name="a due date that was taken away is recorded as none",
        given=(TRACKED._replace(payment_due_date=None),),
        ask=("A",),
        says=(TRACKED._replace(payment_due_date=None),),
        writes=(CourtDueDateRecorded("A", None),),
    ),
    Case(
        rule="P32",
        name="a notice without a due date gets its court case too",
        given=(plus_notice("A", payment_due_date=None),),
        ask=("A",),
        says=(plus_notice("A", payment_due_date=None),),
        writes=(CourtDueDateRecorded("A", None),),
    ),
    Case(
        rule="P32",
        name="no due date recorded as none is not recorded again",
        given=(plus_notice("A", payment_due_date=None, has_court_case=True),),
        ask=("A",),
        says=(plus_notice("A", payment_due_date=None, has_court_case=True),),
    ),
    Case(
        rule="P32",
        name="of several notices only those that differ are recorded",
        given=(TRACKED, plus_notice("B")),
        ask=("A", "B"),
        says=(TRACKED, plus_notice("B")),
        writes=(CourtDueDateRecorded("B", DUE),),
    ),
)

ALLOWANCES: tuple[Allowance, ...] = (
    Case(rule="P31", name="until the due moment the flag Y holds", given=plus_notice("A"), ask=NOW, says="Y"),
    Case(
        rule="P31",
        name="until the due moment the flag N holds",
        given=plus_notice("A", payment_acceptance_allowed="N"),
        ask=NOW,
        says="N",
    ),
    Case(
        rule="P31",
        name="at the due moment itself the flag still holds",
        given=plus_notice("A"),
        ask=DUE,
        says="Y",
    ),
    Case(
        rule="P31",
        name="a microsecond after the due moment it is N",
        given=plus_notice("A"),
        ask=DUE + MOMENT,
        says="N",
    ),
    Case(
        rule="P31",
        name="the rest of the due day is not waited for",
        given=plus_notice("A"),
        ask=DUE + timedelta(hours=9),
        says="N",
    ),
    Case(
        rule="P31",
        name="without a due date the flag Y holds",
        given=plus_notice("A", payment_due_date=None),
        ask=NOW,
        says="Y",
    ),
    Case(
        rule="P31",
        name="without a due date the flag N holds",
        given=plus_notice("A", payment_due_date=None, payment_acceptance_allowed="N"),
        ask=NOW,
        says="N",
    ),
)


@parametrize_cases(QUERIES)
def test_decide(case: Query) -> None:
    verdict = decide(case.ask, plus_notices(case.given), NOW)
    assert details(verdict) == case.says
    assert written(verdict) == case.writes


@parametrize_cases(ALLOWANCES)
def test_payment_allowance(case: Allowance) -> None:
    assert payment_allowance(case.given, case.ask) == case.says


def details(verdict: Decision[PlusNotice] | Refusal) -> tuple[PlusNotice | None, ...] | Refusal:
    return verdict if isinstance(verdict, Refusal) else tuple(answer.detail for answer in verdict.answers)


CONTRACT_ALLOWANCE = """
    SELECT CASE
      WHEN :now > payment_due_date THEN 'N'
      ELSE payment_acceptance_allowed
    END
    FROM (SELECT :due AS payment_due_date, :allowed AS payment_acceptance_allowed)
"""

NEAR_NOW = st.one_of(
    st.integers(min_value=-3, max_value=3).map(lambda moments: NOW + moments * MOMENT),
    st.integers(min_value=-(10**14), max_value=10**14).map(lambda moments: NOW + moments * MOMENT),
)
MAYBE_DUE = st.none() | NEAR_NOW
FLAGS = st.sampled_from("YN")


def as_stored(moment: datetime | None) -> str | None:
    return None if moment is None else local(moment).isoformat(sep=" ", timespec="microseconds")


@pytest.mark.rule("P31")
@given(MAYBE_DUE, FLAGS, NEAR_NOW)
def test_payment_allowance_is_what_the_contracts_own_sql_says(
    due: datetime | None, allowed: str, now: datetime
) -> None:
    notice = plus_notice("A", payment_due_date=due, payment_acceptance_allowed=allowed)
    parameters = {"now": as_stored(now), "due": as_stored(due), "allowed": allowed}
    with closing(sqlite3.connect(":memory:")) as database:
        (in_sql,) = database.execute(CONTRACT_ALLOWANCE, parameters).fetchone()
    assert payment_allowance(notice, now) == in_sql


FOUND = st.dictionaries(
    st.sampled_from("ABCDEF"),
    st.tuples(MAYBE_DUE, FLAGS, st.booleans(), MAYBE_DUE),
    min_size=1,
).map(
    lambda rows: {
        notice_no: plus_notice(
            notice_no,
            payment_due_date=due,
            payment_acceptance_allowed=allowed,
            has_court_case=has_case,
            court_payment_due_date=recorded if has_case else None,
        )
        for notice_no, (due, allowed, has_case, recorded) in rows.items()
    }
)
KNOWN = FOUND.flatmap(lambda found: st.tuples(st.permutations(sorted(found)), st.just(found)))


def decision(asked: Sequence[str], found: Mapping[str, PlusNotice]) -> Decision[PlusNotice]:
    verdict = decide(asked, found, NOW)
    assert isinstance(verdict, Decision)
    return verdict


@pytest.mark.rule("G9", "P30")
@given(KNOWN)
def test_a_query_for_known_notices_is_answered_as_its_items_would_be_one_by_one(
    query: tuple[Sequence[str], Mapping[str, PlusNotice]],
) -> None:
    asked, found = query
    whole = decision(asked, found)
    one_by_one = [decision((notice_no,), found) for notice_no in asked]
    assert whole.answers == tuple(answer for one in one_by_one for answer in one.answers)
    assert whole.changes == tuple(change for one in one_by_one for change in one.changes)
    assert [answer.key for answer in whole.answers] == list(asked)


@pytest.mark.rule("P32")
@given(KNOWN)
def test_a_repeated_query_writes_nothing_and_says_the_same(
    query: tuple[Sequence[str], Mapping[str, PlusNotice]],
) -> None:
    asked, found = query
    first = decision(asked, found)
    again = decision(asked, apply(first.changes, Tables(plus=found)).plus)
    assert again.changes == ()
    assert [said_of(answer.detail) for answer in again.answers] == [
        said_of(answer.detail) for answer in first.answers
    ]


def said_of(notice: PlusNotice | None) -> tuple[object, ...]:
    assert notice
    return (notice.payment_due_date, notice.payment_acceptance_allowed, notice.amount_payable)


@pytest.mark.rule("P31")
@given(KNOWN)
def test_the_stored_flag_is_never_changed(
    query: tuple[Sequence[str], Mapping[str, PlusNotice]],
) -> None:
    asked, found = query
    after = apply(decision(asked, found).changes, Tables(plus=found)).plus
    for notice_no in asked:
        assert after[notice_no].payment_acceptance_allowed == found[notice_no].payment_acceptance_allowed

"""Load, decide, record, in one transaction."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ocms_core.court.facts import CourtFacts
from ocms_core.kernel.changes import (
    IdentityRemoved,
    NoticeChanged,
    NoticesChanged,
    NoticesMoved,
    by_notice,
    notice_of,
)
from ocms_core.kernel.codes import (
    DUPLICATE_NOTICE_NO,
    HST_NOT_CREATED,
    INTERNAL_ERROR,
    INVALID_STAGE,
    NOT_A_COURT_NOTICE,
    SUCCESS,
)
from ocms_core.kernel.decision_moments import dates_of
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.errors import Conflict, RowRejected
from ocms_core.kernel.stage_moves import NextStage
from ocms_core.kernel.unit_of_work import IsolateRow, RaiseRowRejected, RefuseCall, RefusedRowPolicy, execute
from tests.support.builders import NOW, at, court_facts, notice
from tests.support.cases import outcome
from tests.support.in_memory_stores import InMemoryCourtStores, Tables, Transaction

Verdict = Decision[str] | Refusal

ISOLATE = IsolateRow(INTERNAL_ERROR)
REFUSE = RefuseCall(HST_NOT_CREATED)
RAISE = RaiseRowRejected()
POLICIES = pytest.mark.parametrize(
    "policy", [ISOLATE, REFUSE, RAISE], ids=lambda policy: type(policy).__name__
)


def load(store: Transaction, _now: datetime) -> CourtFacts:
    return store.court_facts(["N1", "N2"])


def touch(facts: CourtFacts, _now: datetime) -> Verdict:
    """Touch every notice; the detail of its answer is the stage it was found in."""
    found = facts.notices.values()
    return Decision(
        answers=tuple(Answer(each.notice_no, SUCCESS, each.stage) for each in found),
        changes=tuple(NoticeChanged(each.notice_no) for each in found),
    )


def refuse(facts: CourtFacts, _now: datetime) -> Verdict:
    assert facts.notices
    return Refusal(INVALID_STAGE)


def decision(
    stores: InMemoryCourtStores,
    decide: Callable[[CourtFacts, datetime], Verdict],
    attempts: int = 3,
    on_refused_row: RefusedRowPolicy = ISOLATE,
) -> Verdict:
    return execute(stores.writing, load, decide, now=NOW, on_refused_row=on_refused_row, attempts=attempts)


def stored(stage: str = "CPC") -> Tables:
    return Tables(court_facts(notice("N1", stage=stage), notice("N2", stage=stage)))


@pytest.mark.rule("G13")
def test_what_is_decided_is_written_in_the_transaction_that_read_it() -> None:
    stores = InMemoryCourtStores(stored())
    assert decision(stores, touch) == Decision(
        answers=(Answer("N1", SUCCESS, "CPC"), Answer("N2", SUCCESS, "CPC")),
        changes=(NoticeChanged("N1"), NoticeChanged("N2")),
    )
    assert stores.written == [NoticeChanged("N1"), NoticeChanged("N2")]
    assert stores.opened == ["writing"]


@pytest.mark.rule("G13")
def test_a_refused_call_records_nothing() -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1}))
    assert decision(stores, refuse) == Refusal(INVALID_STAGE)
    assert stores.written == []
    assert stores.opened == ["writing"], "there was nothing to be overtaken in"


@pytest.mark.rule("G13")
def test_after_a_conflict_the_decision_is_made_again_on_fresh_facts() -> None:
    stores = InMemoryCourtStores(stored("CPC"), overtaken=frozenset({1}), meanwhile=stored("WAR"))
    verdict = decision(stores, touch)
    assert isinstance(verdict, Decision)
    assert [answer.detail for answer in verdict.answers] == ["WAR", "WAR"]
    assert stores.written == [NoticeChanged("N1"), NoticeChanged("N2")], "the first try left nothing behind"
    assert stores.opened == ["writing", "writing"]


@pytest.mark.rule("G13")
def test_the_third_try_still_counts() -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1, 2}))
    assert isinstance(decision(stores, touch), Decision)
    assert len(stores.opened) == 3


@pytest.mark.rule("G13")
def test_a_third_conflict_is_the_callers_to_hear_of() -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1, 2, 3}))
    with pytest.raises(Conflict):
        decision(stores, touch)
    assert len(stores.opened) == 3
    assert stores.written == []


@pytest.mark.rule("G13")
def test_one_attempt_is_one_transaction() -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1}))
    with pytest.raises(Conflict):
        decision(stores, touch, attempts=1)
    assert stores.opened == ["writing"]


@pytest.mark.rule("P25")
def test_a_change_of_many_notices_stands_or_falls_with_its_call() -> None:
    assert notice_of(NoticeChanged("N1")) == "N1"
    assert notice_of(IdentityRemoved("S1234567A")) == ""
    alone = NoticesMoved((("N1", NOW),), "DN1", "DN2", NOW, NextStage(None, None))
    assert notice_of(alone) == "N1"
    assert notice_of(evolve(alone, since=(("N1", NOW), ("N2", NOW)))) == ""
    changed = NoticesChanged((("N1", NOW), ("N2", NOW)), NoticeChanged("N1"))
    assert notice_of(changed) == ""
    assert list(by_notice([changed])) == [NoticeChanged("N1"), NoticeChanged("N2")]


@pytest.mark.rule("P25")
def test_a_row_the_database_refuses_fails_alone() -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1"}))
    assert decision(stores, touch) == Decision(
        answers=(Answer("N1", INTERNAL_ERROR), Answer("N2", SUCCESS, "CPC")),
        changes=(NoticeChanged("N2"),),
    )
    assert stores.written == [NoticeChanged("N2")]
    assert stores.opened == ["writing", "writing"], "only then is the bad row looked for"


@pytest.mark.rule("P25")
def test_when_every_row_is_refused_every_item_fails() -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1", "N2"}))
    assert decision(stores, touch) == Decision(
        answers=(Answer("N1", INTERNAL_ERROR), Answer("N2", INTERNAL_ERROR)), changes=()
    )
    assert stores.written == []


@pytest.mark.rule("P25", "G13")
@pytest.mark.parametrize("conflicts", [{1}, {2}, {1, 2}], ids=["before", "after", "twice before"])
def test_a_bad_row_is_found_though_conflicts_come_before_or_after(conflicts: set[int]) -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1"}), overtaken=frozenset(conflicts))
    verdict = decision(stores, touch)
    assert outcome(verdict) == (("N1", INTERNAL_ERROR), ("N2", SUCCESS))
    assert stores.written == [NoticeChanged("N2")]


@pytest.mark.rule("P25", "P26")
def test_an_item_that_had_failed_already_keeps_its_own_code() -> None:
    def first_and_duplicate(_: CourtFacts, _now: datetime) -> Verdict:
        return Decision(
            answers=(
                Answer("N1", SUCCESS, "CPC"),
                Answer("N1", DUPLICATE_NOTICE_NO),
                Answer("N3", NOT_A_COURT_NOTICE),
            ),
            changes=(NoticeChanged("N1"),),
        )

    verdict = decision(InMemoryCourtStores(stored(), refuses=frozenset({"N1"})), first_and_duplicate)
    assert outcome(verdict) == (
        ("N1", INTERNAL_ERROR),
        ("N1", DUPLICATE_NOTICE_NO),
        ("N3", NOT_A_COURT_NOTICE),
    )


@pytest.mark.rule("H3")
def test_a_refused_row_refuses_the_whole_call() -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1"}))
    assert decision(stores, touch, on_refused_row=REFUSE) == Refusal(HST_NOT_CREATED)
    assert stores.written == []
    assert stores.opened == ["writing"], "the bad row is not looked for"


@pytest.mark.rule("H3", "G13")
def test_a_row_refused_after_a_conflict_refuses_the_whole_call() -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1"}), overtaken=frozenset({1}))
    assert decision(stores, touch, on_refused_row=REFUSE) == Refusal(HST_NOT_CREATED)
    assert stores.written == []
    assert stores.opened == ["writing", "writing"]


@pytest.mark.rule("G13")
@pytest.mark.parametrize("conflicts", [set(), {1}], ids=["at once", "after a conflict"])
def test_a_refused_row_is_raised_and_nothing_is_written(conflicts: set[int]) -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1"}), overtaken=frozenset(conflicts))
    with pytest.raises(RowRejected):
        decision(stores, touch, on_refused_row=RAISE)
    assert stores.written == []
    assert len(stores.opened) == len(conflicts) + 1


@pytest.mark.rule("G13")
@POLICIES
def test_under_every_policy_all_is_written_when_no_row_is_refused(policy: RefusedRowPolicy) -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1, 2}))
    verdict = decision(stores, touch, on_refused_row=policy)
    assert outcome(verdict) == (("N1", SUCCESS), ("N2", SUCCESS))
    assert stores.written == [NoticeChanged("N1"), NoticeChanged("N2")]
    assert len(stores.opened) == 3


@pytest.mark.rule("G13")
@POLICIES
def test_under_every_policy_the_last_conflict_is_raised(policy: RefusedRowPolicy) -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1, 2, 3}))
    with pytest.raises(Conflict):
        decision(stores, touch, on_refused_row=policy)
    assert len(stores.opened) == 3
    assert stores.written == []


@pytest.mark.rule("G13")
@POLICIES
def test_under_every_policy_a_refusal_is_returned_as_it_is(policy: RefusedRowPolicy) -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N1"}))
    assert decision(stores, refuse, on_refused_row=policy) == Refusal(INVALID_STAGE)
    assert stores.written == []


@pytest.mark.rule("P25", "G13")
def test_a_row_that_cannot_be_isolated_is_raised() -> None:
    tries: list[bool] = []

    class NeverIsolating(Transaction):
        def record(self, *_: object, isolate: bool) -> frozenset[str]:
            tries.append(isolate)
            raise RowRejected

    transaction = NeverIsolating(InMemoryCourtStores(), stored())
    with pytest.raises(RowRejected):
        execute(lambda: nullcontext(transaction), load, touch, now=NOW, on_refused_row=ISOLATE)
    assert tries == [False, True]


@pytest.mark.rule("G20")
def test_a_decision_is_made_and_written_at_a_moment_after_what_it_follows() -> None:
    newest = NOW + timedelta(minutes=30)
    stores = InMemoryCourtStores(Tables(court_facts(notice("N1", stage_date=newest))))
    decided: list[datetime] = []

    def decide(facts: CourtFacts, now: datetime) -> Verdict:
        decided.append(now)
        return touch(facts, now)

    verdict = execute(
        stores.writing,
        lambda store, _now: store.court_facts(["N1"]),
        decide,
        now=NOW,
        on_refused_row=ISOLATE,
        dates=lambda facts: dates_of(facts.notices.values()),
    )
    assert isinstance(verdict, Decision)
    assert verdict.decided_at == decided[0] > newest


@pytest.mark.rule("G20", "G5")
def test_facts_of_a_day_are_loaded_again_when_the_decision_falls_on_the_next() -> None:
    before, after = at("2025-01-14T23:59:59"), at("2025-01-15T00:00:01")
    stores = InMemoryCourtStores(Tables(court_facts(notice("N1", stage_date=after))))
    days: list[int] = []

    def load_of_day(store: Transaction, now: datetime) -> CourtFacts:
        days.append(now.day)
        return store.court_facts(["N1"])

    execute(
        stores.writing,
        load_of_day,
        touch,
        now=before,
        on_refused_row=ISOLATE,
        dates=lambda facts: dates_of(facts.notices.values()),
    )
    assert days == [14, 15]
    assert stores.opened == ["writing"], "under the same locks"

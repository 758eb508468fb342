"""Load, decide, record, in one transaction."""

from collections.abc import Callable

import pytest

from ocms_core.court.facts import CourtFacts
from ocms_core.kernel.changes import NoticeChanged
from ocms_core.kernel.codes import (
    DUPLICATE_NOTICE_NO,
    INTERNAL_ERROR,
    INVALID_STAGE,
    NOT_A_COURT_NOTICE,
    SUCCESS,
)
from ocms_core.kernel.faults import Conflict
from ocms_core.kernel.flow import settle
from ocms_core.kernel.verdicts import Answer, Refusal, Settled
from tests.support.builders import NOW, court_facts, notice
from tests.support.cases import said
from tests.support.twins import CourtTwin, Tables, Transaction

Verdict = Settled[str] | Refusal


def load(store: Transaction) -> CourtFacts:
    return store.court_facts(["N1", "N2"])


def touch(facts: CourtFacts) -> Verdict:
    """Touch every notice; the detail of its answer is the stage it was found in."""
    found = facts.notices.values()
    return Settled(
        answers=tuple(Answer(each.notice_no, SUCCESS, each.stage) for each in found),
        changes=tuple(NoticeChanged(each.notice_no) for each in found),
    )


def refuse(facts: CourtFacts) -> Verdict:
    assert facts.notices
    return Refusal(INVALID_STAGE)


def settled(twin: CourtTwin, decide: Callable[[CourtFacts], Verdict], attempts: int = 3) -> Verdict:
    return settle(twin.writing, load, decide, now=NOW, refused_by_database=INTERNAL_ERROR, attempts=attempts)


def stored(stage: str = "CPC") -> Tables:
    return Tables(court_facts(notice("N1", stage=stage), notice("N2", stage=stage)))


@pytest.mark.rule("G13")
def test_what_is_decided_is_written_in_the_transaction_that_read_it() -> None:
    twin = CourtTwin(stored())
    assert settled(twin, touch) == Settled(
        answers=(Answer("N1", SUCCESS, "CPC"), Answer("N2", SUCCESS, "CPC")),
        changes=(NoticeChanged("N1"), NoticeChanged("N2")),
    )
    assert twin.written == [NoticeChanged("N1"), NoticeChanged("N2")]
    assert twin.opened == ["writing"]


@pytest.mark.rule("G13")
def test_a_refused_call_records_nothing() -> None:
    twin = CourtTwin(stored(), overtaken=frozenset({1}))
    assert settled(twin, refuse) == Refusal(INVALID_STAGE)
    assert twin.written == []
    assert twin.opened == ["writing"], "there was nothing to be overtaken in"


@pytest.mark.rule("G13")
def test_after_a_conflict_the_decision_is_made_again_on_fresh_facts() -> None:
    twin = CourtTwin(stored("CPC"), overtaken=frozenset({1}), meanwhile=stored("WAR"))
    verdict = settled(twin, touch)
    assert isinstance(verdict, Settled)
    assert [answer.detail for answer in verdict.answers] == ["WAR", "WAR"]
    assert twin.written == [NoticeChanged("N1"), NoticeChanged("N2")], "the first try left nothing behind"
    assert twin.opened == ["writing", "writing"]


@pytest.mark.rule("G13")
def test_the_third_try_still_counts() -> None:
    twin = CourtTwin(stored(), overtaken=frozenset({1, 2}))
    assert isinstance(settled(twin, touch), Settled)
    assert len(twin.opened) == 3


@pytest.mark.rule("G13")
def test_a_third_conflict_is_the_callers_to_hear_of() -> None:
    twin = CourtTwin(stored(), overtaken=frozenset({1, 2, 3}))
    with pytest.raises(Conflict):
        settled(twin, touch)
    assert len(twin.opened) == 3
    assert twin.written == []


@pytest.mark.rule("G13")
def test_one_attempt_is_one_transaction() -> None:
    twin = CourtTwin(stored(), overtaken=frozenset({1}))
    with pytest.raises(Conflict):
        settled(twin, touch, attempts=1)
    assert twin.opened == ["writing"]


@pytest.mark.rule("P25")
def test_a_row_the_database_refuses_fails_alone() -> None:
    twin = CourtTwin(stored(), refuses=frozenset({"N1"}))
    assert settled(twin, touch) == Settled(
        answers=(Answer("N1", INTERNAL_ERROR), Answer("N2", SUCCESS, "CPC")),
        changes=(NoticeChanged("N2"),),
    )
    assert twin.written == [NoticeChanged("N2")]
    assert twin.opened == ["writing", "writing"], "only then is the bad row looked for"


@pytest.mark.rule("P25")
def test_when_every_row_is_refused_every_item_fails() -> None:
    twin = CourtTwin(stored(), refuses=frozenset({"N1", "N2"}))
    assert settled(twin, touch) == Settled(
        answers=(Answer("N1", INTERNAL_ERROR), Answer("N2", INTERNAL_ERROR)), changes=()
    )
    assert twin.written == []


@pytest.mark.rule("P25", "G13")
@pytest.mark.parametrize("conflicts", [{1}, {2}, {1, 2}], ids=["before", "after", "twice before"])
def test_a_bad_row_is_found_though_conflicts_come_before_or_after(conflicts: set[int]) -> None:
    twin = CourtTwin(stored(), refuses=frozenset({"N1"}), overtaken=frozenset(conflicts))
    verdict = settled(twin, touch)
    assert said(verdict) == (("N1", INTERNAL_ERROR), ("N2", SUCCESS))
    assert twin.written == [NoticeChanged("N2")]


@pytest.mark.rule("P25", "P26")
def test_an_item_that_had_failed_already_keeps_its_own_code() -> None:
    def first_and_duplicate(_: CourtFacts) -> Verdict:
        return Settled(
            answers=(
                Answer("N1", SUCCESS, "CPC"),
                Answer("N1", DUPLICATE_NOTICE_NO),
                Answer("N3", NOT_A_COURT_NOTICE),
            ),
            changes=(NoticeChanged("N1"),),
        )

    verdict = settled(CourtTwin(stored(), refuses=frozenset({"N1"})), first_and_duplicate)
    assert said(verdict) == (
        ("N1", INTERNAL_ERROR),
        ("N1", DUPLICATE_NOTICE_NO),
        ("N3", NOT_A_COURT_NOTICE),
    )

"""The court and payment services, start to end, over stores in memory."""

import pytest

from ocms_core.court.facts import CourtNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.court.service import get_payment_status, query_notice_info, update_court_notices
from ocms_core.kernel.access import Operation
from ocms_core.kernel.changes import CourtDueDateRecorded, NoticeChanged
from ocms_core.kernel.codes import INTERNAL_ERROR, NOTICES_NOT_FOUND, SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.errors import Conflict
from ocms_core.kernel.idempotency import (
    AlreadyAnswered,
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    StoredAnswer,
)
from ocms_core.kernel.stage_moves import NextStage, StageMove
from tests.support.builders import (
    DUE,
    LATER,
    NOW,
    SINCE,
    at,
    court_facts,
    notice,
    payment,
    plus_notice,
    plus_notices,
)
from tests.support.cases import outcome
from tests.support.in_memory_stores import InMemoryCourtStores, Tables


def in_court(*notices: CourtNotice) -> Tables:
    return Tables(
        court=court_facts(*notices),
        payments={found.notice_no: payment(found.notice_no) for found in notices},
    )


@pytest.mark.rule("P10")
def test_the_payment_status_is_a_read_and_nothing_else() -> None:
    stores = InMemoryCourtStores(in_court(notice("A"), notice("B")))
    assert get_payment_status(["B", "C", "A"], stores=stores) == (payment("B"), payment("A"))
    assert stores.opened == ["reading"]
    assert stores.written == []


@pytest.mark.rule("P12", "P21")
def test_what_the_court_update_accepted_the_payment_status_echoes() -> None:
    stores = InMemoryCourtStores(in_court(notice("A")))
    update = CourtUpdate("A", suspension_type="PS", epr_reason="WWP", processing_stage="WAR")
    update_court_notices([update], stores=stores, now=NOW)
    assert get_payment_status(["A"], stores=stores) == (
        payment("A", suspension_type="PS", epr_reason="PS-WWP"),
    )


@pytest.mark.rule("P23", "P25")
def test_a_court_update_the_database_refuses_fails_alone() -> None:
    stores = InMemoryCourtStores(in_court(notice("A"), notice("B")), refuses=frozenset({"A"}))
    updates = [CourtUpdate("A", processing_stage="WAR"), CourtUpdate("B", processing_stage="WAR")]
    planned = NextStage(None, at("2025-01-28T00:00:00"))
    moved = NoticeChanged("B", move=StageMove("CPC", SINCE, "WAR", NOW), next=planned)
    assert update_court_notices(updates, stores=stores, now=NOW) == Decision(
        answers=(Answer("A", INTERNAL_ERROR), Answer("B", SUCCESS, notice("B"))), changes=(moved,)
    )
    assert stores.written == [moved]


@pytest.mark.rule("G13")
def test_a_court_update_overtaken_by_another_is_decided_again() -> None:
    overtaken = in_court(notice("A", stage="CSD", stage_date=NOW))
    stores = InMemoryCourtStores(in_court(notice("A")), overtaken=frozenset({1}), meanwhile=overtaken)
    update_court_notices([CourtUpdate("A", processing_stage="WAR")], stores=stores, now=LATER)
    planned = NextStage(None, at("2025-01-29T00:00:00"))
    assert stores.written == [NoticeChanged("A", move=StageMove("CSD", NOW, "WAR", LATER), next=planned)]


@pytest.mark.rule("G13")
def test_a_court_update_overtaken_three_times_gives_up() -> None:
    stores = InMemoryCourtStores(in_court(notice("A")), overtaken=frozenset({1, 2, 3}))
    with pytest.raises(Conflict):
        update_court_notices([CourtUpdate("A")], stores=stores, now=NOW)
    assert stores.written == []


@pytest.mark.rule("K1", "P23")
def test_the_answer_of_a_court_update_is_kept_and_its_repeat_writes_nothing() -> None:
    key = IdempotencyKey(Operation.UPDATE_COURT_NOTICES, "cas", KeyOrigin.HEADER, "k", "hash")
    answer = StoredAnswer("hash", 200, b"{}", NOW)
    call = IdempotentCall[Decision[CourtNotice]](key, lambda _: answer)
    stores = InMemoryCourtStores(in_court(notice("A")))
    update = CourtUpdate("A", processing_stage="WAR")
    update_court_notices([update], stores=stores, now=NOW, call=call)
    assert stores.answers == {key: answer}
    written = list(stores.written)
    with pytest.raises(AlreadyAnswered):
        update_court_notices([update], stores=stores, now=NOW, call=call)
    assert stores.written == written


@pytest.mark.rule("P25", "P32")
def test_a_due_date_the_database_refuses_fails_its_item_alone() -> None:
    plus = plus_notices([plus_notice("A"), plus_notice("B")])
    stores = InMemoryCourtStores(Tables(plus=plus), refuses=frozenset({"A"}))
    answered = query_notice_info(["A", "B"], stores=stores, now=NOW)
    assert outcome(answered) == (("A", INTERNAL_ERROR), ("B", SUCCESS))
    assert stores.written == [CourtDueDateRecorded("B", DUE)]


@pytest.mark.rule("P32")
def test_a_query_locks_only_to_record_and_a_repeat_writes_nothing_at_all() -> None:
    stores = InMemoryCourtStores(Tables(plus=plus_notices([plus_notice("A")])))
    first = query_notice_info(["A"], stores=stores, now=NOW)
    assert outcome(first) == (("A", SUCCESS),)
    assert stores.opened == ["reading", "writing"]
    assert stores.written == [CourtDueDateRecorded("A", DUE)]

    again = query_notice_info(["A"], stores=stores, now=NOW)
    assert outcome(again) == (("A", SUCCESS),)
    assert stores.opened == ["reading", "writing", "reading"]
    assert stores.written == [CourtDueDateRecorded("A", DUE)]


@pytest.mark.rule("P30")
def test_a_query_with_an_unknown_number_opens_no_writing_transaction() -> None:
    stores = InMemoryCourtStores(Tables(plus=plus_notices([plus_notice("A")])))
    assert query_notice_info(["A", "B"], stores=stores, now=NOW) == Refusal(NOTICES_NOT_FOUND)
    assert stores.opened == ["reading"]


@pytest.mark.rule("P32", "G13")
def test_what_a_query_records_is_decided_under_the_lock() -> None:
    moved = Tables(plus=plus_notices([plus_notice("A", payment_due_date=LATER)]))
    stores = InMemoryCourtStores(
        Tables(plus=plus_notices([plus_notice("A")])), overtaken=frozenset({1}), meanwhile=moved
    )
    query_notice_info(["A"], stores=stores, now=NOW)
    assert stores.written == [CourtDueDateRecorded("A", LATER)]

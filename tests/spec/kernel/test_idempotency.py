"""A call delivered twice happens once: what its repeat gets, and what is kept of it."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.access import Operation
from ocms_core.kernel.changes import NoticeChanged
from ocms_core.kernel.codes import INTERNAL_ERROR, INVALID_STAGE, SUCCESS
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.errors import Conflict
from ocms_core.kernel.idempotency import (
    AlreadyAnswered,
    IdempotencyKey,
    IdempotentCall,
    KeyOrigin,
    KeyReused,
    RepeatedCall,
    StillRunning,
    StoredAnswer,
    answer_store,
    check_repeat,
)
from ocms_core.kernel.unit_of_work import IsolateRow, execute
from tests.support.builders import NOW, court_facts, notice
from tests.support.cases import Case, parametrize_cases
from tests.support.in_memory_stores import InMemoryCourtStores, Tables

KEY = IdempotencyKey(Operation.FURNISH_OFFENDER, "staff:OIC", KeyOrigin.HEADER, "k", "hash")
BY_REQUEST_ID = evolve(KEY, source=KeyOrigin.REQUEST_ID)
KEPT = StoredAnswer("hash", 200, b'{"success":true}', NOW)
OTHER = evolve(KEPT, body_hash="another")
OPEN = evolve(KEPT, is_final=False)

CASES = (
    Case(rule="K1", name="a key nobody used is a new call", given=(), ask=(KEY, NOW), says=None),
    Case(
        rule="K1", name="the same call gets its answer", given=(KEPT,), ask=(KEY, NOW), says=AlreadyAnswered
    ),
    Case(
        rule="K1",
        name="a header used for another body is refused",
        given=(OTHER,),
        ask=(KEY, NOW),
        says=KeyReused,
    ),
    Case(
        rule="K1",
        name="a request id used for another body is a new call",
        given=(OTHER,),
        ask=(BY_REQUEST_ID, NOW),
        says=None,
    ),
    Case(
        rule="K1",
        name="a request id used for this body and another gets the answer of this one",
        given=(OTHER, KEPT),
        ask=(BY_REQUEST_ID, NOW),
        says=AlreadyAnswered,
    ),
    Case(
        rule="K1",
        name="an answer that may still be completed is not sent yet",
        given=(OPEN,),
        ask=(KEY, NOW + timedelta(minutes=1)),
        says=StillRunning,
    ),
    Case(
        rule="K1",
        name="an answer that was not completed within a minute is sent as it is",
        given=(OPEN,),
        ask=(KEY, NOW + timedelta(minutes=1, microseconds=1)),
        says=AlreadyAnswered,
    ),
)


@parametrize_cases(CASES)
def test_what_a_repeat_gets(case: Case[Any, Any, Any]) -> None:
    key, now = case.ask
    got: RepeatedCall | None = None
    try:
        check_repeat(key, case.given, now)
    except RepeatedCall as repeated:
        got = repeated
    assert (type(got) if got else None) is case.says
    if isinstance(got, AlreadyAnswered):
        assert got.answer.body_hash == key.body_hash


STORED = Tables(court=court_facts(notice("N1")))
ISOLATE = IsolateRow(INTERNAL_ERROR)


def decided(_facts: object, _now: datetime) -> Decision[str]:
    return Decision((Answer("N1", SUCCESS, "moved"),), (NoticeChanged("N1"),))


def call(key: IdempotencyKey = KEY, answer: StoredAnswer | None = KEPT) -> IdempotentCall[Any]:
    return IdempotentCall(key, lambda _decision: answer)


def done(stores: InMemoryCourtStores, decide: Any = decided, **named: Any) -> Any:
    return execute(stores.writing, lambda *_: None, decide, now=NOW, on_refused_row=ISOLATE, **named)


@pytest.mark.rule("K1")
def test_a_repeat_decides_and_writes_nothing() -> None:
    stores = InMemoryCourtStores(STORED)
    done(stores, call=call())
    written = list(stores.written)
    with pytest.raises(AlreadyAnswered) as repeated:
        done(stores, pytest.fail, call=call())
    assert repeated.value.answer == KEPT
    assert stores.written == written


@pytest.mark.rule("K1")
def test_a_refused_call_keeps_nothing_and_can_be_tried_again() -> None:
    stores = InMemoryCourtStores(STORED)
    refusal = Refusal(INVALID_STAGE)
    assert done(stores, lambda _facts, _now: refusal, call=call()) == refusal
    done(stores, call=call(answer=None))
    assert stores.answers == {}


@pytest.mark.rule("K1", "G13")
def test_the_answer_of_a_call_that_is_undone_is_not_kept() -> None:
    stores = InMemoryCourtStores(STORED, overtaken=frozenset({1, 2, 3}))
    with pytest.raises(Conflict):
        done(stores, call=call())
    assert stores.answers == {}


@pytest.mark.rule("K1", "P25")
def test_the_answer_kept_is_of_the_rows_the_database_took() -> None:
    stores = InMemoryCourtStores(STORED, refuses=frozenset({"N1"}))
    seen: list[Decision[str]] = []

    def answer_of(decision: Decision[str]) -> StoredAnswer:
        seen.append(decision)
        return KEPT

    decision = done(stores, call=IdempotentCall(KEY, answer_of))
    assert seen == [decision]
    assert decision.answers == (Answer("N1", INTERNAL_ERROR),)


@pytest.mark.rule("K1")
@given(deliveries=st.lists(st.sampled_from(["a", "b", "c"]), max_size=12))
def test_however_often_calls_are_delivered_each_happens_once(deliveries: list[str]) -> None:
    stores = InMemoryCourtStores(STORED)
    for name in deliveries:
        with suppress(AlreadyAnswered):
            done(stores, call=call(evolve(KEY, key=name)))
    assert len(stores.written) == len(set(deliveries))


@pytest.mark.rule("K1")
def test_a_store_that_keeps_no_answers_takes_no_call_with_a_key() -> None:
    with pytest.raises(TypeError, match="object keeps no answers"):
        answer_store(object())

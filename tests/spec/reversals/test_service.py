"""The services of reversals, start to end over a store in memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, field, mutable

from ocms_adapters.sql import schema
from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.changes import (
    AddressRemoved,
    Change,
    IdentityRemoved,
    NoticePutBack,
    OffenderHistoryKept,
    OffenderRemoved,
    StageChangeRecorded,
    SuspensionClosed,
)
from ocms_core.kernel.decisions import Answer, Decision, Refusal
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.idempotency import IdempotencyKey, IdempotentCall, KeyOrigin
from ocms_core.kernel.reference import EMPTY
from ocms_core.reversals import service
from ocms_core.reversals.facts import (
    ADDRESSES,
    DETAILS,
    NOTICES,
    OFFENDERS,
    STAGE_CHANGES,
    SUSPENSIONS,
    IdentityReversalFacts,
    ReversalFacts,
    ReversibleNotice,
)
from ocms_core.reversals.reversing import OFFENDER_REVERSAL, STAGE_REVERSAL
from tests.spec.reversals.test_identity_reversing import APPLIED, IDENTITY
from tests.spec.reversals.test_identity_reversing import FACTS as IDENTITY_FACTS
from tests.spec.reversals.test_reversing import (
    FURNISHED,
    FURNISHED_ROWS,
    MOVED_NOTICE,
    SUBMITTED,
    N,
)
from tests.support.builders import NOW

OFFICER = "OIC002"
SOON = NOW + timedelta(minutes=1)
FACTS = ReversalFacts(EMPTY, {N: MOVED_NOTICE})


@mutable
class MemoryStore:
    """Notices and an identity that can be put back; with `refuses` the database refuses their rows."""

    notices: ReversalFacts = FACTS
    identity: IdentityReversalFacts = IDENTITY_FACTS
    refuses: bool = False
    written: list[Change] = field(factory=list)
    loaded_for: list[tuple[object, datetime]] = field(factory=list)
    with_list: list[bool] = field(factory=list)

    @contextmanager
    def writing(self) -> Iterator["MemoryStore"]:
        yield self

    @contextmanager
    def reading(self) -> Iterator["MemoryStore"]:
        yield self

    def reversal_facts(self, notice_nos: Sequence[str], now: datetime, *, with_list: bool) -> ReversalFacts:
        self.with_list.append(with_list)
        self.loaded_for.append((tuple(notice_nos), now))
        return self.notices

    def identity_reversal_facts(self, id_no: str, now: datetime) -> IdentityReversalFacts:
        self.loaded_for.append((id_no, now))
        return self.identity

    def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
        del now
        if self.refuses and not isolate:
            raise RowRejected("refused")
        if self.refuses:
            return frozenset({N})
        self.written.extend(changes)
        return frozenset()


@pytest.mark.rule("K4", "G13")
def test_notices_are_put_back_by_the_officer_who_asks_at_the_moment_of_the_call() -> None:
    store = MemoryStore()
    decision = service.reverse([N], STAGE_REVERSAL, OFFICER, stores=store, now=NOW)
    assert (store.loaded_for, store.with_list) == ([((N,), NOW)], [False])
    assert [answer.code for answer in decision.answers] == [codes.CPS_SUCCESS]
    _, recorded = store.written
    assert isinstance(recorded, StageChangeRecorded)
    assert (recorded.record.officer, recorded.record.date_of_change) == (OFFICER, NOW)
    assert decision.decided_at == NOW


@pytest.mark.rule("K4", "G13")
def test_a_notice_whose_row_the_database_refuses_is_answered_so() -> None:
    store = MemoryStore(refuses=True)
    decision = service.reverse([N], STAGE_REVERSAL, OFFICER, stores=store, now=NOW)
    assert decision.answers == (Answer(N, codes.CPS_UNEXPECTED),)
    assert (decision.changes, store.written) == ((), [])


@pytest.mark.rule("K4", "G13")
def test_an_offender_whose_row_the_database_refuses_is_answered_in_the_words_of_that_contract() -> None:
    furnished = ReversibleNotice(N, FURNISHED_ROWS, (FURNISHED,))
    store = MemoryStore(ReversalFacts(EMPTY, {N: furnished}), refuses=True)
    decision = service.reverse([N], OFFENDER_REVERSAL, OFFICER, stores=store, now=NOW)
    assert decision.answers == (Answer(N, codes.DB_UPDATE),)
    assert set(store.with_list) == {True}


@pytest.mark.rule("K4")
def test_a_reversal_knows_the_tables_of_the_schema() -> None:
    tables = {NOTICES, OFFENDERS, ADDRESSES, DETAILS, SUSPENSIONS, STAGE_CHANGES}
    assert tables < schema.INTRANET.tables.keys()


@pytest.mark.rule("K4", "G13")
def test_an_identity_is_put_back_by_the_officer_who_asks_at_the_moment_of_the_call() -> None:
    store = MemoryStore()
    decision = service.reverse_hst(IDENTITY, OFFICER, stores=store, now=NOW)
    assert isinstance(decision, Decision)
    assert store.loaded_for == [(IDENTITY, NOW)]
    assert decision.decided_at == NOW
    assert [answer.key for answer in decision.answers] == ["A", "B"]
    *_, closed, removed, _ = store.written
    assert isinstance(closed, SuspensionClosed)
    assert (closed.officer, closed.at) == (OFFICER, NOW)
    assert removed == IdentityRemoved(IDENTITY)


@pytest.mark.rule("K4", "G13")
def test_a_list_whose_row_the_database_refuses_is_left_with_all_its_notices() -> None:
    store = MemoryStore(refuses=True)
    refusal = service.reverse_hst(IDENTITY, OFFICER, stores=store, now=NOW)
    assert refusal == Refusal(codes.HST_NOT_REVERSED)
    assert store.written == []


CALLS: dict[str, Callable[..., Any]] = {
    "notices": lambda store, **given: service.reverse(
        [N], STAGE_REVERSAL, OFFICER, stores=store, now=NOW, **given
    ),
    "identity": lambda store, **given: service.reverse_hst(IDENTITY, OFFICER, stores=store, now=NOW, **given),
}


@pytest.mark.rule("G20", "K4")
@pytest.mark.parametrize("name", CALLS)
def test_a_reversal_is_decided_after_what_it_takes_back(name: str) -> None:
    moved = evolve(MOVED_NOTICE, groups=(evolve(SUBMITTED, changed_at=SOON),))
    applied = evolve(APPLIED, changed_at=SOON)
    store = MemoryStore(
        notices=ReversalFacts(EMPTY, {N: moved}), identity=evolve(IDENTITY_FACTS, groups=(applied,))
    )
    decision = CALLS[name](store)
    assert decision.decided_at > SOON


@pytest.mark.rule("K1", "K4")
@pytest.mark.parametrize("name", CALLS)
def test_a_reversal_with_a_key_needs_a_store_that_keeps_answers(name: str) -> None:
    key = IdempotencyKey(Operation.REVERSE_STAGES, "staff:OIC.TAN", KeyOrigin.HEADER, "k", "hash")
    store = MemoryStore()
    with pytest.raises(TypeError, match="MemoryStore keeps no answers, so it takes no call with a key"):
        CALLS[name](store, call=IdempotentCall[Any](key, lambda _: None))
    assert store.written == []


@pytest.mark.rule("K4", "G12")
def test_the_internet_side_shows_the_notices_with_a_row_that_it_has_otherwise() -> None:
    furnished = ReversibleNotice(N, FURNISHED_ROWS, (FURNISHED,))
    store = MemoryStore(notices=ReversalFacts(EMPTY, {N: furnished}))
    decision = service.reverse([N], OFFENDER_REVERSAL, OFFICER, stores=store, now=NOW)
    assert service.shown_notices(decision) == {N}
    assert service.shown_notices(Decision((), (OffenderRemoved("B", "H"),))) == {"B"}
    kinds = [type(each) for each in decision.changes]
    assert {NoticePutBack, AddressRemoved, OffenderHistoryKept} < set(kinds)
    alone = tuple(each for each in decision.changes if isinstance(each, AddressRemoved))
    assert service.shown_notices(Decision((), alone)) == frozenset()

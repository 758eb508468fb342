"""The HST services with the key of a call."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from ocms_core.hst import service
from ocms_core.hst.facts import IdentityFacts
from ocms_core.hst.request_checks import HstRevival, HstUpdate
from ocms_core.kernel.access import Operation
from ocms_core.kernel.changes import Change
from ocms_core.kernel.codes import HST_NOT_CREATED, HST_NOT_REVIVED, HST_NOT_UPDATED, Code
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.errors import RowRejected
from ocms_core.kernel.idempotency import IdempotencyKey, IdempotentCall, KeyOrigin
from tests.support.hst_facts import (
    ADDRESS,
    APPLICATION,
    IDENTITY,
    LISTED,
    NOW,
    OFFICER,
    facts,
    record,
    suspended,
)
from tests.support.in_memory_hst import InMemoryHstStores

KEY = IdempotencyKey(Operation.APPLY_HST, "staff:OIC.TAN", KeyOrigin.HEADER, "k", "hash")
CALL = IdempotentCall[Decision[str]](KEY, lambda _: None)

CALLS: dict[str, Callable[[Any, Any], object]] = {
    "apply": lambda stores, call: service.apply(
        APPLICATION, officer=OFFICER, stores=stores, now=NOW, call=call
    ),
    "update": lambda stores, call: service.update(
        HstUpdate(IDENTITY, "John Tan", ADDRESS), stores=stores, now=NOW, call=call
    ),
    "revive": lambda stores, call: service.revive(
        HstRevival(IDENTITY, "moved"), officer=OFFICER, stores=stores, now=NOW, call=call
    ),
}


@pytest.mark.rule("G20")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_decided_after_the_suspensions_of_the_notices(name: str) -> None:
    soon = NOW + timedelta(minutes=1)
    found = suspended("A", record(since=soon))

    class Stores(InMemoryHstStores):
        def identity_facts(self, id_nos: Sequence[str]) -> IdentityFacts:
            del id_nos
            return facts(found, listed=[] if name == "apply" else [LISTED])

    verdict = CALLS[name](Stores(), None)
    assert isinstance(verdict, Decision)
    assert verdict.decided_at is not None
    assert verdict.decided_at > soon


@pytest.mark.rule("G13", "H3", "H6", "H7")
@pytest.mark.parametrize(
    "name, code",
    [("apply", HST_NOT_CREATED), ("update", HST_NOT_UPDATED), ("revive", HST_NOT_REVIVED)],
)
def test_a_call_is_refused_as_a_whole_when_the_database_refuses_a_row(name: str, code: Code) -> None:
    class Stores(InMemoryHstStores):
        def identity_facts(self, id_nos: Sequence[str]) -> IdentityFacts:
            del id_nos
            return facts(suspended("A", record()), listed=[] if name == "apply" else [LISTED])

        def record(self, changes: Sequence[Change], now: datetime, *, isolate: bool) -> frozenset[str]:
            del changes, now, isolate
            raise RowRejected("refused")

    assert CALLS[name](Stores(), None) == Refusal(code)


@pytest.mark.rule("K1")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_with_a_key_needs_a_store_that_keeps_answers(name: str) -> None:
    stores = InMemoryHstStores(new={IDENTITY: ()})
    with pytest.raises(TypeError, match="InMemoryHstStores keeps no answers, so it takes no call with a key"):
        CALLS[name](stores, CALL)
    assert stores.written == []

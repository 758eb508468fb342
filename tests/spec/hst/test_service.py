"""The HST services with the key of a call."""

from collections.abc import Callable
from typing import Any

import pytest

from ocms_core.hst import service
from ocms_core.hst.request_checks import HstRevival, HstUpdate
from ocms_core.kernel.access import Operation
from ocms_core.kernel.decisions import Decision
from ocms_core.kernel.idempotency import IdempotencyKey, IdempotentCall, KeyOrigin
from tests.support.hst_facts import ADDRESS, APPLICATION, IDENTITY, NOW, OFFICER
from tests.support.in_memory_hst import InMemoryHstStores

KEY = IdempotencyKey(Operation.APPLY_HST, "staff:OIC.TAN", KeyOrigin.HEADER, "k", "hash")
CALL = IdempotentCall[Decision[str]](KEY, lambda _: None)

CALLS: dict[str, Callable[[Any], object]] = {
    "apply": lambda stores: service.apply(APPLICATION, officer=OFFICER, stores=stores, now=NOW, call=CALL),
    "update": lambda stores: service.update(
        HstUpdate(IDENTITY, "John Tan", ADDRESS), stores=stores, now=NOW, call=CALL
    ),
    "revive": lambda stores: service.revive(
        HstRevival(IDENTITY, "moved"), officer=OFFICER, stores=stores, now=NOW, call=CALL
    ),
}


@pytest.mark.rule("K1")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_with_a_key_needs_a_store_that_keeps_answers(name: str) -> None:
    stores = InMemoryHstStores(new={IDENTITY: ()})
    with pytest.raises(TypeError, match="InMemoryHstStores keeps no answers, so it takes no call with a key"):
        CALLS[name](stores)
    assert stores.written == []

"""A call that is only tried, on stores in memory (K6)."""

import pytest

from ocms_core.court import service
from ocms_core.court.facts import CourtNotice
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.changes import by_notice
from ocms_core.kernel.codes import INTERNAL_ERROR, SUCCESS
from ocms_core.kernel.decisions import Decision, Refusal
from ocms_core.kernel.dry_runs import DryRunDelivery, DryRunStores
from ocms_core.kernel.errors import Conflict
from tests.support.builders import NOW, at, court_facts, notice
from tests.support.in_memory_stores import InMemoryCourtStores, Tables

UPDATES = (CourtUpdate("N1", processing_stage="CSD"), CourtUpdate("N2", processing_stage="CSD"))


def stored(stage: str = "CPC") -> Tables:
    return Tables(court_facts(notice("N1", stage=stage), notice("N2", stage=stage)))


def update(stores: InMemoryCourtStores | DryRunStores) -> Decision[CourtNotice] | Refusal:  # type: ignore[type-arg]  # of whatever stores
    return service.update_court_notices(UPDATES, stores=stores, now=NOW)


@pytest.mark.rule("K6")
def test_a_dry_run_decides_as_the_call_would_and_leaves_nothing() -> None:
    stores = InMemoryCourtStores(stored())
    tried = update(DryRunStores(stores))
    assert (stores.written, stores.tables) == ([], stored())
    assert tried == update(stores)
    assert isinstance(tried, Decision)
    assert [answer.code for answer in tried.answers] == [SUCCESS, SUCCESS]
    assert stores.written == list(by_notice(tried.changes))


@pytest.mark.rule("K6", "P25")
def test_a_row_the_database_refuses_is_refused_in_a_dry_run() -> None:
    stores = InMemoryCourtStores(stored(), refuses=frozenset({"N2"}))
    tried = update(DryRunStores(stores))
    assert isinstance(tried, Decision)
    assert [answer.code for answer in tried.answers] == [SUCCESS, INTERNAL_ERROR]
    assert stores.written == []
    assert tried == update(stores)


@pytest.mark.rule("K6", "G13")
def test_a_dry_run_that_is_overtaken_decides_anew() -> None:
    stores = InMemoryCourtStores(stored(), overtaken=frozenset({1}), meanwhile=stored("CSD"))
    tried = update(DryRunStores(stores))
    assert stores.opened == ["writing", "writing"]
    assert stores.written == []
    assert tried == update(InMemoryCourtStores(stored("CSD")))
    always = InMemoryCourtStores(stored(), overtaken=frozenset({1, 2, 3}))
    with pytest.raises(Conflict):
        update(DryRunStores(always))


@pytest.mark.rule("K6")
def test_a_dry_run_reads_what_there_is() -> None:
    stores = InMemoryCourtStores(stored())
    with DryRunStores(stores).reading() as reader:
        assert set(reader.court_notices(["N1", "N3"])) == {"N1"}
    assert stores.opened == ["reading"]


@pytest.mark.rule("K6", "F60")
def test_there_is_nothing_to_deliver_of_a_dry_run() -> None:
    assert DryRunDelivery().try_now(["N1"], at("2025-01-14T10:30:00"))

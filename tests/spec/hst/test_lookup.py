"""What is shown of an identity that is looked up, and of the list."""

from contextlib import nullcontext
from datetime import date
from typing import cast

import pytest
from attrs import evolve

from ocms_core.hst import service
from ocms_core.hst.facts import KnownOffender, ListedRow
from ocms_core.hst.listing import HstListPage, identities, period
from ocms_core.hst.lookup import floor_unit, lookup_result
from ocms_core.hst.ports import HstStores
from ocms_core.hst.request_checks import HstListQuery
from ocms_core.kernel.addresses import RegisteredAddress
from tests.support.builders import at
from tests.support.hst_facts import ADDRESS, IDENTITY, LISTED


@pytest.mark.rule("H2")
def test_of_a_listed_identity_nothing_is_shown_but_that_it_is_listed() -> None:
    known = KnownOffender(listed=False, name="John Tan", address=ADDRESS)
    assert lookup_result(known) == known
    assert lookup_result(evolve(known, listed=True)) == KnownOffender(listed=True)


@pytest.mark.rule("H2")
def test_an_enquiry_is_about_its_identity() -> None:
    known = KnownOffender(listed=False, name="John Tan", address=ADDRESS)

    class KnownOffenders:
        def known_offender(self, id_no: str) -> KnownOffender:
            return known if id_no == IDENTITY else KnownOffender(listed=False)

    class Stores:
        def reading(self) -> nullcontext[KnownOffenders]:
            return nullcontext(KnownOffenders())

    assert service.find(IDENTITY, stores=cast("HstStores", Stores())) == known


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    "floor, unit, shown",
    [("01", "02", "#01-02"), ("", "02", "#02"), ("01", "", "#01"), ("", "", None)],
)
def test_floor_and_unit_are_shown_as_one(floor: str, unit: str, shown: str | None) -> None:
    assert floor_unit(RegisteredAddress(floor_no=floor, unit_no=unit)) == shown


@pytest.mark.rule("H8")
def test_a_filter_runs_from_midnight_to_midnight_of_singapore() -> None:
    query = HstListQuery(since=date(2025, 1, 1), before=date(2025, 1, 8))
    assert period(query) == (at("2025-01-01T00:00:00"), at("2025-01-08T00:00:00"))
    assert period(HstListQuery()) == (None, None)
    assert period(HstListQuery(before=date(2025, 1, 8))) == (None, at("2025-01-08T00:00:00"))


@pytest.mark.rule("H8")
def test_a_page_is_what_the_list_has_for_its_query() -> None:
    query, row = HstListQuery(id_no=IDENTITY), ListedRow(LISTED, 0, None)

    class Listing:
        def listing(self, given: HstListQuery) -> tuple[int, tuple[ListedRow, ...]]:
            return (1, (row,)) if given == query else (0, ())

    class Stores:
        def reading(self) -> nullcontext[Listing]:
            return nullcontext(Listing())

    assert service.show_list(query, stores=cast("HstStores", Stores())) == HstListPage(query, 1, (row,))


@pytest.mark.rule("H8")
def test_a_page_names_whom_it_was_asked_for_and_whom_it_shows() -> None:
    rows = tuple(ListedRow(evolve(LISTED, id_no=id_no), 0, None) for id_no in ("A", "B"))
    assert identities(HstListPage(HstListQuery(), 2, rows)) == ("A", "B")
    assert identities(HstListPage(HstListQuery(id_no="X"), 0, ())) == ("X",)

"""What the address checks of a month brought, identity by identity."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from ocms_core.hst.facts import CheckedIdentity
from ocms_core.hst.outcomes import CheckOutcome, MonthOfChecks, last_months, outcome_of
from ocms_core.hst.service import checked_in, count_outcomes, show_identity
from ocms_core.kernel.addresses import RegisteredAddress
from tests.support.builders import at
from tests.support.cases import Case, parametrize_cases
from tests.support.hst_facts import ADDRESS, IDENTITY, LISTED, NEW_ADDRESS, NOW, SINCE, answer
from tests.support.in_memory_hst import InMemoryHstStores

FOUND = CheckedIdentity(answer(), LISTED)
SAME = CheckedIdentity(answer(address=ADDRESS), LISTED)
BEFORE_LISTING = CheckedIdentity(answer(answered_at=SINCE - timedelta(seconds=1)), LISTED)

OUTCOMES: tuple[Case[CheckedIdentity, None, CheckOutcome], ...] = (
    Case(rule="H37", name="another address", given=FOUND, says=CheckOutcome.NEW_ADDRESS),
    Case(rule="H37", name="the address of the list", given=SAME, says=CheckOutcome.LISTED_ADDRESS),
    Case(
        rule="H37",
        name="another address, which an officer has entered since",
        given=CheckedIdentity(
            answer(), evolve(LISTED, address=NEW_ADDRESS, address_changed_at=NOW + timedelta(days=1))
        ),
        says=CheckOutcome.NEW_ADDRESS,
    ),
    Case(
        rule="H37",
        name="the address of the list, entered at the moment of the answer and not after it",
        given=CheckedIdentity(answer(), evolve(LISTED, address=NEW_ADDRESS, address_changed_at=NOW)),
        says=CheckOutcome.LISTED_ADDRESS,
    ),
    Case(
        rule="H37",
        name="a tagged address",
        given=CheckedIdentity(answer(invalid_addr_tag="D"), LISTED),
        says=CheckOutcome.INVALID_ADDRESS,
    ),
    Case(
        rule="H37",
        name="the street NA",
        given=CheckedIdentity(answer(address=evolve(NEW_ADDRESS, street_name="NA")), LISTED),
        says=CheckOutcome.INVALID_ADDRESS,
    ),
    Case(
        rule="H37",
        name="a tag without an address",
        given=CheckedIdentity(answer(address=RegisteredAddress(), invalid_addr_tag="N"), LISTED),
        says=CheckOutcome.INVALID_ADDRESS,
    ),
    Case(
        rule="H37",
        name="a tag that an earlier listing got",
        given=CheckedIdentity(evolve(BEFORE_LISTING.answer, invalid_addr_tag="N"), LISTED),
        says=CheckOutcome.NO_ADDRESS,
    ),
    Case(
        rule="H37",
        name="no address",
        given=CheckedIdentity(answer(address=RegisteredAddress()), LISTED),
        says=CheckOutcome.NO_ADDRESS,
    ),
    Case(
        rule="H37",
        name="an answer to an earlier listing",
        given=BEFORE_LISTING,
        says=CheckOutcome.NO_ADDRESS,
    ),
    Case(
        rule="H37",
        name="an identity that is listed no longer",
        given=CheckedIdentity(answer(invalid_addr_tag="N"), None),
        says=CheckOutcome.REVIVED,
    ),
)


@parametrize_cases(OUTCOMES)
def test_outcomes(case: Case[CheckedIdentity, None, CheckOutcome]) -> None:
    assert outcome_of(case.given) is case.says


@pytest.mark.rule("H37")
def test_months_are_counted_back_over_the_turn_of_the_year() -> None:
    assert last_months(date(2025, 1, 31), 3) == (date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1))
    assert last_months(date(2025, 1, 1), 1) == (date(2025, 1, 1),)


@pytest.mark.rule("H37")
def test_the_outcomes_of_months_are_the_lengths_of_their_lists() -> None:
    held = InMemoryHstStores(
        checked={at("2024-12-01T00:00:00"): [FOUND, SAME, FOUND], at("2025-01-01T00:00:00"): [SAME]}
    )
    months = count_outcomes(months=3, stores=held.stores, now=NOW)
    assert months == (
        MonthOfChecks(date(2024, 11, 1), (0, 0, 0, 0, 0)),
        MonthOfChecks(date(2024, 12, 1), (2, 1, 0, 0, 0)),
        MonthOfChecks(date(2025, 1, 1), (0, 1, 0, 0, 0)),
    )
    for each in months:
        lists = [checked_in(each.month, outcome, stores=held.stores) for outcome in CheckOutcome]
        assert tuple(map(len, lists)) == each.identities
        assert sum(each.identities) == len(checked_in(each.month, None, stores=held.stores))


@pytest.mark.rule("H37")
def test_an_identity_is_shown_with_what_was_said_of_it_last() -> None:
    held = InMemoryHstStores(checked={at("2024-12-01T00:00:00"): [SAME], NOW: [FOUND]})
    assert show_identity(IDENTITY, stores=held.stores) == (LISTED, answer())
    assert show_identity("S7654321B", stores=held.stores) == (None, None)

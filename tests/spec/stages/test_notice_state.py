"""How a notice stands, in sentences."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from ocms_core.kernel.suspensions import OpenSuspension, SuspensionReason, Suspensions
from ocms_core.stages.facts import FoundNotice, StageNotice
from ocms_core.stages.notice_state import NoticeDetails, state_sentences
from ocms_core.stages.service import details_of, list_notices
from tests.support.builders import NOW
from tests.support.in_memory_stages import InMemoryStageStores

DAY = timedelta(days=1)
NOTICE = StageNotice("A1", "RD1", NOW, "RD2", Decimal("70.00"), role="O")
DETAILS = NoticeDetails(NOTICE, "D", NOW - 90 * DAY, "SBA1234A", next_at=NOW, amount_payable=Decimal("80.00"))
DETAILS = evolve(DETAILS, payment_due=NOW)
TODAY = f"{NOW.day} {NOW:%b %Y}"


@pytest.mark.rule("S18", "U3")
def test_a_notice_that_stands_as_planned() -> None:
    assert state_sentences(DETAILS, NOW) == (
        f"First reminder to the owner (RD1) since {TODAY}.",
        f"Second reminder to the owner (RD2) is planned for {TODAY}.",
        f"$80.00 is payable until {TODAY}.",
        "Not suspended.",
    )


@pytest.mark.parametrize(
    "changed, sentence",
    [
        ({"next_at": NOW - DAY}, f"Second reminder to the owner (RD2) was planned for {TODAY}."),
        ({"next_at": None}, "No further stage is planned."),
        ({"notice": evolve(NOTICE, next_stage=None)}, "No further stage is planned."),
        ({"notice": evolve(NOTICE, stage="WAR")}, f"Court (WAR) since {TODAY}."),
        (
            {"notice": evolve(NOTICE, role="H")},
            f"First reminder to the hirer (RD1) since {TODAY}.",
        ),
        (
            {"notice": evolve(NOTICE, stage="DN1", role="D")},
            f"First notice to the driver (DN1) since {TODAY}.",
        ),
        (
            {"notice": evolve(NOTICE, role="D")},
            f"First reminder to the owner, hirer or director (RD1) since {TODAY}.",
        ),
        (
            {"notice": evolve(NOTICE, role=None)},
            f"First reminder to the owner, hirer or director (RD1) since {TODAY}.",
        ),
        ({"notice": evolve(NOTICE, stage="XXX")}, f"XXX (XXX) since {TODAY}."),
        ({"payment_due": NOW - DAY}, f"$80.00 was payable until {TODAY}."),
        ({"payment_due": None}, "$80.00 is payable."),
        ({"payment_refused": True}, "$80.00 is owed, but no payment is accepted at the moment."),
        ({"amount_payable": None}, "Nothing is payable at the moment."),
        ({"amount_payable": Decimal(0)}, "Nothing is payable at the moment."),
        ({"notice": evolve(NOTICE, paid=True), "amount_paid": Decimal("80.00")}, "Paid: $80.00."),
        ({"notice": evolve(NOTICE, paid=True)}, "Paid."),
    ],
)
def test_what_differs_is_said(changed: dict[str, object], sentence: str) -> None:
    details = evolve(DETAILS, **changed)  # type: ignore[arg-type]  # fields of several types
    yesterday = f"{(NOW - DAY).day} {NOW - DAY:%b %Y}"
    said = state_sentences(details, NOW)
    assert sentence in said or sentence.replace(TODAY, yesterday) in said


@pytest.mark.rule("U3")
@pytest.mark.parametrize(
    "reason, due, sentence",
    [
        (SuspensionReason("TS", "HST"), NOW, f"Suspended temporarily (TS-HST) since {TODAY}, until {TODAY}."),
        (SuspensionReason("PS", "WWP"), None, f"Suspended permanently (PS-WWP) since {TODAY}."),
    ],
)
def test_a_suspension_is_said_with_its_time(reason: SuspensionReason, due: object, sentence: str) -> None:
    record = OpenSuspension(reason, NOW, 1, due)  # type: ignore[arg-type]  # a moment or None
    suspended = evolve(NOTICE, suspensions=Suspensions(open_records=(record,)))
    assert state_sentences(evolve(DETAILS, notice=suspended), NOW)[-1] == sentence


def test_a_payment_without_a_record_suspends_without_a_reason() -> None:
    paid = evolve(NOTICE, suspensions=Suspensions(crs_reason="FP"))
    assert state_sentences(evolve(DETAILS, notice=paid), NOW)[-1] == "Suspended permanently (PS)."


def test_details_are_those_of_the_notices_that_are_there() -> None:
    stores = InMemoryStageStores(shown={"A1": DETAILS})
    assert details_of(["A1", "X9"], stores=stores) == {"A1": DETAILS}


@pytest.mark.rule("S2", "S4")
def test_a_list_of_numbers_is_shown_as_a_search_is(found_notices: InMemoryStageStores) -> None:
    result = list_notices(["B1", "A1", "X9"], stores=found_notices)
    assert [row.notice.notice_no for row in result.listed] == ["A1", "B1"]
    assert [row.against is None for row in result.listed] == [True, False]
    assert result.total == 2


@pytest.fixture
def found_notices() -> InMemoryStageStores:
    """Return stores with a notice that may be moved, one that may not, and one nobody asks for."""
    rows = [
        FoundNotice(number, "D", NOW, "SBA1234A", stage, NOW)
        for number, stage in (("B1", "WAR"), ("A1", "RD1"), ("C1", "RD1"))
    ]
    return InMemoryStageStores(found=rows)

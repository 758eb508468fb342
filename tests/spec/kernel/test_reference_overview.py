"""What an operator reads of the reference data: the values of a day, and days to look at again."""

from datetime import date

import pytest

from ocms_core.kernel.dated_values import DatedValue, ReasonTerms
from ocms_core.kernel.reference import Reference
from ocms_core.kernel.reference_overview import HeldValue, held_values, validity_warnings
from ocms_core.kernel.suspensions import SuspensionReason
from tests.support.builders import HST, WWP, with_dated
from tests.support.cases import Case, parametrize_cases

FEE = ("SURCHARGE", "AMOUNT")
NEW_YEAR, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
JANUARY_31, FEBRUARY_28 = date(2026, 1, 31), date(2026, 2, 28)
NEW = SuspensionReason("TS", "NEW")
ALWAYS = Reference(
    stage_map=frozenset({("RD1", "RD2"), ("RD1", "ROV"), ("ROV", "RD1")}),
    parameters={FEE: "40.00"},
    days_of_suspension={HST: 30},
    suspension_reasons=frozenset({HST, WWP}),
)
EMPTY = Reference(frozenset(), {}, {})


@pytest.mark.rule("G18")
def test_the_values_of_a_day_are_listed_with_their_first_and_last_day() -> None:
    reference = with_dated(
        ALWAYS,
        parameters=(DatedValue(FEE, "45.00", FEBRUARY), DatedValue(("BATCH_CAP", "TOPPAN"), "7", MARCH)),
        moves=(
            DatedValue(("RD1", "RD2"), False, FEBRUARY, FEBRUARY_28),
            DatedValue(("RD1", "CFC"), True, FEBRUARY),
        ),
        reasons=(
            DatedValue(HST, ReasonTerms(in_use=True, days=45), FEBRUARY),
            DatedValue(WWP, ReasonTerms(in_use=False, days=None), FEBRUARY),
            DatedValue(NEW, ReasonTerms(in_use=True, days=7), MARCH),
        ),
    )
    assert list(held_values(reference, FEBRUARY)) == [
        HeldValue("BATCH_CAP TOPPAN", "none", None, FEBRUARY_28),
        HeldValue("SURCHARGE AMOUNT", "45.00", FEBRUARY, None),
        HeldValue("moves from RD1", "CFC, ROV"),
        HeldValue("moves from ROV", "RD1"),
        HeldValue("RD1 to CFC", "allowed", FEBRUARY, None),
        HeldValue("RD1 to RD2", "not allowed", FEBRUARY, FEBRUARY_28),
        HeldValue("PS-WWP", "not in use", FEBRUARY, None),
        HeldValue("TS-HST", "45 days", FEBRUARY, None),
        HeldValue("TS-NEW", "not in use", None, FEBRUARY_28),
    ]
    before = {each.name: each for each in held_values(reference, JANUARY_31)}
    assert before["SURCHARGE AMOUNT"] == HeldValue("SURCHARGE AMOUNT", "40.00", None, JANUARY_31)
    assert before["PS-WWP"] == HeldValue("PS-WWP", "no end", None, JANUARY_31)


Fees = tuple[DatedValue[tuple[str, str], str], ...]

# What is warned of in January 2026.
WARNINGS: tuple[Case[Fees, None, list[str]], ...] = (
    Case(
        rule="G18",
        name="a fee that follows on another is nothing to warn of",
        given=(DatedValue(FEE, "40.00", NEW_YEAR), DatedValue(FEE, "45.00", FEBRUARY)),
        says=[],
    ),
    Case(
        rule="G18",
        name="days between two fees have none",
        given=(DatedValue(FEE, "40.00", NEW_YEAR, JANUARY_31), DatedValue(FEE, "45.00", MARCH)),
        says=["SURCHARGE AMOUNT has no value from 2026-02-01 to 2026-02-28"],
    ),
    Case(
        rule="G18",
        name="days after the last fee have none",
        given=(DatedValue(FEE, "40.00", NEW_YEAR, FEBRUARY_28),),
        says=["SURCHARGE AMOUNT has no value from 2026-03-01 on"],
    ),
    Case(
        rule="G18",
        name="days before the first fee have none",
        given=(DatedValue(FEE, "40.00", MARCH),),
        says=["SURCHARGE AMOUNT has no value to 2026-02-28"],
    ),
    Case(
        rule="G18",
        name="nor have days after the first fee of all",
        given=(DatedValue(FEE, "40.00", date.min, FEBRUARY_28),),
        says=["SURCHARGE AMOUNT has no value from 2026-03-01 on"],
    ),
    Case(
        rule="G18",
        name="a fee until the end of the calendar leaves none without",
        given=(DatedValue(FEE, "40.00", NEW_YEAR, date.max),),
        says=[],
    ),
    Case(
        rule="G18",
        name="a gap that is over is history",
        given=(
            DatedValue(FEE, "40.00", date(2025, 1, 1), date(2025, 6, 30)),
            DatedValue(FEE, "45.00", NEW_YEAR),
        ),
        says=[],
    ),
    Case(
        rule="G18",
        name="a fee that another takes the place of before its own last day",
        given=(DatedValue(FEE, "40.00", NEW_YEAR, FEBRUARY_28), DatedValue(FEE, "45.00", FEBRUARY)),
        says=["SURCHARGE AMOUNT from 2026-02-01 comes before the end of the one to 2026-02-28"],
    ),
)


@parametrize_cases(WARNINGS)
def test_what_is_warned_of_in_january(
    case: Case[Fees, None, list[str]],
) -> None:
    assert list(validity_warnings(with_dated(EMPTY, parameters=case.given), date(2026, 1, 15))) == case.says


@pytest.mark.rule("G18")
def test_a_value_that_always_holds_leaves_no_day_without() -> None:
    dated = with_dated(ALWAYS, parameters=(DatedValue(FEE, "45.00", FEBRUARY, FEBRUARY_28),))
    assert list(validity_warnings(dated, NEW_YEAR)) == []


@pytest.mark.rule("G18")
def test_moves_and_reasons_with_two_values_for_one_day_are_named_too() -> None:
    move, terms = ("RD1", "RD2"), ReasonTerms(in_use=True, days=45)
    dated = with_dated(
        ALWAYS,
        moves=(DatedValue(move, True, NEW_YEAR, FEBRUARY), DatedValue(move, False, FEBRUARY)),
        reasons=tuple(
            DatedValue(reason, terms, *days)
            for reason in (HST, WWP)
            for days in ((NEW_YEAR, FEBRUARY), (FEBRUARY,))
        ),
    )
    warned = list(validity_warnings(dated, NEW_YEAR))
    assert [each.split(" from ")[0] for each in warned] == ["RD1 to RD2", "PS-WWP", "TS-HST"]

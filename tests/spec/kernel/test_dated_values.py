"""Reference data that holds from a day on: which value a day has, since when, and until when."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.dated_values import NONE_DATED, DatedValue, ReasonTerms, Span, spans, values_on
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.reference import Reference, facts_on
from ocms_core.kernel.suspensions import SuspensionReason
from tests.support.builders import HST, WWP, court_facts, reference, with_dated
from tests.support.cases import Case, parametrize_cases
from tests.support.stage_builders import DEFAULTS

FEE = ("SURCHARGE", "AMOUNT")
NEW_YEAR, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
JANUARY_31 = date(2026, 1, 31)
PRI = SuspensionReason("TS", "PRI")


def fee(amount: str, first_day: date, last_day: date | None = None) -> DatedValue[tuple[str, str], str]:
    """Build a dated surcharge."""
    return DatedValue(FEE, amount, first_day, last_day)


Fees = tuple[DatedValue[tuple[str, str], str], ...]
FROM_FEBRUARY = (fee("45.00", FEBRUARY),)
EXCEPTION = (fee("45.00", NEW_YEAR), fee("20.00", FEBRUARY, date(2026, 2, 28)))

# The surcharge on a day; it is 40.00 always, but for its dated values.
CASES = (
    Case(
        rule="G18",
        name="the last day before a new fee has the old one",
        given=FROM_FEBRUARY,
        ask=JANUARY_31,
        says="40.00",
    ),
    Case(
        rule="G18",
        name="the first day of a new fee has it",
        given=FROM_FEBRUARY,
        ask=FEBRUARY,
        says="45.00",
    ),
    Case(
        rule="G18",
        name="a fee without a last day holds for good",
        given=FROM_FEBRUARY,
        ask=date.max,
        says="45.00",
    ),
    Case(
        rule="G18",
        name="a fee without a last day holds until the next begins",
        given=(fee("45.00", NEW_YEAR), fee("50.00", FEBRUARY)),
        ask=FEBRUARY,
        says="50.00",
    ),
    Case(
        rule="G18",
        name="the last day of a fee has it",
        given=(fee("45.00", NEW_YEAR, JANUARY_31),),
        ask=JANUARY_31,
        says="45.00",
    ),
    Case(
        rule="G18",
        name="after its last day the fee that always holds is back",
        given=(fee("45.00", NEW_YEAR, JANUARY_31),),
        ask=FEBRUARY,
        says="40.00",
    ),
    Case(
        rule="G18",
        name="an exception holds on its days",
        given=EXCEPTION,
        ask=date(2026, 2, 28),
        says="20.00",
    ),
    Case(
        rule="G18",
        name="after an exception the fee before it is back",
        given=EXCEPTION,
        ask=MARCH,
        says="45.00",
    ),
    Case(
        rule="G18",
        name="of several the one that began last is taken, in whatever order they are read",
        given=tuple(reversed(EXCEPTION)),
        ask=FEBRUARY,
        says="20.00",
    ),
    Case(
        rule="G18",
        name="a fee of one day",
        given=(fee("0.00", FEBRUARY, FEBRUARY),),
        ask=FEBRUARY,
        says="0.00",
    ),
)


@parametrize_cases(CASES)
def test_the_fee_of_a_day(case: Case[Fees, date, str]) -> None:
    dated = with_dated(DEFAULTS, parameters=case.given)
    assert dated.on(case.ask).parameters[FEE] == case.says


@pytest.mark.rule("G18")
def test_other_parameters_stay_as_they_always_are() -> None:
    held = with_dated(DEFAULTS, parameters=FROM_FEBRUARY).on(FEBRUARY)
    assert held == evolve(DEFAULTS, parameters={**DEFAULTS.parameters, FEE: "45.00"})


@pytest.mark.rule("G18", "S41")
def test_a_fee_that_is_dated_only_is_missing_on_other_days() -> None:
    dated = with_dated(reference(), parameters=(fee("45.00", FEBRUARY, FEBRUARY),))
    on_days = [dated.on(day).parameters.get(FEE) for day in (JANUARY_31, FEBRUARY, FEBRUARY + timedelta(1))]
    assert on_days == [None, "45.00", None]


@pytest.mark.rule("G18", "S18")
def test_a_move_is_allowed_or_taken_out_from_a_day_on() -> None:
    opened, closed = ("DN1", "CFC"), ("RD1", "RD2")
    dated = with_dated(
        DEFAULTS, moves=(DatedValue(opened, True, FEBRUARY), DatedValue(closed, False, FEBRUARY, FEBRUARY))
    )
    assert dated.on(JANUARY_31) == DEFAULTS
    assert dated.on(FEBRUARY).stage_map == (DEFAULTS.stage_map | {opened}) - {closed}
    assert dated.on(MARCH).stage_map == DEFAULTS.stage_map | {opened}


@pytest.mark.rule("G18", "H20", "P21")
def test_a_reason_has_other_days_or_leaves_use_from_a_day_on() -> None:
    always = reference(days_of_suspension={HST: 30, PRI: 180})
    dated = with_dated(
        always,
        reasons=(
            DatedValue(HST, ReasonTerms(in_use=True, days=45), FEBRUARY),
            DatedValue(PRI, ReasonTerms(in_use=False, days=180), FEBRUARY),
            DatedValue(WWP, ReasonTerms(in_use=False, days=None), FEBRUARY),
            DatedValue(SuspensionReason("TS", "NEW"), ReasonTerms(in_use=True, days=7), FEBRUARY),
            DatedValue(SuspensionReason("PS", "NEW"), ReasonTerms(in_use=True, days=None), FEBRUARY),
        ),
    )
    assert dated.on(JANUARY_31) == always
    held = dated.on(FEBRUARY)
    assert held.days_of_suspension == {HST: 45, SuspensionReason("TS", "NEW"): 7}
    new = {SuspensionReason("TS", "NEW"), SuspensionReason("PS", "NEW")}
    assert held.suspension_reasons == (always.suspension_reasons | new) - {PRI, WWP}


DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 12)) | st.sampled_from([date.min, date.max])
KEYS = st.sampled_from([FEE, ("ADMIN_FEE", "AMOUNT")])


@st.composite
def dated_values(draw: st.DrawFn) -> Fees:
    """Generate dated fees of two keys; no two values of a key begin on one day."""
    found: dict[tuple[object, date], DatedValue[tuple[str, str], str]] = {}
    for key, first_day, last_day in draw(st.lists(st.tuples(KEYS, DAYS, st.none() | DAYS), max_size=6)):
        if last_day is None or last_day >= first_day:
            found[key, first_day] = DatedValue(key, f"{len(found)}.00", first_day, last_day)
    return tuple(draw(st.permutations(list(found.values()))))


@pytest.mark.rule("G18")
@given(always=st.dictionaries(KEYS, st.just("40.00")), dated=dated_values(), day=DAYS)
def test_a_day_has_the_value_that_began_last_of_those_that_hold_else_the_one_without_days(
    always: dict[tuple[str, str], str], dated: Fees, day: date
) -> None:
    held = with_dated(Reference(frozenset(), always, {}), parameters=dated).on(day).parameters
    for key in (FEE, ("ADMIN_FEE", "AMOUNT")):
        holding = [each for each in dated if each.key == key and each.first_day <= day]
        holding = [each for each in holding if each.last_day is None or each.last_day >= day]
        latest = max((each.first_day for each in holding), default=None)
        expected = next((each.value for each in holding if each.first_day == latest), always.get(key))
        assert held.get(key) == expected


@pytest.mark.rule("G18")
@given(day=DAYS)
def test_without_dated_values_every_day_has_the_reference_data_that_always_holds(day: date) -> None:
    assert DEFAULTS.on(day) is DEFAULTS


@pytest.mark.rule("G18", "G5")
@given(moment=st.datetimes(timezones=st.sampled_from([UTC, SINGAPORE]), max_value=datetime(9990, 1, 1)))  # noqa: DTZ001  # a bound
def test_facts_without_dated_values_are_the_same_at_every_moment(moment: datetime) -> None:
    facts = court_facts(reference_data=DEFAULTS)
    assert facts_on(moment, facts) is facts


@pytest.mark.rule("G18", "G5")
def test_facts_have_the_values_of_their_day_in_singapore() -> None:
    facts = court_facts(reference_data=with_dated(DEFAULTS, parameters=FROM_FEBRUARY))
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)
    held = [facts_on(at, facts).reference for at in (midnight - timedelta(microseconds=1), midnight)]
    assert [each.parameters[FEE] for each in held] == ["40.00", "45.00"]
    assert [each.dated for each in held] == [NONE_DATED, NONE_DATED]


@pytest.mark.rule("G18")
def test_the_spans_of_an_exception() -> None:
    usual, exception = EXCEPTION
    assert spans(EXCEPTION) == (
        Span(None, date(2025, 12, 31), None),
        Span(NEW_YEAR, JANUARY_31, usual),
        Span(FEBRUARY, date(2026, 2, 28), exception),
        Span(MARCH, None, usual),
    )


@pytest.mark.rule("G18")
def test_a_value_goes_on_where_an_older_one_ends_beneath_it() -> None:
    ending, following = fee("45.00", NEW_YEAR, date(2026, 2, 28)), fee("50.00", FEBRUARY)
    assert spans((ending, following)) == (
        Span(None, date(2025, 12, 31), None),
        Span(NEW_YEAR, JANUARY_31, ending),
        Span(FEBRUARY, None, following),
    )


@pytest.mark.rule("G18")
def test_a_value_that_goes_on_beyond_the_end_of_an_older_one_ends_on_its_own_last_day() -> None:
    march_31 = date(2026, 3, 31)
    ending, following = fee("45.00", NEW_YEAR, date(2026, 2, 28)), fee("50.00", FEBRUARY, march_31)
    assert spans((ending, following))[2:] == (
        Span(FEBRUARY, march_31, following),
        Span(date(2026, 4, 1), None, None),
    )


@given(dated=dated_values(), day=DAYS)
def test_each_day_is_in_one_span_and_that_has_its_value(dated: Fees, day: date) -> None:
    of_fee = tuple(each for each in dated if each.key == FEE)
    found = spans(of_fee)
    (span,) = (each for each in found if each.includes(day))
    assert span.dated is values_on(day, of_fee).get(FEE)
    assert all(one.dated is not other.dated for one, other in pairwise(found))

"""Singapore time."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.kernel.dates import calendar_day, day_after, local, singapore, timestamp, today
from tests.support.builders import at
from tests.support.cases import Case, parametrize_cases

TIMESTAMPS: tuple[Case[None, str, datetime | None], ...] = (
    Case(
        rule=("G5", "P1"),
        name="the contract's own timestamp is read",
        ask="2025-01-14T10:30:00+08:00",
        says=at("2025-01-14T10:30:00"),
    ),
    Case(
        rule=("G5", "P1"),
        name="without an offset it is Singapore time",
        ask="2025-01-14T10:30:00",
        says=at("2025-01-14T10:30:00"),
    ),
    Case(
        rule=("G5", "P1"),
        name="Z is eight hours behind Singapore",
        ask="2025-01-14T02:30:00Z",
        says=at("2025-01-14T10:30:00"),
    ),
    Case(
        rule=("G5", "P1"),
        name="an offset west of Greenwich is read",
        ask="2025-01-13T21:30:00-05:00",
        says=at("2025-01-14T10:30:00"),
    ),
    Case(
        rule="P1",
        name="an offset may go without its colon",
        ask="2025-01-14T10:30:00+0800",
        says=at("2025-01-14T10:30:00"),
    ),
    Case(
        rule="P1",
        name="an offset may be hours alone",
        ask="2025-01-14T10:30:00+08",
        says=at("2025-01-14T10:30:00"),
    ),
    Case(rule="P1", name="seconds may be left out", ask="2025-01-14T10:30", says=at("2025-01-14T10:30:00")),
    Case(
        rule="P1",
        name="a fraction of a second is read",
        ask="2025-01-14T10:30:00.250+08:00",
        says=at("2025-01-14T10:30:00.250000"),
    ),
    Case(
        rule="P1",
        name="a fraction may have the seven digits of a column",
        ask="2025-01-14T10:30:00.2500000",
        says=at("2025-01-14T10:30:00.250000"),
    ),
    Case(
        rule="P1",
        name="the leap day of a leap year is read",
        ask="2024-02-29T00:00:00",
        says=at("2024-02-29T00:00:00"),
    ),
    Case(rule="P1", name="the leap day of another year is refused", ask="2025-02-29T00:00:00", says=None),
    Case(rule="P1", name="a thirteenth month is refused", ask="2025-13-01T00:00:00", says=None),
    Case(rule="P1", name="a twenty-sixth hour is refused", ask="2025-01-14T25:00:00", says=None),
    Case(rule="P1", name="an offset of a day is refused", ask="2025-01-14T10:30:00+24:00", says=None),
    Case(rule="P1", name="a date alone is refused", ask="2025-01-14", says=None),
    Case(rule="P1", name="a blank for the T is refused", ask="2025-01-14 10:30:00", says=None),
    Case(rule="P1", name="a blank around it is refused", ask=" 2025-01-14T10:30:00", says=None),
    Case(rule="P1", name="a line end after it is refused", ask="2025-01-14T10:30:00\n", says=None),
    Case(rule="P1", name="a day written first is refused", ask="14-01-2025T10:30:00", says=None),
    Case(rule="P1", name="the name of a zone is refused", ask="2025-01-14T10:30:00 SGT", says=None),
    Case(rule="P1", name="digits of another script are refused", ask="２０２５-01-14T10:30:00", says=None),
    Case(rule="P1", name="an empty text is refused", ask="", says=None),
    Case(
        rule="P1",
        name="a moment before the calendar begins is refused",
        ask="0001-01-01T00:00:00+14:00",
        says=None,
    ),
    Case(
        rule="P1",
        name="a moment after the calendar ends is refused",
        ask="9999-12-31T23:59:59-12:00",
        says=None,
    ),
)

LOCAL: tuple[Case[None, datetime, datetime], ...] = (
    Case(
        rule="G5",
        name="a moment of Singapore loses its zone",
        ask=at("2025-01-14T10:30:00"),
        says=datetime.fromisoformat("2025-01-14T10:30:00"),
    ),
    Case(
        rule="G5",
        name="a moment of Greenwich is kept as Singapore's clock shows it",
        ask=datetime(2025, 1, 14, 16, 0, tzinfo=UTC),
        says=datetime.fromisoformat("2025-01-15T00:00:00"),
    ),
)

DAYS: tuple[Case[None, datetime, date], ...] = (
    Case(
        rule="G5",
        name="the last moment before midnight in Singapore is still today",
        ask=datetime(2025, 1, 14, 15, 59, 59, 999999, tzinfo=UTC),
        says=date(2025, 1, 14),
    ),
    Case(
        rule="G5",
        name="midnight in Singapore is the next day while Greenwich has the old one",
        ask=datetime(2025, 1, 14, 16, 0, tzinfo=UTC),
        says=date(2025, 1, 15),
    ),
)

OFFSETS = st.integers(min_value=-23 * 60, max_value=23 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.datetimes(
    min_value=datetime.fromisoformat("0001-01-03"), max_value=datetime.fromisoformat("9999-12-29")
)


@parametrize_cases(TIMESTAMPS)
def test_timestamp(case: Case[None, str, datetime | None]) -> None:
    assert timestamp(case.ask) == case.says


@parametrize_cases(LOCAL)
def test_local(case: Case[None, datetime, datetime]) -> None:
    assert local(case.ask) == case.says


@parametrize_cases(DAYS)
def test_today(case: Case[None, datetime, date]) -> None:
    assert today(case.ask) == case.says


@pytest.mark.rule("G5")
@given(MOMENTS, OFFSETS)
def test_what_is_written_and_read_back_is_the_same_moment(moment: datetime, offset: timezone) -> None:
    aware = moment.replace(tzinfo=offset)
    assert singapore(local(aware)) == aware
    assert timestamp(aware.isoformat()) == aware


@pytest.mark.parametrize(
    "text, day",
    [
        ("2025-01-31", date(2025, 1, 31)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2025-02-29", None),
        ("20250131", None),
        ("2025-W05-5", None),
        ("2025-1-31", None),
        ("\u0662025-01-31", None),
        ("", None),
    ],
)
def test_a_calendar_day_has_one_form(text: str, day: date | None) -> None:
    assert calendar_day(text) == day


@pytest.mark.rule("G5")
def test_the_last_day_of_the_calendar_has_none_after_it() -> None:
    assert day_after(date(2024, 12, 31)) == date(2025, 1, 1)
    assert day_after(date(9999, 12, 30)) == date(9999, 12, 31)
    assert day_after(date(9999, 12, 31)) is None

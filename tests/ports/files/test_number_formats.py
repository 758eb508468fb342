"""A number is read as the spreadsheet shows it, or not at all."""

from decimal import Decimal

import pytest

from ocms_adapters.files.number_formats import BUILT_IN, is_date_format, shown_number


@pytest.mark.rule("S26")
@pytest.mark.parametrize(
    "code, value, shown",
    [
        ("General", "12345678", "12345678"),
        ("General", "1.2345678E7", "12345678"),
        ("General", "12345678901", "12345678901"),
        ("General", "0.30000000000000004", "0.3"),
        ("GENERAL", "-12.50", "-12.5"),
        ("General", "0", "0"),
        ("@", "5", "5"),
        ("0000000000", "12345678", "0012345678"),
        ("0000000000", "0", "0000000000"),
        ("0000", "123456", "123456"),
        ("0000", "-12", "-0012"),
        ("#00", "5", "05"),
        ("#", "0", ""),
        ("?0", "5", " 5"),
        ("0", "12.5", "13"),
        ("0.00", "12.345", "12.35"),
        (".00", "1.5", "1.50"),
        ("000-000", "12345", "012-345"),
        ("000-000", "12345678", "12345-678"),
        ('"N"0000', "12", "N0012"),
        ("\\N0000", "12", "N0012"),
        ('0";"0', "12", "1;2"),
        ("0_)", "5", "5 "),
        ("[Red]0000", "12", "0012"),
        ("[$-409]0000", "12", "0012"),
        ("0000;(0000)", "-12", "(0012)"),
        ('0;-0;"none"', "0", "none"),
        ("0;-0;;@", "0", ""),
        ("0;0", "0", "0"),
    ],
)
def test_the_text_a_spreadsheet_shows(code: str, value: str, shown: str) -> None:
    assert shown_number(Decimal(value), code) == shown
    assert not is_date_format(code)


@pytest.mark.rule("S26")
@pytest.mark.parametrize(
    "code, value",
    [
        ("General", "123456789012"),  # as a power of ten
        ("General", "0.00001"),
        ("0", "1E15"),  # beyond the digits that are kept
        ("0", "-0.4"),  # with or without a sign
        ("0##", "5"),  # 005 or 05
        ("#,##0", "1234"),
        ("0%", "1"),
        ("0.00E+00", "1"),
        ("# ?/?", "0.5"),
        ("0.0#", "1"),
        ("0.0.0", "1"),
        ("[<100]00;000", "5"),
        ("[DBNum1]0", "5"),
        ('"N0', "5"),
        ("0\\", "5"),
        ("* 0", "5"),
    ],
)
def test_what_is_shown_is_not_guessed(code: str, value: str) -> None:
    assert shown_number(Decimal(value), code) is None


@pytest.mark.rule("S26")
@pytest.mark.parametrize(
    "code, date",
    [
        ("dd/mm/yyyy", True),
        ("[$-809]d mmmm yyyy;@", True),
        ("[h]:mm", True),
        ("hh:mm AM/PM", True),
        ("[s]", True),
        ('"day "0', False),
        ("\\d0", False),
        ("[Red]0", False),
        ("General", False),
        ("0.00E+00", False),
    ],
)
def test_which_formats_show_a_date(code: str, date: bool) -> None:  # noqa: FBT001
    assert is_date_format(code) is date


@pytest.mark.rule("S26")
def test_which_formats_of_the_standard_show_a_date() -> None:
    dates = {number for number, code in BUILT_IN.items() if is_date_format(code)}
    assert dates == {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}

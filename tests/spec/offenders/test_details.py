"""Who is shown in which block, and how."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocms_core.kernel.offender_details import MailingAddress
from ocms_core.offenders.details import address_on_record, floor_and_unit_text, holders_by_word, identities
from ocms_core.offenders.request_reader import floor_and_unit
from tests.support.offender_builders import JOHN, ORCHARD, notice, stands


@pytest.mark.rule("F41")
def test_there_are_three_blocks_whoever_stands_there() -> None:
    hirer, director = stands("H", JOHN, current=True), stands("R")
    assert dict(holders_by_word(notice(hirer, director))) == {"OWNER": None, "HIRER": hirer, "DRIVER": None}
    assert identities(notice(hirer, director)) == ("S1234567A",)


@pytest.mark.rule("F41")
@pytest.mark.parametrize("address, shown", [(ORCHARD, ORCHARD), (MailingAddress(), None), (None, None)])
def test_an_address_of_which_nothing_is_left_is_none(
    address: MailingAddress | None, shown: MailingAddress | None
) -> None:
    assert address_on_record(stands("H", address=address)) == shown


FLOORS = st.text("01A#", min_size=1, max_size=3)
UNITS = st.text("01A-#", min_size=1, max_size=5)


@pytest.mark.rule("F41", "F51")
@given(floor=st.none() | FLOORS, unit=st.none() | UNITS)
@example(floor=None, unit="02-03")
@example(floor=None, unit="#05")
@example(floor="01", unit="-2")
@example(floor="#01", unit="02")
@example(floor="#1", unit=None)
def test_floor_and_unit_are_read_back_as_they_were_written(floor: str | None, unit: str | None) -> None:
    assert floor_and_unit(floor_and_unit_text(MailingAddress(floor_no=floor, unit_no=unit))) == (floor, unit)


@pytest.mark.rule("F41", "F51")
@pytest.mark.parametrize(
    "floor, unit, text",
    [
        ("01", "01", "01-01"),
        (None, "55", "55"),
        ("05", None, "05-"),
        (None, "02-03", "-02-03"),
        ("", "02-03", "-02-03"),
        (None, "#05", "##05"),
        ("#1", "#05", "##1-#05"),
        (None, None, None),
    ],
)
def test_how_floor_and_unit_are_shown(floor: str | None, unit: str | None, text: str | None) -> None:
    assert floor_and_unit_text(MailingAddress(floor_no=floor, unit_no=unit)) == text

"""What the answers of MHA and DataHive say."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.hst.answers import (
    differing_parts,
    has_other_address,
    has_valid_address,
    has_valid_new_address,
    latest_answers,
)
from ocms_core.hst.facts import KnownOffender, ListedIdentity
from ocms_core.hst.lookup import floor_unit, lookup_result
from ocms_core.hst.mha_file import ADDRESS_WIDTHS
from ocms_core.kernel.addresses import (
    DATAHIVE,
    MHA,
    AddressAnswer,
    RegisteredAddress,
    is_address_changed,
    is_invalid_address,
)
from ocms_core.kernel.changes import AddressAnswered
from ocms_core.kernel.suspensions import SuspensionReason, may_lift
from tests.support.builders import HST, at
from tests.support.cases import Case, parametrize_cases
from tests.support.hst_facts import (
    ADDRESS,
    IDENTITY,
    LISTED,
    NEW_ADDRESS,
    NOW,
    UNC,
    answer,
)

INVALID: tuple[Case[AddressAnswer, None, bool], ...] = (
    Case(rule="H37", name="an address like any other", given=answer(), says=False),
    Case(rule="H37", name="a tagged address", given=answer(invalid_addr_tag="G"), says=True),
    Case(rule="H37", name="a blank tag", given=answer(invalid_addr_tag=" "), says=False),
    Case(
        rule="H37",
        name="the street NA",
        given=answer(address=evolve(NEW_ADDRESS, street_name=" na ")),
        says=True,
    ),
    Case(
        rule="H37",
        name="a postal code of zeros",
        given=answer(address=evolve(NEW_ADDRESS, postal_code="000000")),
        says=True,
    ),
)


@parametrize_cases(INVALID)
def test_invalid(case: Case[AddressAnswer, None, bool]) -> None:
    assert is_invalid_address(case.given.address, case.given.invalid_addr_tag) == case.says
    assert has_valid_new_address(LISTED, case.given) != case.says


CHANGED: tuple[Case[RegisteredAddress, RegisteredAddress, bool], ...] = (
    Case(rule="H37", name="the same address", given=ADDRESS, ask=ADDRESS, says=False),
    *(
        Case(rule="H37", name=f"another {part}", given=ADDRESS, ask=evolve(ADDRESS, **{part: "9"}), says=True)
        for part in ("postal_code", "blk_hse_no", "street_name", "floor_no", "unit_no", "bldg_name")
    ),
    Case(
        rule="H37",
        name="a letter in front of a floor or unit counts",
        given=ADDRESS,
        ask=evolve(ADDRESS, unit_no="X01"),
        says=True,
    ),
    Case(
        rule="H37",
        name="capitals, blanks and leading zeros do not count",
        given=ADDRESS,
        ask=RegisteredAddress("123456", "123", " EXAMPLE  STREET", "1", "#0001", "EXAMPLE BUILDING "),
        says=False,
    ),
)


@parametrize_cases(CHANGED)
def test_changed(case: Case[RegisteredAddress, RegisteredAddress, bool]) -> None:
    assert is_address_changed(case.given, case.ask) == case.says


@pytest.mark.rule("H36")
def test_of_several_answers_the_latest_counts_and_nobody_elses_is_kept() -> None:
    earlier = answer(answered_at=NOW - timedelta(days=1), address=ADDRESS)
    stranger = answer(id_no="S7654321B")
    for order in ((earlier, answer(), stranger), (stranger, answer(), earlier)):
        assert latest_answers(order, {IDENTITY}, NOW) == (AddressAnswered(answer()),)


@pytest.mark.rule("H36", "H41")
def test_a_time_after_the_receipt_counts_as_none() -> None:
    """Whoever's clock is wrong, a later answer must be able to take the place of this one."""
    for wrong in (NOW + timedelta(seconds=1), at("9999-12-31T23:59:59")):
        (kept,) = latest_answers([answer(answered_at=wrong)], {IDENTITY}, NOW)
        assert kept == AddressAnswered(answer(answered_at=NOW))
    early, late = answer(answered_at=at("9999-12-31T00:00:00"), address=ADDRESS), answer()
    assert latest_answers([early, late], {IDENTITY}, NOW) == (AddressAnswered(late),)


BROUGHT: tuple[Case[ListedIdentity | None, AddressAnswer, tuple[bool, bool, bool]], ...] = (
    Case(
        rule="H37",
        name="another address, which is valid",
        given=LISTED,
        ask=answer(),
        says=(True, True, True),
    ),
    Case(
        rule="H37",
        name="another address, which is not",
        given=LISTED,
        ask=answer(invalid_addr_tag="G"),
        says=(True, False, False),
    ),
    Case(
        rule="H37",
        name="the address the list has",
        given=LISTED,
        ask=answer(address=ADDRESS),
        says=(False, True, False),
    ),
    Case(
        rule="H37",
        name="no address",
        given=LISTED,
        ask=answer(address=RegisteredAddress()),
        says=(False,) * 3,
    ),
    Case(rule="H35", name="an answer about somebody revived", given=None, ask=answer(), says=(False,) * 3),
    Case(
        rule=("H8", "H31"),
        name="an answer from before the listing",
        given=evolve(LISTED, listed_at=NOW + timedelta(seconds=1)),
        ask=answer(),
        says=(False,) * 3,
    ),
    Case(
        rule="H31",
        name="an answer of the very moment of the listing",
        given=evolve(LISTED, listed_at=NOW),
        ask=answer(),
        says=(True, True, True),
    ),
    Case(
        rule=("H31", "H6"),
        name="an address an officer has given the list since",
        given=evolve(LISTED, address=NEW_ADDRESS, address_changed_at=NOW + timedelta(days=1)),
        ask=answer(),
        says=(False, True, True),
    ),
    Case(
        rule=("H31", "H6"),
        name="an address an officer had given the list before",
        given=evolve(LISTED, address=NEW_ADDRESS, address_changed_at=NOW - timedelta(days=1)),
        ask=answer(),
        says=(False, True, False),
    ),
)


@parametrize_cases(BROUGHT)
def test_what_an_answer_has_brought(
    case: Case[ListedIdentity | None, AddressAnswer, tuple[bool, bool, bool]],
) -> None:
    found = (has_other_address, has_valid_address, has_valid_new_address)
    assert tuple(decide(case.given, case.ask) for decide in found) == case.says


Parts = Case[ListedIdentity, AddressAnswer, bool]
LONG = "NORTHERN GARDENS RESIDENTIAL TOWER BLOCKS"
BLANK_AT_30 = "NORTHERN GARDENS, RESIDENTIAL TOWER"
WIDE = "RÉSIDENCE ÉTOILE DES JARDINS DU NORD"


def one_part(part: str, listed: str, answered: str, source: str = MHA) -> dict[str, Any]:
    """Return what a case is given and asks where an answer differs from the list in one part at most."""
    return {
        "given": evolve(LISTED, address=evolve(ADDRESS, **{part: listed})),
        "ask": answer(source=source, address=evolve(ADDRESS, **{part: answered})),
    }


@pytest.mark.rule("H37")
@pytest.mark.parametrize("source, blank", [(MHA, ""), (DATAHIVE, " ")])
@pytest.mark.parametrize("part", sorted(ADDRESS_WIDTHS))
def test_a_part_that_the_answer_leaves_blank_has_not_changed(part: str, source: str, blank: str) -> None:
    case = one_part(part, "9", blank, source)
    assert not has_other_address(case["given"], case["ask"])
    assert not has_valid_new_address(case["given"], case["ask"])


ONE_PART: tuple[Parts, ...] = (
    Case(
        rule="H37", name="a building where the list has none", **one_part("bldg_name", "", "TOWER"), says=True
    ),
    Case(
        rule="H37", name="a building cut by its field", **one_part("bldg_name", LONG, LONG[:30]), says=False
    ),
    Case(
        rule="H37",
        name="one cut, in other capitals",
        **one_part("bldg_name", LONG.title(), LONG[:30]),
        says=False,
    ),
    Case(
        rule="H37",
        name="a building one character short of its field",
        **one_part("bldg_name", LONG, LONG[:29]),
        says=True,
    ),
    Case(
        rule="H37",
        name="a building that fills its field and is another",
        **one_part("bldg_name", LONG, "X" + LONG[1:30]),
        says=True,
    ),
    Case(
        rule="H37",
        name="a building that fills its field and goes on",
        **one_part("bldg_name", LONG[:20], LONG[:30]),
        says=True,
    ),
    Case(
        rule="H37",
        name="a building cut at a blank",
        **one_part("bldg_name", BLANK_AT_30, BLANK_AT_30[:29]),
        says=False,
    ),
    Case(
        rule="H37",
        name="a word short of a building cut at a blank",
        **one_part("bldg_name", BLANK_AT_30, BLANK_AT_30[:17]),
        says=True,
    ),
    Case(
        rule="H37",
        name="a building cut with two blanks in it",
        **one_part("bldg_name", LONG, f"NORTHERN  {LONG[9:29]}"),
        says=False,
    ),
    Case(rule="H37", name="a building cut in bytes", **one_part("bldg_name", WIDE, WIDE[:28]), says=False),
    Case(
        rule="H37", name="a building cut in characters", **one_part("bldg_name", WIDE, WIDE[:30]), says=False
    ),
    Case(
        rule="H37",
        name="a building short of its field in bytes",
        **one_part("bldg_name", WIDE, WIDE[:27]),
        says=True,
    ),
    Case(
        rule="H37",
        name="one whose next letter is two capitals",
        **one_part("bldg_name", f"{LONG[:29]}ßE", LONG[:29]),
        says=False,
    ),
    Case(rule="H37", name="a floor cut by its field", **one_part("floor_no", "101", "10"), says=False),
    Case(rule="H37", name="a floor cut to its zeros", **one_part("floor_no", "002", "00"), says=False),
    Case(rule="H37", name="a floor of one character", **one_part("floor_no", "12", "1"), says=True),
    Case(rule="H37", name="a floor of zeros", **one_part("floor_no", "12", "00"), says=True),
    Case(rule="H37", name="a unit begun", **one_part("unit_no", "1234", "123"), says=True),
    Case(
        rule="H37",
        name="DataHive has room for it all",
        **one_part("bldg_name", LONG, LONG[:30], source=DATAHIVE),
        says=True,
    ),
    Case(rule="H37", name="and for a floor", **one_part("floor_no", "101", "10", source=DATAHIVE), says=True),
)


@parametrize_cases(ONE_PART)
def test_a_part_not_given_or_cut_has_not_changed(case: Parts) -> None:
    assert has_other_address(case.given, case.ask) == case.says
    assert has_valid_new_address(case.given, case.ask) == case.says


PART = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=65)


@pytest.mark.rule("H37")
@given(
    st.builds(RegisteredAddress, *[PART] * 6),
    st.sampled_from(["bytes", "characters"]),
    st.sets(st.sampled_from(sorted(ADDRESS_WIDTHS))),
)
def test_the_listed_address_as_mhas_record_holds_it_has_not_changed(
    listed: RegisteredAddress, counted: str, left_out: set[str]
) -> None:
    def held(text: str, width: int) -> str:
        return text.encode()[:width].decode(errors="ignore") if counted == "bytes" else text[:width]

    answered = RegisteredAddress(
        **{
            part: "" if part in left_out else held(text.strip(), ADDRESS_WIDTHS[part]).strip()
            for part, text in asdict(listed).items()
        }
    )
    assert not has_other_address(evolve(LISTED, address=listed), answer(address=answered))


FLOORS: tuple[Case[tuple[str, str], None, str | None], ...] = (
    Case(rule="H2", name="floor and unit", given=("01", "01"), says="#01-01"),
    Case(rule="H2", name="a unit alone", given=("", "05"), says="#05"),
    Case(rule="H2", name="neither", given=("", ""), says=None),
)


@parametrize_cases(FLOORS)
def test_floor_unit(case: Case[tuple[str, str], None, str | None]) -> None:
    floor, unit = case.given
    assert floor_unit(RegisteredAddress(floor_no=floor, unit_no=unit)) == case.says


@pytest.mark.rule("H2")
def test_of_a_listed_identity_nothing_but_that_is_shown() -> None:
    assert lookup_result(KnownOffender(True, "John Tan", ADDRESS, 5)) == KnownOffender(True)
    assert lookup_result(KnownOffender(False, "John Tan", ADDRESS, 5)) == KnownOffender(
        False, "John Tan", ADDRESS, 5
    )


LIFTING: tuple[Case[str, SuspensionReason, bool], ...] = (
    Case(rule="H9", name="the HST capability lifts TS-HST", given="hst", ask=HST, says=True),
    Case(rule="H9", name="a payment does not", given="court", ask=HST, says=False),
    Case(rule="H9", name="other suspensions are nobody's own", given="court", ask=UNC, says=True),
)


@parametrize_cases(LIFTING)
def test_may_lift(case: Case[str, SuspensionReason, bool]) -> None:
    assert may_lift(case.given, case.ask) == case.says


@pytest.mark.rule("H37")
def test_the_parts_in_which_an_answer_differs_are_named() -> None:
    every_part = frozenset(asdict(NEW_ADDRESS))
    assert differing_parts(LISTED, answer()) == every_part
    assert differing_parts(LISTED, answer(address=ADDRESS)) == frozenset()
    written_otherwise = evolve(ADDRESS, street_name=" EXAMPLE  STREET", floor_no="#1", unit_no="9")
    assert differing_parts(LISTED, answer(address=written_otherwise)) == {"unit_no"}
    assert differing_parts(LISTED, answer(address=evolve(ADDRESS, bldg_name=""))) == frozenset()
    in_small_letters = evolve(LISTED, address=evolve(ADDRESS, street_name="Weißer Weg"))
    in_capitals = answer(address=evolve(ADDRESS, street_name="WEISSER WEG"))
    assert differing_parts(in_small_letters, in_capitals) == frozenset()


@pytest.mark.rule("H37")
@pytest.mark.parametrize("source, differing", [(MHA, frozenset()), (DATAHIVE, frozenset({"bldg_name"}))])
def test_a_part_that_a_field_of_the_answer_cut_is_no_difference(
    source: str, differing: frozenset[str]
) -> None:
    listed = evolve(LISTED, address=evolve(ADDRESS, bldg_name="B" * 65))
    cut = evolve(ADDRESS, bldg_name="B" * ADDRESS_WIDTHS["bldg_name"])
    assert differing_parts(listed, answer(source=source, address=cut)) == differing

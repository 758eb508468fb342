"""The kinds of identity number, by letter and by word."""

import pytest

from ocms_core.kernel.identity_numbers import ID_TYPE_WORDS, ID_TYPES, identity


@pytest.mark.rule("F50")
def test_each_word_of_the_contract_has_its_letter() -> None:
    assert ID_TYPES == {"NRIC": "N", "FIN": "F", "UEN": "U", "PASSPORT": "P"}
    assert ID_TYPE_WORDS == {"N": "NRIC", "F": "FIN", "U": "UEN", "P": "PASSPORT"}


@pytest.mark.rule("F50", "H1")
@pytest.mark.parametrize(
    "letter, number, said",
    [
        ("B", "t18ll0001a", ("U", "T18LL0001A")),
        ("U", "T18LL0001A", ("U", "T18LL0001A")),
        ("N", "s1234567a", ("N", "S1234567A")),
        ("N", "s1234567a ", None),
        ("F", "g1234567a", ("F", "G1234567A")),
        ("P", "k1", ("P", "K1")),
        ("P", "", None),
        ("X", "S1234567A", None),
        ("", "S1234567A", None),
    ],
)
def test_an_identity_is_kept_by_its_kind_and_in_capitals(
    letter: str, number: str, said: tuple[str, str] | None
) -> None:
    assert identity(letter, number) == said

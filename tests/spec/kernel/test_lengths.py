"""How long a text is to its column."""

import pytest

from ocms_core.kernel.lengths import cut, length_of


@pytest.mark.rule("G10")
@pytest.mark.parametrize(
    "text, length",
    [("", 0), ("TAN", 3), ("\u5c71\u7530", 2), ("\U00020bb7", 2), ("A\U0001f600B", 4), ("\ud800", 1)],
)
def test_a_character_beyond_the_basic_plane_counts_as_two(text: str, length: int) -> None:
    assert length_of(text) == length


@pytest.mark.rule("G10")
@pytest.mark.parametrize(
    "text, beginning",
    [("ABCD", "ABC"), ("ABC", "ABC"), ("\u5c71\u7530\u592a\u90ce", "\u5c71\u7530\u592a")],
)
def test_a_text_of_ours_is_cut_to_its_column(text: str, beginning: str) -> None:
    assert cut(text, 3) == beginning


@pytest.mark.rule("G10")
def test_no_character_is_cut_in_two() -> None:
    assert cut("\U00020bb7\U00020bb7", 3) == "\U00020bb7"

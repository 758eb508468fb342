"""What a text may hold, and what counts as a blank."""

import pytest

from ocms_core.kernel.texts import is_blank, is_writable, stripped, with_plain_blanks

LETTERS = {
    "a no-break space": "PAT\xa0SAMPLE",
    "an ideographic space": "山田\u3000太郎",
    "a line end of Windows": "PAT\r\nSAMPLE",
    "a line end of Word": "PAT\vSAMPLE",
    "a line separator": "PAT\u2028SAMPLE",
    "the joiner Persian needs": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "the joiner Sinhala needs": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "marks of direction": "\u200fאב\u200e",
    "a soft hyphen": "SAM\xadPLE",
    "a combining mark": "e\u0301",
    "a letter outside the basic plane": "\U00020000",
}
NO_LETTERS = {
    "NUL": "\x00",
    "bell": "\x07",
    "escape": "\x1b",
    "a separator of files": "\x1c",
    "delete": "\x7f",
    "a C1 control": "\x9f",
    "half a surrogate pair": "\ud800",
    "private use": "\ue000",
    "no character yet": "\u0378",
    "never a character": "\uffff",
}


@pytest.mark.rule("F51")
@pytest.mark.parametrize("text", LETTERS.values(), ids=LETTERS)
def test_what_a_text_may_hold(text: str) -> None:
    assert is_writable(text)


@pytest.mark.rule("F51")
@pytest.mark.parametrize("character", NO_LETTERS.values(), ids=NO_LETTERS)
def test_what_no_text_holds(character: str) -> None:
    assert not is_writable(f"A{character}B")
    assert not is_writable(f"A{character}\xa0B")


@pytest.mark.rule("F51")
@pytest.mark.parametrize(
    "text, plain",
    [
        ("\xa0PAT \u3000 SAMPLE\u2003", "PAT SAMPLE"),
        ("BLK 1\r\n\tEXAMPLE\u2029ROAD\x85", "BLK 1 EXAMPLE ROAD"),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"),
        ("A\x1cB", "A\x1cB"),  # a control character, for all that Python calls it a blank
        (" \x1fA\x1c ", "\x1fA\x1c"),
    ],
)
def test_blanks_of_any_kind_become_one(text: str, plain: str) -> None:
    assert with_plain_blanks(text) == plain


@pytest.mark.rule("F51")
@pytest.mark.parametrize(
    "text, inside",
    [
        ("\xa0A \u3000B\u2003\r\n", "A \u3000B"),
        ("\u200a\u2000A\x85\u2029", "A"),
        ("\x1cA\x1f", "\x1cA\x1f"),
        (" \x1d", "\x1d"),
    ],
)
def test_blanks_around_a_text_go_and_control_characters_stay_to_be_refused(text: str, inside: str) -> None:
    assert stripped(text) == inside


@pytest.mark.rule("F51")
@pytest.mark.parametrize(
    "text, blank",
    [("", True), (" \xa0\u3000", True), ("\u200b\ufeff", True), ("\u200bA", False), ("\x1f", False)],
)
def test_a_text_of_which_nothing_shows_is_blank(text: str, blank: bool) -> None:  # noqa: FBT001
    assert is_blank(text) is blank

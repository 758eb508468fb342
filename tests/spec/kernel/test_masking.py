"""Identity numbers in a text that may hold any are hidden (G2)."""

import pytest

from ocms_core.kernel.masking import masked_text

UUID = "12345678-1234-4234-8234-12345678a901"
DIGEST = "12345678a" + "0" * 23


@pytest.mark.rule("G2")
@pytest.mark.parametrize(
    "text, shown",
    [
        ("S1234567A", "***"),
        ("s1234567a", "***"),
        ("T18LL0001A", "***"),
        ("53123456K", "***"),
        ("req-S1234567A/2", "req-***/2"),
        ("xS1234567Ay of G7654321B", "*** of ***"),
        ("nobody in it", "nobody in it"),
        ("12345678", "12345678"),
        (UUID, UUID),
        (DIGEST, DIGEST),
        (DIGEST.upper(), DIGEST.upper()),
        (f"{UUID} S1234567A {DIGEST}", f"{UUID} *** {DIGEST}"),
        ("", ""),
    ],
)
def test_identity_numbers_are_hidden_with_the_letters_and_digits_beside_them(text: str, shown: str) -> None:
    assert masked_text(text) == shown

"""An encrypted text is decrypted in its own place with its key, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocms_adapters.encryption import DecryptionFailed, FieldCipher
from ocms_core.kernel.errors import RowRejected

K1, K2 = b"1" * 32, b"2" * 32
CIPHER = FieldCipher({"k1": K1})
BASIC_PLANE = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])


@pytest.mark.rule("F62")
@given(text=st.text(BASIC_PLANE, max_size=66))
def test_every_name_that_fits_its_column_fits_encrypted_and_is_decrypted_again(text: str) -> None:
    widest = FieldCipher({"key": K1})
    encrypted = widest.encrypt(text, "name N1 H")
    assert len(encrypted.encode("ascii")) <= 204
    assert widest.decrypt(encrypted, "name N1 H") == text


@pytest.mark.rule("F62")
@given(text=st.text("0123456789ABCDEFGHIJ", max_size=12))
def test_every_identity_number_fits_encrypted(text: str) -> None:
    assert len(FieldCipher({"key": K1}).encrypt(text, "id_no N1 H")) <= 114


@pytest.mark.rule("F62")
def test_no_two_encryptions_are_alike_and_none_shows_its_text() -> None:
    first, second = (CIPHER.encrypt("S1234567A", "id_no N1 H") for _ in range(2))
    assert first != second
    assert first.startswith("k1:")
    assert "S1234567A" not in first


@pytest.mark.rule("F62")
def test_an_encrypted_text_is_decrypted_only_in_its_place_unaltered_and_with_a_known_key() -> None:
    encrypted = CIPHER.encrypt("S1234567A", "id_no N1 H")
    flipped = encrypted[:-1] + ("0" if encrypted[-1] != "0" else "1")
    for wrong, place in (
        (encrypted, "id_no N2 H"),
        (encrypted, "name N1 H"),
        (flipped, "id_no N1 H"),
        (encrypted.replace("k1:", "k1."), "id_no N1 H"),
        (encrypted.replace("k1:", "k2:"), "id_no N1 H"),
        ("k1:" + "\N{SNOWMAN}", "id_no N1 H"),
        ("k1:", "id_no N1 H"),
        ("S1234567A", "id_no N1 H"),
        ("", "id_no N1 H"),
    ):
        with pytest.raises(DecryptionFailed) as refused:
            CIPHER.decrypt(wrong, place)
        assert "S1234567A" not in str(refused.value)


@pytest.mark.rule("F62")
def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    old = CIPHER.encrypt("JOHN LEE", "name N1 H")
    both = FieldCipher({"k2": K2, "k1": K1})
    new = both.encrypt("JOHN LEE", "name N1 H")
    assert both.decrypt(old, "name N1 H") == both.decrypt(new, "name N1 H") == "JOHN LEE"
    assert [both.is_current(encrypted) for encrypted in (old, new)] == [False, True]


@pytest.mark.rule("F62")
def test_what_cannot_fit_is_refused_without_telling_it() -> None:
    with pytest.raises(RowRejected) as refused:
        CIPHER.encrypt("\U00020000" * 66, "name N1 H")
    assert "\U00020000" not in str(refused.value)


@pytest.mark.parametrize("keys", [{}, {"long": K1}, {"k1": b"short"}, {"": K1}, {"k-": K1}])
def test_keys_that_cannot_be_are_refused(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        FieldCipher(keys)


def test_a_cipher_does_not_show_its_keys() -> None:
    assert repr(CIPHER) == "FieldCipher()"

"""Encryption of what may be kept but not read there: texts of the Internet copy, content of audit rows."""

import os
import re
from base64 import b85decode, b85encode
from collections.abc import Mapping

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ocms_core.kernel.errors import OcmsError, RowRejected
from ocms_core.kernel.rule_tags import rule

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[0-9A-Za-z]{1,3}")
# 66 characters of two bytes each, encrypted and written in base 85, are the 204 of the widest column with a
# key id of three and its mark.
MOST_BYTES = 132

# The mark behind the key id tells how the text is written; whichever is shorter for it.
MARKS: Mapping[str, str] = {":": "utf-8", ".": "utf-16-le"}


class DecryptionFailed(OcmsError):
    """An encrypted text cannot be decrypted: unknown key, another place, or not ours."""


@frozen
class FieldCipher:
    """
    A cipher for texts and for content of any length, AES-256-GCM.

    `keys` are the known keys of 32 bytes by id, of 1 to 3 letters and digits: the first encrypts,
    all decrypt.
    An encrypted text reads `<key id><mark><base 85 of nonce, ciphertext and tag>`; it decrypts only in the
    place it was encrypted for, so none can be moved to another row. Raises `ValueError` for unusable keys.
    """

    _keys: Mapping[str, bytes] = field(repr=False)

    @_keys.validator
    def _usable(self, _field: object, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("There is no key to encrypt with.")
        for key_id, key in keys.items():
            if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
                raise ValueError("A key has an id of 1 to 3 letters and digits, and 32 bytes.")

    @property
    def key_id(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self._keys))

    @rule("F62")
    def encrypt(self, text: str, place: str) -> str:
        """
        Encrypt a text for a place, authenticated, never the same twice, the key's id in front (F62).

        Raises `RowRejected` for a text too long for its column: above 66 characters of the basic plane.
        """
        mark = ":" if len(text.encode()) <= MOST_BYTES else "."
        written = text.encode(MARKS[mark])
        if len(written) > MOST_BYTES:
            raise RowRejected("a name is too long to be encrypted")
        head, nonce = self.key_id + mark, os.urandom(NONCE_BYTES)
        encrypted = AESGCM(self._keys[self.key_id]).encrypt(nonce, written, associated_data(head, place))
        return head + b85encode(nonce + encrypted).decode()

    def decrypt(self, encrypted: str, place: str) -> str:
        """Decrypt a text encrypted for this place. Raises `DecryptionFailed` when it was not."""
        head = next((encrypted[: at + 1] for at in range(1, 4) if encrypted[at : at + 1] in MARKS), "")
        key = self._keys.get(head[:-1])
        if key is None:
            raise DecryptionFailed("an encrypted text names no known key")
        try:
            content = b85decode(encrypted[len(head) :])
            decrypted = AESGCM(key).decrypt(
                content[:NONCE_BYTES], content[NONCE_BYTES:], associated_data(head, place)
            )
        except (InvalidTag, ValueError):
            raise DecryptionFailed("an encrypted text was altered or moved") from None
        return decrypted.decode(MARKS[head[-1]])

    @rule("K2")
    def encrypt_bytes(self, content: bytes, place: str) -> bytes:
        """Encrypt content of any length for a place, authenticated, the key's id and its mark in front."""
        head, nonce = f"{self.key_id}:", os.urandom(NONCE_BYTES)
        encrypted = AESGCM(self._keys[self.key_id]).encrypt(nonce, content, associated_data(head, place))
        return head.encode() + nonce + encrypted

    def decrypt_bytes(self, encrypted: bytes, place: str) -> bytes:
        """Decrypt content encrypted for this place. Raises `DecryptionFailed` when it was not."""
        key_id, mark, content = encrypted.partition(b":")
        key = self._keys.get(key_id.decode("ascii", "replace"))
        if key is None:
            raise DecryptionFailed("encrypted content names no known key")
        head, nonce = (key_id + mark).decode(), content[:NONCE_BYTES]
        try:
            return AESGCM(key).decrypt(nonce, content[NONCE_BYTES:], associated_data(head, place))
        except (InvalidTag, ValueError):
            raise DecryptionFailed("encrypted content was altered or moved") from None

    def is_current(self, encrypted: str) -> bool:
        """Return whether a text is encrypted with the current key."""
        return encrypted.startswith(tuple(self.key_id + mark for mark in MARKS))


def associated_data(head: str, place: str) -> bytes:
    """Return the associated data of an encrypted text: its own head and its place."""
    return f"ocms {head} {place}".encode()

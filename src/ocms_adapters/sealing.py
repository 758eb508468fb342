"""Encrypts what the Internet side may keep but nobody may read there."""

import os
import re
from base64 import b85decode, b85encode
from collections.abc import Mapping

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ocms_core.kernel.faults import BadRow, Fault
from ocms_core.kernel.spec import rule

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[0-9A-Za-z]{1,3}", re.ASCII)
# 66 characters of two bytes each, sealed and written in base 85, are the 204 of the widest column with a
# key id of three and its mark.
MOST_BYTES = 132

# The mark behind the key id tells how the text is written; whichever is shorter for it.
MARKS: Mapping[str, str] = {":": "utf-8", ".": "utf-16-le"}


class Unreadable(Fault):
    """A sealed text cannot be opened: unknown key, another place, or not ours."""


@frozen
class Sealer:
    """
    Seals and opens texts with AES-256-GCM.

    `keys` are the known keys of 32 bytes by id, of 1 to 3 letters and digits: the first seals, all open.
    A sealed text reads `<key id><mark><base 85 of nonce, ciphertext and tag>`; it opens only in the
    place it was sealed for, so none can be moved to another row. ValueError for keys that cannot be.
    """

    _keys: Mapping[str, bytes] = field(repr=False)

    @_keys.validator
    def _usable(self, _field: object, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("There is no key to seal with.")
        for key_id, key in keys.items():
            if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
                raise ValueError("A key has an id of 1 to 3 letters and digits, and 32 bytes.")

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return next(iter(self._keys))

    @rule("F62")
    def seal(self, text: str, place: str) -> str:
        """
        Whatever is sealed is authenticated and never sealed twice alike; the key's id stands in front.

        BadRow for a text too long for its column: above 66 characters of the basic plane.
        """
        mark = ":" if len(text.encode()) <= MOST_BYTES else "."
        written = text.encode(MARKS[mark])
        if len(written) > MOST_BYTES:
            raise BadRow("a name is too long to be sealed")
        head, nonce = self.key_id + mark, os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._keys[self.key_id]).encrypt(nonce, written, bound(head, place))
        return head + b85encode(nonce + sealed).decode()

    def open(self, sealed: str, place: str) -> str:
        """Open what was sealed for this place; Unreadable when it was not."""
        head = next((sealed[: at + 1] for at in range(1, 4) if sealed[at : at + 1] in MARKS), "")
        key = self._keys.get(head[:-1])
        if key is None:
            raise Unreadable("a sealed text names no known key")
        try:
            content = b85decode(sealed[len(head) :])
            opened = AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], bound(head, place))
        except (InvalidTag, ValueError):
            raise Unreadable("a sealed text was altered or moved") from None
        return opened.decode(MARKS[head[-1]])

    def is_current(self, sealed: str) -> bool:
        """Tell whether a text is sealed with the key that seals now."""
        return sealed.startswith(tuple(self.key_id + mark for mark in MARKS))


def bound(head: str, place: str) -> bytes:
    """Give what a sealed text is bound to besides: its own head and its place."""
    return f"ocms {head} {place}".encode()

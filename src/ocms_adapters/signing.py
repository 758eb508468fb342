"""Signatures of the heads of audit rows, Ed25519 (RFC 8032)."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from hashlib import sha256

from attrs import evolve, field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ocms_core.kernel.audit_heads import Head
from ocms_core.kernel.rule_tags import rule

ID_DIGITS = 16


def key_id_of(public_key: bytes) -> str:
    """Return the id of a public key: the beginning of its SHA-256 in hex."""
    return sha256(public_key).hexdigest()[:ID_DIGITS]


@frozen
class Ed25519Signer:
    """Signs heads with a private key of 32 bytes; raise ValueError for another length."""

    _secret: bytes = field(repr=False)
    _key: Ed25519PrivateKey = field(init=False, repr=False)

    @_key.default
    def _load(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._secret)

    @property
    def public_key(self) -> bytes:
        """The key that checks its signatures."""
        return self._key.public_key().public_bytes_raw()

    @rule("K2")
    def signed(self, head: Head) -> Head:
        """Return the head with the id of the key and the signature (K2)."""
        named = evolve(head, key_id=key_id_of(self.public_key))
        return evolve(named, signature=base64.b64encode(self._key.sign(named.statement)).decode())


@frozen
class Ed25519Checker:
    """Checks heads by the public keys that count; build one with `of`."""

    _keys: Mapping[str, Ed25519PublicKey]

    @classmethod
    def of(cls, public_keys: Iterable[bytes]) -> "Ed25519Checker":
        """Return what checks by public keys of 32 bytes; raise ValueError for another length."""
        return cls({key_id_of(key): Ed25519PublicKey.from_public_bytes(key) for key in public_keys})

    @rule("K2")
    def is_signed(self, head: Head) -> bool:
        """Return whether the signature is one of a known key over this head (K2)."""
        key = self._keys.get(head.key_id)
        if key is None:
            return False
        try:
            key.verify(base64.b64decode(head.signature, validate=True), head.statement)
        except (InvalidSignature, ValueError, binascii.Error):
            return False
        return True

"""Heads are signed with Ed25519, and a signature fits no other head (K2)."""

import base64
from datetime import timedelta

import pytest
from attrs import evolve

from ocms_adapters.signing import Ed25519Checker, Ed25519Signer, key_id_of
from ocms_core.kernel.audit_heads import Head
from tests.support.builders import NOW

SIGNER, STRANGER = Ed25519Signer(b"1" * 32), Ed25519Signer(b"2" * 32)
CHECKER = Ed25519Checker.of([SIGNER.public_key])
HEAD = SIGNER.signed(Head(3, "ab" * 32, NOW))


@pytest.mark.rule("K2")
def test_a_signature_fits_the_head_it_was_made_for_and_no_other() -> None:
    assert CHECKER.is_signed(HEAD)
    assert HEAD.key_id == key_id_of(SIGNER.public_key)
    others = (
        evolve(HEAD, size=4),
        evolve(HEAD, root="ac" * 32),
        evolve(HEAD, signed_at=NOW + timedelta(microseconds=1)),
        evolve(HEAD, signature=base64.b64encode(bytes(64)).decode()),
        evolve(HEAD, signature="none"),
        evolve(HEAD, signature=""),
        evolve(HEAD, key_id="none"),
        STRANGER.signed(HEAD),
        evolve(STRANGER.signed(HEAD), key_id=HEAD.key_id),
    )
    assert not any(map(CHECKER.is_signed, others))


@pytest.mark.rule("K2")
def test_heads_of_earlier_keys_count_where_their_public_keys_are_known() -> None:
    both = Ed25519Checker.of([SIGNER.public_key, STRANGER.public_key])
    assert both.is_signed(HEAD)
    assert both.is_signed(STRANGER.signed(HEAD))


def test_a_key_shows_nowhere_and_has_32_bytes() -> None:
    assert "1111" not in repr(SIGNER)
    with pytest.raises(ValueError, match="32"):
        Ed25519Signer(b"short")

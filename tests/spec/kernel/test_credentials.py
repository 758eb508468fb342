"""What makes an API key valid."""

import hashlib
import secrets
from datetime import timedelta
from typing import TypeAlias

import pytest
from attrs import evolve

from ocms_core.kernel.access import Role
from ocms_core.kernel.credentials import (
    CLIENT_ROLES,
    KEY_ID_BYTES,
    LIVE_KEYS_PER_CLIENT,
    NOBODYS_HASH,
    SECRET_BYTES,
    STAFF_ROLES,
    ApiCredential,
    PresentedKey,
    accepts,
    format_key,
    hash_of,
    parse_key,
)
from tests.support.builders import LATER, NOW, SINCE

SECRET = "made-up_secret_of_forty-three_characters___"
KEY = PresentedKey("0123456789abcdef", SECRET)
PRINTED = f"ocms_0123456789abcdef_{SECRET}"
KEPT = ApiCredential(
    key_id=KEY.key_id,
    client="CAS",
    role=Role.CAS,
    secret_hash=hashlib.sha256(SECRET.encode()).hexdigest(),
    issued_at=SINCE,
    expires_at=LATER,
)
MOMENT = timedelta(microseconds=1)
Kept: TypeAlias = ApiCredential | None


def test_a_key_is_read_as_it_was_printed() -> None:
    assert format_key(KEY.key_id, SECRET) == PRINTED
    assert parse_key(PRINTED) == KEY


@pytest.mark.parametrize(
    "header",
    [
        "",
        PRINTED[:-1],
        PRINTED + "_",
        PRINTED + "\n",
        " " + PRINTED,
        PRINTED.replace("ocms", "OCMS"),
        PRINTED.replace("abcdef", "ABCDEF"),
        PRINTED.replace("made", "m\xe4de"),
        PRINTED.replace("made", "m\x00de"),
        "ocms__",
    ],
)
def test_a_text_that_is_no_key_of_ours_is_none(header: str) -> None:
    assert parse_key(header) is None


@pytest.mark.parametrize(
    "kept, accepted",
    [
        (KEPT, True),
        (evolve(KEPT, expires_at=None), True),
        (evolve(KEPT, expires_at=NOW + MOMENT), True),
        (evolve(KEPT, expires_at=NOW), False),
        (evolve(KEPT, revoked_at=SINCE), False),
        (evolve(KEPT, expires_at=None, revoked_at=SINCE), False),
        (evolve(KEPT, secret_hash=hash_of("another")), False),
        (None, False),
    ],
    ids=[
        "a genuine key",
        "a key without an end",
        "the last moment of a key",
        "the moment a key expires",
        "a revoked key",
        "a revoked key without an end",
        "another secret",
        "an unknown key",
    ],
)
def test_a_key_is_accepted_while_it_lives_and_with_its_own_secret(kept: Kept, accepted: bool) -> None:  # noqa: FBT001  # what is expected
    assert accepts(kept, KEY, NOW) is accepted


def test_a_key_that_is_issued_has_an_id_of_64_random_bits_and_a_secret_of_256() -> None:
    assert (KEY_ID_BYTES * 8, SECRET_BYTES * 8) == (64, 256)
    issued = format_key(secrets.token_hex(KEY_ID_BYTES), secrets.token_urlsafe(SECRET_BYTES))
    assert parse_key(issued) is not None


def test_an_unknown_key_is_compared_with_a_hash_like_any_other() -> None:
    assert len(NOBODYS_HASH) == len(hash_of(SECRET))


def test_a_client_has_an_old_and_a_new_key_at_most() -> None:
    assert LIVE_KEYS_PER_CLIENT == 2


def test_a_secret_shows_in_no_text() -> None:
    assert SECRET not in f"{KEY} {KEPT}"
    assert KEPT.secret_hash not in f"{KEY} {KEPT}"


def test_the_last_use_is_noted_once_an_hour() -> None:
    assert KEPT.is_use_to_be_recorded(NOW)
    assert not evolve(KEPT, last_used_at=NOW - timedelta(hours=1) + MOMENT).is_use_to_be_recorded(NOW)
    assert evolve(KEPT, last_used_at=NOW - timedelta(hours=1)).is_use_to_be_recorded(NOW)
    assert not evolve(KEPT, last_used_at=NOW + timedelta(minutes=1)).is_use_to_be_recorded(NOW)
    assert evolve(KEPT, last_used_at=NOW + timedelta(days=1)).is_use_to_be_recorded(NOW)


@pytest.mark.rule("G4", "G16")
def test_a_client_is_never_staff() -> None:
    assert not CLIENT_ROLES & STAFF_ROLES
    assert set(Role) == CLIENT_ROLES | STAFF_ROLES

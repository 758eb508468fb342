"""What makes an API key valid, and what authentication needs from outside: keys kept, calls counted."""

import re
from datetime import datetime, timedelta
from typing import Protocol

from attrs import field

from ocms_core.kernel.access import Limit, Operation, Role
from ocms_core.kernel.digests import is_same_digest, sha256_hex
from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.value_objects import value_object

# Two, so that a client can go over to a new key while the old one still works.
LIVE_KEYS_PER_CLIENT = 2
USE_RECORDING_INTERVAL = timedelta(hours=1)

# An officer comes with a staff token only (G4), never with the credential of a client system.
CLIENT_ROLES = frozenset({Role.CAS, Role.PLUS, Role.TOPPAN})
STAFF_ROLES = frozenset({Role.OIC})

KEY_ID_BYTES = 8
SECRET_BYTES = 32
PRINTED_KEY = re.compile(r"ocms_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
NOBODYS_HASH = "0" * 64


@value_object
class PresentedKey:
    """An API key as a caller shows it, taken apart; the secret shows in no text of it."""

    key_id: str
    secret: str = field(repr=False)


@value_object
class ApiCredential:
    """
    An API key as OCMS keeps it: whose it is and how long it counts.

    `secret_hash` is the SHA-256 of the secret in hex. A slow hash protects what people choose and
    reuse; a secret of 256 random bits cannot be guessed however fast the guesses are checked.
    """

    key_id: str
    client: str
    role: Role
    secret_hash: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        """Return whether the key counts: until it expires or is revoked."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def is_use_to_be_recorded(self, now: datetime) -> bool:
        """Return whether this use is to be recorded: once an hour, and where a wrong clock dated the last."""
        return self.last_used_at is None or abs(now - self.last_used_at) >= USE_RECORDING_INTERVAL


class TooManyKeys(OcmsError):
    """A client has its two live keys already; the message says what to do."""


def format_key(key_id: str, secret: str) -> str:
    """Return the key as the client gets it: `ocms_<key id>_<secret>`."""
    return f"ocms_{key_id}_{secret}"


def parse_key(text: str) -> PresentedKey | None:
    """Take a key from a header apart; None for any text that is no key of ours."""
    match = PRINTED_KEY.fullmatch(text)
    return PresentedKey(match[1], match[2]) if match else None


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a secret, in hex: what is kept of it."""
    return sha256_hex(secret.encode())


def accepts(credential: ApiCredential | None, presented: PresentedKey, now: datetime) -> bool:
    """
    Return whether a key has the secret that was issued and is neither expired nor revoked.

    An unknown key (None) is compared all the same, so that the time taken does not show which
    ids are known.
    """
    kept = credential.secret_hash if credential else NOBODYS_HASH
    genuine = is_same_digest(hash_of(presented.secret), kept)
    return genuine and credential is not None and credential.live(now)


class ApiCredentials(Protocol):
    """Where API keys are kept."""

    def find(self, key_id: str) -> ApiCredential | None:
        """Return the key of this id, live or not."""

    def record_use(self, key_id: str, now: datetime) -> None:
        """Note that the key was used."""


@value_object
class CallAllowed:
    """The call is within the limit, and is counted."""


@value_object
class RateLimitExceeded:
    """The call is one too many and is not counted; in `retry_after` seconds (1 or more) one will pass."""

    retry_after: int


class RateLimits(Protocol):
    """Counts calls, for all processes and machines together."""

    def take(
        self, operation: Operation, limit: Limit, credential: str, now: datetime
    ) -> CallAllowed | RateLimitExceeded:
        """Count one call if the limit allows it."""

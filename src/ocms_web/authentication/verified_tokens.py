"""Tokens that were found good, so that a signature is verified once and not at every call."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from threading import Lock

from attrs import define, field, frozen
from joserfc.jwk import Key

from ocms_core.kernel.access import Principal
from ocms_core.kernel.rule_tags import rule

MOST_TOKENS = 4096


@frozen
class VerifiedToken:
    """
    What was found of a good token, and from when until when it counts, in seconds since 1970.

    `current_key` returns the key that its issuer has now under the id the token names.
    """

    caller: Principal
    key: Key
    current_key: Callable[[], Key | None]
    since: float
    until: float


@define
class VerifiedTokens:
    """
    The latest good tokens by their SHA-256, the oldest of which makes room for a new one.

    Of the tokens themselves nothing is kept, and of bad ones nothing at all.
    """

    _most: int = MOST_TOKENS
    _tokens: dict[bytes, VerifiedToken] = field(factory=dict, init=False, repr=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False, eq=False)

    @rule("G17")
    def caller_of(self, token: str, now: datetime) -> Principal | None:
        """
        Return the caller of a token found good before; None where it is to be verified (G17).

        Its issuer must still have the very key it was verified with: one that was taken back or replaced
        since counts no more. Raises `Unavailable` when the issuer's keys are not known.
        """
        known = self._tokens.get(digest(token))
        if known is None or not known.since <= now.timestamp() < known.until:
            return None
        return known.caller if known.current_key() is known.key else None

    def keep(self, token: str, verified: VerifiedToken) -> None:
        """Keep what was found of a good token."""
        with self._lock:
            if len(self._tokens) >= self._most:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[digest(token)] = verified


def digest(token: str) -> bytes:
    """Return the SHA-256 of a token; what is not ASCII is in no good one."""
    return sha256(token.encode("ascii", "replace")).digest()

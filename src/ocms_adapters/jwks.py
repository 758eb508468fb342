"""The public keys of token issuers, from an address or a file, cached and read again when they change."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import structlog
from attrs import define, evolve, field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from ocms_core.kernel.errors import Unavailable

log = structlog.get_logger()

FRESH_SECONDS = 300
# However many unknown key ids come, the set is read no more often than this.
REFRESH_SECONDS = 30
FIRST_REFRESH_SECONDS = 2
ANSWER_SECONDS = 3
LARGEST_SET = 256 * 1024

KEY_TYPES: Mapping[object, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
# The modulus of a key of 2,048 bits, in base64url; shorter keys are not to be trusted.
SHORTEST_MODULUS = 342

Keys = Mapping[str, Key]


@frozen
class KeySet:
    """The last good set, when it was read, and when reading was last tried."""

    keys: Keys = field(factory=dict)
    read_at: float | None = None
    tried_at: float | None = None


@define
class IssuerKeys:
    """
    The keys an issuer signs with, by key id.

    A set counts for five minutes. An unknown key id has it read again, every 30 seconds at most. An
    issuer that does not answer is served from the last good set.
    """

    _name: str
    _read: Callable[[], bytes]
    _seconds: Callable[[], float] = monotonic
    _current: KeySet = field(factory=KeySet, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def key(self, kid: str) -> Key | None:
        """Return the key of this id, None for none. Raises `Unavailable` when no set was ever read."""
        if self._due(kid):
            self._refresh(kid)
        current = self._current
        if current.read_at is None:
            raise Unavailable(f"the key set of token issuer {self._name}")
        return current.keys.get(kid)

    def _due(self, kid: str) -> bool:
        current, seconds = self._current, self._seconds()
        if current.tried_at is None:
            return True
        if current.read_at is None:
            return seconds - current.tried_at >= FIRST_REFRESH_SECONDS
        is_needed = kid not in current.keys or seconds - current.read_at >= FRESH_SECONDS
        return is_needed and seconds - current.tried_at >= REFRESH_SECONDS

    def _refresh(self, kid: str) -> None:
        # Only a call that needs the new set waits while another is reading it.
        if not self._lock.acquire(blocking=kid not in self._current.keys):
            return
        try:
            if self._due(kid):
                self._current = self._fetch()
        finally:
            self._lock.release()

    def _fetch(self) -> KeySet:
        try:
            keys = usable_keys(self._read())
        except (httpx.HTTPError, OSError, ValueError) as error:
            log.warning("key_set_not_read", issuer=self._name, reason=type(error).__name__)
            return evolve(self._current, tried_at=self._seconds())
        return KeySet(keys, read_at=self._seconds(), tried_at=self._seconds())


def keys_at(name: str, url: str) -> IssuerKeys:
    """Return the keys an issuer publishes at an address."""
    client = httpx.Client(
        timeout=ANSWER_SECONDS, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
    )

    def read() -> bytes:
        content = bytearray()
        with client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"the issuer answered {response.status_code}")
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST_SET:
                    raise ValueError("the key set is too large")
        return bytes(content)

    return IssuerKeys(name, read)


def keys_in(name: str, file: Path) -> IssuerKeys:
    """Return the keys an issuer gave in a file."""
    return IssuerKeys(name, file.read_bytes)


def usable_keys(document: bytes) -> Keys:
    """
    Read a JSON Web Key Set: its public signing keys that have an id.

    A key of an unknown kind does not spoil the others. Raises `ValueError` when no usable key is left.
    """
    try:
        entries = list(json.loads(document)["keys"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("the document is no key set") from error
    keys = {str(key.kid): key for key in map(usable_key, entries) if key is not None}
    if not keys:
        raise ValueError("the key set has no usable key")
    return keys


def usable_key(entry: Any) -> Key | None:
    """Read one key; None when it is not for signatures, has no id, is too short or cannot be read."""
    try:
        kind = KEY_TYPES[entry["kty"]]
        too_short = kind is RSAKey and len(entry["n"]) < SHORTEST_MODULUS
        if too_short or not entry["kid"] or entry.get("use", "sig") != "sig":
            return None
        return kind.import_key(dict(entry))
    except (JoseError, ValueError, KeyError, TypeError):
        return None

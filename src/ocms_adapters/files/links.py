"""Links that open one file until they expire, signed so that neither path nor expiry can be changed."""

import hmac
import os
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

from attrs import field, frozen

from ocms_core.kernel.report_store import LONGEST_LINK

KEY_BYTES = 32
CLOCK_TOLERANCE = timedelta(minutes=1)


@frozen
class SignedLinks:
    """Signed links below `address`; every process of an installation shares the `key`."""

    key: bytes = field(repr=False)
    address: str

    def make(self, name: str, expires_at: datetime) -> str:
        """Return the link to a file."""
        expires = str(int(expires_at.timestamp()))
        query = urlencode({"expires": expires, "signature": self._signature(name, expires)})
        return f"{self.address.rstrip('/')}/{quote(name)}?{query}"

    def opens(self, name: str, expires: str, signature: str, now: datetime) -> bool:
        """
        Return whether a link opens this file now; the signature is compared in constant time.

        One that would open for longer than any may was made by a clock that is wrong, and opens nothing.
        """
        genuine = hmac.compare_digest(
            self._signature(name, expires).encode(), signature.encode("utf-8", "replace")
        )
        return (
            genuine and now.timestamp() < int(expires) <= (now + LONGEST_LINK + CLOCK_TOLERANCE).timestamp()
        )

    def _signature(self, name: str, expires: str) -> str:
        return hmac.new(self.key, f"{expires}\n{name}".encode("utf-8", "replace"), sha256).hexdigest()


def key_in(path: Path) -> bytes:
    """Read the key kept in a file; whichever process comes first makes it."""
    if path.exists():
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_bytes(secrets.token_bytes(KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first, and its key is the key
    finally:
        draft.unlink()
    return path.read_bytes()

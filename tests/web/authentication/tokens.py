"""Tokens for the tests of the bearer authenticator: good ones, and every way of making a bad one."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from ocms_adapters.jwks import keys_in
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import SINGAPORE
from ocms_web.authentication.bearer import BearerAuthenticator
from ocms_web.authentication.issuers import CallerKind, Issuer

NOW = datetime(2026, 3, 2, 12, tzinfo=SINGAPORE)
SECOND = int(NOW.timestamp())
FILE = Path("keys.json")  # where no test looks: the tests hand their key sources over themselves

CLIENTS = Issuer(
    "apim",
    "https://apim.example",
    "ocms",
    CallerKind.CLIENTS,
    jwks_file=FILE,
    roles={"toppan-1": Role.TOPPAN},
)
STAFF = Issuer("staff", "https://staff.example", "ocms", CallerKind.STAFF, jwks_file=FILE)

EC = ECKey.generate_key("P-256", parameters={"kid": "ec", "use": "sig"})
RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa", "use": "sig", "alg": "RS256"})
STRANGER = ECKey.generate_key("P-256", parameters={"kid": "ec"})

PLUS_CLAIMS = {
    "iss": CLIENTS.issuer,
    "aud": "ocms",
    "sub": "plus-1",
    "client_id": "plus-1",
    "roles": ["plus"],
    "iat": SECOND - 60,
    "nbf": SECOND - 60,
    "exp": SECOND + 600,
}
OFFICER_CLAIMS = {**PLUS_CLAIMS, "iss": STAFF.issuer, "sub": "officer.tan", "roles": ["oic"]}


def key_set(*keys: Key) -> bytes:
    """Write a key set as an issuer publishes it."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def bearer_authenticator(folder: Path) -> BearerAuthenticator:
    """Return a bearer authenticator with an issuer of clients and one of staff, signing with EC or RSA."""
    file = folder / "keys.json"
    file.write_bytes(key_set(EC, RSA))
    return BearerAuthenticator([(issuer, keys_in(issuer.name, file)) for issuer in (CLIENTS, STAFF)])


def signed(claims: Any, header: dict[str, Any] | None = None, key: Key = EC) -> str:
    """Sign claims; what `header` gives as None is left out."""
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    said = {"alg": algorithm, "typ": "JWT", "kid": key.kid, **(header or {})}
    protected = {name: value for name, value in said.items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jws.serialize_compact(protected, payload, key, registry=registry)


def base64url(content: bytes) -> str:
    """Write bytes as tokens do."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def crafted(header: Any, claims: Any, secret: bytes | None = None) -> str:
    """Put a token together by hand, with an HMAC or with no signature."""
    parts = [
        base64url(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, claims)
    ]
    signing_input = ".".join(parts)
    if secret is None:
        return f"{signing_input}."
    return f"{signing_input}.{base64url(hmac.digest(secret, signing_input.encode(), hashlib.sha256))}"

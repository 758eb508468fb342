"""An issuer of tokens for development: it signs with a key of this machine where it is switched on."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from attrs import frozen
from joserfc import jwt
from joserfc.jwk import ECKey

from ocms_core.kernel.access import Role
from ocms_core.kernel.errors import OcmsError
from ocms_web.authentication.bearer import NAME
from ocms_web.authentication.issuers import ROLES, CallerKind, Issuer

AUDIENCE = "ocms"
ALGORITHM = "ES256"


class DevIssuerOff(OcmsError):
    """The development issuer is not switched on; the message says how."""

    def __init__(self) -> None:
        super().__init__(
            "The development token issuer is switched off. Set OCMS_DEV_ISSUER=1 to sign tokens with a key "
            "of this machine. Never do so in production: tokens come from the issuers in the settings there."
        )


@frozen
class DevIssuer:
    """Issues tokens to developers, with the issuers to accept them by; `DevIssuerOff` while it is off."""

    _folder: Path
    _switched_on: bool

    def issuers(self) -> tuple[Issuer, ...]:
        """Return the issuer of client tokens and the one of staff tokens, as the authenticator needs them."""
        key = self._key()
        if not self._public_file.exists():  # the process that made the key may have ended before it
            self._publish(key)
        return tuple(
            Issuer(
                name=f"dev-{kind.value}",
                issuer=issuer_of(kind),
                audience=AUDIENCE,
                kind=kind,
                algorithms=frozenset({ALGORITHM}),
                jwks_file=self._public_file,
            )
            for kind in CallerKind
        )

    def token(
        self, subject: str, role: Role, *, kind: CallerKind, now: datetime, lifetime: int = 3600
    ) -> str:
        """
        Sign a token for a client id or an officer, good for `lifetime` seconds.

        Raises `ValueError` for a role that such a bearer cannot have, and for a name that is too long.
        """
        if role not in ROLES[kind]:
            allowed = ", ".join(sorted(allowed.value for allowed in ROLES[kind]))
            raise ValueError(f"A token for {kind.value} has one of these roles: {allowed}.")
        if not NAME.fullmatch(subject):
            raise ValueError("The bearer of a token is named by 1 to 50 ASCII characters.")
        claims = {"aud": AUDIENCE, "sub": subject, "roles": [role.value]}
        return self._signed(claims, kind, now, lifetime)

    def id_token(self, subject: str, client_id: str, nonce: str, *, now: datetime, lifetime: int) -> str:
        """Sign the ID token of an officer's sign-in, good for `lifetime` seconds."""
        claims = {"aud": client_id, "sub": subject, "nonce": nonce}
        return self._signed(claims, CallerKind.STAFF, now, lifetime)

    def _signed(self, claims: Mapping[str, object], kind: CallerKind, now: datetime, lifetime: int) -> str:
        key, second = self._key(), int(now.timestamp())
        whole = {"iss": issuer_of(kind), "iat": second, "nbf": second, "exp": second + lifetime, **claims}
        return jwt.encode({"alg": ALGORITHM, "kid": str(key.kid)}, whole, key, algorithms=[ALGORITHM])

    @property
    def _private_file(self) -> Path:
        return self._folder / "dev-issuer.key.json"

    @property
    def _public_file(self) -> Path:
        return self._folder / "dev-issuer.jwks.json"

    def _key(self) -> ECKey:
        if not self._switched_on:
            raise DevIssuerOff
        if not self._private_file.exists():
            draft = self._draft(json.dumps(ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)))
            # A link is made once: of two processes starting together, the second finds the first one's key.
            with suppress(FileExistsError):
                os.link(draft, self._private_file)
            draft.unlink()
            self._publish(self._read())
        return self._read()

    def _read(self) -> ECKey:
        return ECKey.import_key(json.loads(self._private_file.read_text()))

    def _publish(self, key: ECKey) -> None:
        self._draft(json.dumps({"keys": [key.as_dict(private=False)]})).replace(self._public_file)

    def _draft(self, text: str) -> Path:
        """Write a whole file under another name, readable by its owner only."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".dev-issuer.")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return Path(name)


def issuer_of(kind: CallerKind) -> str:
    """Return the `iss` of development tokens of a kind."""
    return f"urn:ocms:dev:{kind.value}"

"""The issuers whose tokens are accepted, and for whom."""

from collections.abc import Mapping
from enum import Enum, unique
from pathlib import Path
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen
from attrs.validators import matches_re, min_len

from ocms_core.kernel.access import Role
from ocms_core.kernel.credentials import CLIENT_ROLES, STAFF_ROLES

# Signatures that a public key checks. "none" and the HS family are not among them, and cannot be set.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@unique
class CallerKind(Enum):
    """Who gets tokens from an issuer: client systems or staff."""

    CLIENTS = "clients"
    STAFF = "staff"


ROLES: dict[CallerKind, frozenset[Role]] = {CallerKind.CLIENTS: CLIENT_ROLES, CallerKind.STAFF: STAFF_ROLES}


def _asymmetric(_issuer: "Issuer", _field: "Attribute[frozenset[str]]", algorithms: frozenset[str]) -> None:
    if not algorithms or algorithms - ALGORITHMS:
        raise ValueError(f"The algorithms of an issuer are some of {', '.join(sorted(ALGORITHMS))}.")


def _secure(_issuer: "Issuer", _field: "Attribute[str | None]", url: str | None) -> None:
    if url is None:
        return
    address = urlsplit(url)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOOPBACK):
        raise ValueError("A key set is read over https (http only from this machine itself).")


@frozen
class Issuer:
    """
    An issuer of tokens.

    `issuer` and `audience` are the `iss` and `aud` its tokens must carry. Its keys are at `jwks_url` or
    in `jwks_file`. `roles` gives client ids a role that their tokens need not state. `name` is short
    and ours: with a client id it is what rate limits count by. ValueError for settings that cannot be.
    """

    name: str = field(validator=matches_re(r"[a-z0-9-]{1,12}"))
    issuer: str = field(validator=min_len(1))
    audience: str = field(validator=min_len(1))
    kind: CallerKind
    algorithms: frozenset[str] = field(default=frozenset({"RS256", "PS256", "ES256"}), validator=_asymmetric)
    jwks_url: str | None = field(default=None, validator=_secure)
    jwks_file: Path | None = None
    roles: Mapping[str, Role] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ValueError(f"Issuer {self.name} has its key set either at a URL or in a file.")
        if self.roles and (self.kind is CallerKind.STAFF or not CLIENT_ROLES.issuperset(self.roles.values())):
            raise ValueError(f"Issuer {self.name}: only clients are given roles, and only those of clients.")

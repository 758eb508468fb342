"""The issuers whose tokens are accepted, and for whom."""

from collections.abc import Iterable, Mapping
from enum import Enum, unique
from pathlib import Path
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen
from attrs.validators import in_, matches_re, min_len

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


# A token that does not say it is one for access may be anything the issuer signs.
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
CALLER_CLAIMS = {CallerKind.CLIENTS: ("client_id", "azp", "appid", "sub"), CallerKind.STAFF: ("sub",)}
ROLE_CLAIMS = ("roles", "role")
AUDIENCE_CLAIMS = ("aud", "client_id")
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


def _lower_case(types: Iterable[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in types)


@frozen
class Issuer:
    """
    An issuer of tokens.

    `issuer` and `audience` are the `iss` and `aud` its tokens must carry. Its keys are at `jwks_url` or
    in `jwks_file`. `roles` gives client ids a role that their tokens need not state. `name` is short
    and ours: with a client id it is what rate limits count by. ValueError for settings that cannot be.

    What providers do differently (G17): `caller_claims` name the caller, the first there is counting; empty
    for those usual of the kind. `role_claims` are paths to the roles, their parts separated by dots, and
    `role_words` the roles by the provider's words; empty for ours. `types` are the `typ` a header may have,
    and with `untyped` it may have none. `audience_claim` is `client_id` where the provider leaves `aud` out.
    `required_claims` are claims a token must have, with their text.
    """

    name: str = field(validator=matches_re(r"[a-z0-9-]{1,12}"))
    issuer: str = field(validator=min_len(1))
    audience: str = field(validator=min_len(1))
    kind: CallerKind
    algorithms: frozenset[str] = field(default=frozenset({"RS256", "PS256", "ES256"}), validator=_asymmetric)
    jwks_url: str | None = field(default=None, validator=_secure)
    jwks_file: Path | None = None
    roles: Mapping[str, Role] = field(factory=dict)
    caller_claims: tuple[str, ...] = ()
    role_claims: tuple[str, ...] = field(default=ROLE_CLAIMS, validator=min_len(1))
    role_words: Mapping[str, Role] = field(factory=dict)
    types: frozenset[str] = field(default=TYPES, converter=_lower_case)
    untyped: bool = False
    audience_claim: str = field(default="aud", validator=in_(AUDIENCE_CLAIMS))
    required_claims: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ValueError(f"Issuer {self.name} has its key set either at a URL or in a file.")
        if self.roles and (self.kind is CallerKind.STAFF or not CLIENT_ROLES.issuperset(self.roles.values())):
            raise ValueError(f"Issuer {self.name}: only clients are given roles, and only those of clients.")
        if not ROLES[self.kind].issuperset(self.role_words.values()):
            raise ValueError(f"Issuer {self.name}: role_words have only roles of {self.kind.value}.")
        if not (self.types or self.untyped) or "" in {*self.types, *self.caller_claims, *self.role_claims}:
            raise ValueError(f"Issuer {self.name}: a type or the name of a claim is empty.")
        if self.audience_claim == "client_id" and self.kind is CallerKind.STAFF and not self.required_claims:
            raise ValueError(
                f"Issuer {self.name}: where no audience tells an access token of staff from others, "
                "required_claims do."
            )

    @property
    def naming_claims(self) -> tuple[str, ...]:
        """The claims that name a caller, the first there is counting."""
        return self.caller_claims or CALLER_CLAIMS[self.kind]

    @property
    def known_words(self) -> Mapping[str, Role]:
        """The roles this issuer may give, by the words its tokens have for them."""
        return self.role_words or {role.value: role for role in ROLES[self.kind]}

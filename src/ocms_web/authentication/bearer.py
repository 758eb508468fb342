"""Authentication by bearer token: JSON Web Tokens of the issuers the deployment trusts."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen
from joserfc import jws
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from ocms_core.kernel.access import CredentialKind, Principal, Role
from ocms_web.authentication.issuers import ROLES, CallerKind, Issuer
from ocms_web.authentication.rejections import (
    TOKEN_NOT_ALLOWED,
    UNAUTHORIZED,
    AuthenticationFailure,
    invalid_token,
)

LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 30
# A token that does not say it is one for access may be anything the issuer signs.
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
# As long as the columns a caller's name goes into, and in characters every database keeps as they are.
NAME = re.compile(r"[\x20-\x7e]{1,50}")
NAMED_BY = {CallerKind.CLIENTS: ("client_id", "azp", "sub"), CallerKind.STAFF: ("sub",)}
READING = jws.JWSRegistry(strict_check_header=False)

Claims = dict[str, Any]


class BadToken(Exception):
    """The token is rejected; the message says why, in words safe to send."""


class KeySource(Protocol):
    """Where the keys of an issuer are found."""

    def key(self, kid: str) -> Key | None:
        """Return the key of this id, None if there is none. Raises `Unavailable` when that is not known."""


@frozen
class BearerAuthenticator:
    """Authenticates callers by the token in `Authorization: Bearer`."""

    _issuers: Sequence[tuple[Issuer, KeySource]] = field()

    kind = CredentialKind.BEARER
    header = "authorization"
    not_accepted = UNAUTHORIZED
    repeated = invalid_token("The Authorization header is repeated")
    not_allowed = TOKEN_NOT_ALLOWED

    @_issuers.validator
    def _distinct(self, _field: object, issuers: Sequence[tuple[Issuer, KeySource]]) -> None:
        names = {issuer.name for issuer, _ in issuers}
        claims = {(issuer.issuer, issuer.audience) for issuer, _ in issuers}
        if not len(names) == len(claims) == len(issuers):
            raise ValueError("Each token issuer has its own name, and its own pair of issuer and audience.")

    def authenticate(self, value: str, now: datetime) -> Principal | AuthenticationFailure:
        """
        Return the client or officer a good token names, if the token states a role known here.

        Raises `Unavailable` when the issuer's keys could never be read.
        """
        scheme, _, token = value.partition(" ")
        if scheme.lower() != "bearer":
            return UNAUTHORIZED
        try:
            signed, claims = unpack(token.strip(" "))
            issuer, keys = self._issuer_of(claims)
            verify(signed, issuer, keys)
            check_times(claims, now)
            name = name_of(claims, issuer)
        except BadToken as bad:
            return invalid_token(str(bad))
        role = role_of(claims, issuer, name)
        return Principal(name, role, f"{issuer.name}:{name}") if role else TOKEN_NOT_ALLOWED

    def _issuer_of(self, claims: Claims) -> tuple[Issuer, KeySource]:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        for issuer, keys in self._issuers:
            if claims.get("iss") == issuer.issuer and issuer.audience in audiences:
                return issuer, keys
        raise BadToken("The token is not from an issuer known here, or not for this system")


def unpack(token: str) -> tuple[jws.CompactSignature, Claims]:
    """Return a token taken apart, not yet verified. Raises `BadToken` for what is no access token."""
    if len(token) > LONGEST_TOKEN or not COMPACT.fullmatch(token):
        raise BadToken("The token is malformed")
    try:
        signed = jws.extract_compact(token.encode("ascii"), registry=READING)
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise BadToken("The token is malformed") from None
    header: object = signed.protected  # a list, for all the library has looked at
    if not (isinstance(header, dict) and isinstance(claims, dict)) or "crit" in header:
        raise BadToken("The token is malformed")
    if str(header.get("typ")).lower() not in TYPES:
        raise BadToken("The token is not an access token")
    return signed, claims


def verify(signed: jws.CompactSignature, issuer: Issuer, keys: KeySource) -> None:
    """
    Check the signature with the issuer's own key of the id the token names. Raises `BadToken`.

    A key, or the address of one, that the token itself brings is ignored.
    """
    algorithm, kid = signed.protected["alg"], signed.protected.get("kid")
    if not (isinstance(algorithm, str) and algorithm in issuer.algorithms and isinstance(kid, str)):
        raise BadToken("The token is not signed in a way accepted here")
    key = keys.key(kid)
    if key is None:
        raise BadToken("The token is signed with an unknown key")
    try:
        registry = jws.JWSRegistry(algorithms=issuer.algorithms, strict_check_header=False)
        genuine = jws.validate_compact(signed, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        genuine = False
    if not genuine:
        raise BadToken("The signature of the token is wrong")


def check_times(claims: Claims, now: datetime) -> None:
    """Raise `BadToken` unless now lies between begin or issue and expiry of the token (30 s leeway)."""
    rules = JWTClaimsRegistry(int(now.timestamp()), LEEWAY_SECONDS, exp={"essential": True})
    try:
        rules.validate(claims)
    except ExpiredTokenError:
        raise BadToken("The token is expired") from None
    except JoseError:
        raise BadToken("The token is not valid at this time") from None


def name_of(claims: Claims, issuer: Issuer) -> str:
    """Return the client id of a client, the subject of an officer. Raises `BadToken` without one."""
    name = next((claims[claim] for claim in NAMED_BY[issuer.kind] if claim in claims), None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadToken("The token does not name its bearer")
    return name


def role_of(claims: Claims, issuer: Issuer, name: str) -> Role | None:
    """Return the role set for the client, else the first role stated that this issuer may give."""
    if name in issuer.roles:
        return issuer.roles[name]
    known = {role.value: role for role in ROLES[issuer.kind]}
    return next((known[word] for word in stated_roles(claims) if word in known), None)


def stated_roles(claims: Claims) -> Iterator[str]:
    """Return every word of the claims `roles` and `role`, each a text or a list of texts."""
    for claim in ("roles", "role"):
        value = claims.get(claim)
        yield from (word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str))

"""Authentication by bearer token: JSON Web Tokens of the issuers the deployment trusts."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from attrs import field, frozen
from joserfc import jws
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from ocms_core.kernel.access import CredentialKind, Principal, Role
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication.issuers import Issuer
from ocms_web.authentication.rejections import (
    TOKEN_NOT_ALLOWED,
    UNAUTHORIZED,
    AuthenticationFailure,
    invalid_token,
)
from ocms_web.authentication.verified_tokens import VerifiedToken, VerifiedTokens

LONGEST_TOKEN = 16 * 1024
LEEWAY_SECONDS = 30
COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
# As long as the columns a caller's name goes into, and in characters every database keeps as they are.
NAME = re.compile(r"[\x20-\x7e]{1,50}")
# Claims that hold words separated by blanks (RFC 8693, 4.2, and Microsoft's name for it).
SPACED_CLAIMS = frozenset({"scope", "scp"})

Claims = dict[str, Any]


class TokenRegistry(jws.JWSRegistry):
    """The library's rules, with headers as long as a token may be: some have certificates."""

    max_header_length = LONGEST_TOKEN


READING = TokenRegistry(strict_check_header=False)


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
    _verified: VerifiedTokens = field(factory=VerifiedTokens, eq=False, repr=False)

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
        token = token.strip(" ")
        if known := self._verified.caller_of(token, now):
            return known
        try:
            signed, claims = unpack(token)
            issuer, keys = issuer_of(claims, self._issuers)
            check_type(signed, issuer)
            key = verify(signed, issuer, keys)
            check_times(claims, now)
            check_required(claims, issuer)
            name = name_of(claims, issuer)
        except BadToken as bad:
            return invalid_token(str(bad))
        role = role_of(claims, issuer, name)
        if role is None:
            return TOKEN_NOT_ALLOWED
        caller = Principal(name, role, f"{issuer.name}:{name}")
        current_key = partial(keys.key, signed.protected["kid"])
        verified = VerifiedToken(caller, key, current_key, now.timestamp(), float(claims["exp"]))
        self._verified.keep(token, verified)
        return caller


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
    return signed, claims


@rule("G17")
def issuer_of(claims: Claims, issuers: Sequence[tuple[Issuer, KeySource]]) -> tuple[Issuer, KeySource]:
    """Return the issuer a token is from and whose audience it is for (G17). Raises `BadToken` without one."""
    for issuer, keys in issuers:
        if claims.get("iss") == issuer.issuer and issuer.audience in audiences(claims, issuer):
            return issuer, keys
    raise BadToken("The token is not from an issuer known here, or not for this system")


def audiences(claims: Claims, issuer: Issuer) -> list[object]:
    """Return the audiences of a token; without `aud` its client id, where the issuer leaves `aud` out."""
    audience = claims.get("aud" if "aud" in claims else issuer.audience_claim)
    return audience if isinstance(audience, list) else [audience]


@rule("G17")
def check_type(signed: jws.CompactSignature, issuer: Issuer) -> None:
    """Raise `BadToken` unless the header states a type the issuer may use, or none where it may (G17)."""
    stated = signed.protected.get("typ")
    known = isinstance(stated, str) and stated.lower() in issuer.types
    if not known and not (issuer.untyped and "typ" not in signed.protected):
        raise BadToken("The token is not an access token")


def verify(signed: jws.CompactSignature, issuer: Issuer, keys: KeySource) -> Key:
    """
    Check the signature with the issuer's own key of the id the token names and return the key.

    Raises `BadToken`. A key, or the address of one, that the token itself brings is ignored.
    """
    algorithm, kid = signed.protected["alg"], signed.protected.get("kid")
    if not (isinstance(algorithm, str) and algorithm in issuer.algorithms and isinstance(kid, str)):
        raise BadToken("The token is not signed in a way accepted here")
    key = keys.key(kid)
    if key is None:
        raise BadToken("The token is signed with an unknown key")
    try:
        registry = TokenRegistry(algorithms=issuer.algorithms, strict_check_header=False)
        genuine = jws.validate_compact(signed, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        genuine = False
    if not genuine:
        raise BadToken("The signature of the token is wrong")
    return key


def check_times(claims: Claims, now: datetime) -> None:
    """Raise `BadToken` unless now lies between begin or issue and expiry of the token (30 s leeway)."""
    rules = JWTClaimsRegistry(int(now.timestamp()), LEEWAY_SECONDS, exp={"essential": True})
    try:
        rules.validate(claims)
    except ExpiredTokenError:
        raise BadToken("The token is expired") from None
    except JoseError:
        raise BadToken("The token is not valid at this time") from None


def check_required(claims: Claims, issuer: Issuer) -> None:
    """Raise `BadToken` unless the token has every claim its issuer's tokens must have."""
    for claim, text in issuer.required_claims.items():
        if claims.get(claim) != text:
            raise BadToken("The token does not have a claim required here")


@rule("G17")
def name_of(claims: Claims, issuer: Issuer) -> str:
    """Return the client id or the officer's name, from the claim set for it (G17). Raises `BadToken`."""
    name = next((claims[claim] for claim in issuer.naming_claims if claim in claims), None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadToken("The token does not name its bearer")
    return name


@rule("G17")
def role_of(claims: Claims, issuer: Issuer, name: str) -> Role | None:
    """Return the role set for the client, else the first role stated that this issuer may give (G17)."""
    if name in issuer.roles:
        return issuer.roles[name]
    known = issuer.known_words
    return next((known[word] for word in stated_roles(claims, issuer.role_claims) if word in known), None)


def stated_roles(claims: Claims, paths: Sequence[str]) -> Iterator[str]:
    """Yield every word at the paths: of a text, or a list of texts; a scope is words between blanks."""
    for path in paths:
        spaced = path.rpartition(".")[2] in SPACED_CLAIMS
        for value in values_at(claims, path):
            if isinstance(value, str):
                yield from value.split() if spaced else [value]
            elif isinstance(value, list):
                yield from (word for word in value if isinstance(word, str))


def values_at(claims: Claims, path: str) -> Iterator[object]:
    """Yield the values at a path through objects; its parts are separated by dots and may have dots."""
    if path in claims:
        yield claims[path]
    for dot in re.finditer(r"\.", path):
        inner = claims.get(path[: dot.start()])
        if isinstance(inner, dict):
            yield from values_at(inner, path[dot.end() :])

"""Why a bearer token is or is not accepted, check by check, for whoever runs OCMS."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from attrs import frozen
from joserfc import jws

from ocms_core.kernel.access import Principal
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication.bearer import (
    LONGEST_TOKEN,
    BadToken,
    BearerAuthenticator,
    Claims,
    KeySource,
    check_required,
    check_times,
    check_type,
    issuer_of,
    name_of,
    role_of,
    stated_roles,
    unpack,
    verify,
)
from ocms_web.authentication.issuers import Issuer

ENCRYPTED_PARTS = 5
LONGEST_VALUE = 80
LATEST_SECOND = 253_402_000_000  # of the year 9999, the last that dates here have


@frozen
class Finding:
    """A check of a token: its name, what the token has there, and the reason where it fails it."""

    check: str
    seen: str
    reason: str = ""


@frozen
class Inspection:
    """The checks of a token, and whether all together it is accepted for some call."""

    findings: Sequence[Finding]
    is_accepted: bool


@rule("G17")
def inspect(token: str, issuers: Sequence[tuple[Issuer, KeySource]], now: datetime) -> Inspection:
    """
    Return why a token is or is not accepted (G17): what a caller is told, with what the token has instead.

    The checks that follow a failed one are done as far as they can be. No finding has the token or its
    signature; claims it names are shortened.
    """
    accepted = False
    with suppress(Unavailable):  # one of the findings says so
        accepted = isinstance(BearerAuthenticator(issuers).authenticate(f"Bearer {token}", now), Principal)
    return Inspection(tuple(findings_of(token, issuers, now)), accepted)


def findings_of(token: str, issuers: Sequence[tuple[Issuer, KeySource]], now: datetime) -> Iterator[Finding]:
    """Yield the checks of a token, in the order in which a call makes them."""
    try:
        signed, claims = unpack(token)
    except BadToken as bad:
        yield Finding("form", form_of(token), str(bad))
        return
    yield Finding("form", form_of(token))
    try:
        issuer, keys = issuer_of(claims, issuers)
    except BadToken as bad:
        yield from unknown_issuer(claims, issuers, str(bad))
        alike = [each for each in issuers if each[0].issuer == claims.get("iss")]
        if len(alike) != 1:
            return
        issuer, keys = alike[0]
    else:
        yield Finding("issuer", f"iss {shown(claims['iss'])}: issuer {issuer.name} ({issuer.kind.value})")
        yield Finding("audience", audience_of(claims))
    yield from findings_by(issuer, keys, signed, claims, now)


def findings_by(
    issuer: Issuer, keys: KeySource, signed: jws.CompactSignature, claims: Claims, now: datetime
) -> Iterator[Finding]:
    """Yield the checks by the settings of an issuer."""
    yield checked("type", type_of(signed, issuer), lambda: check_type(signed, issuer))
    yield checked("signature", signature_of(signed, issuer), lambda: verify(signed, issuer, keys))
    yield checked("time", times_of(claims, now), lambda: check_times(claims, now))
    if issuer.required_claims:
        yield checked("required", required_of(claims, issuer), lambda: check_required(claims, issuer))
    yield checked("caller", callers_of(claims, issuer), lambda: name_of(claims, issuer))
    yield role_finding(claims, issuer)


def checked(check: str, seen: str, verify_it: Callable[[], object]) -> Finding:
    """Return a check with the reason where it fails."""
    try:
        verify_it()
    except (BadToken, Unavailable) as bad:
        return Finding(check, seen, str(bad))
    return Finding(check, seen)


def form_of(token: str) -> str:
    """Return what the text looks like, without repeating it."""
    parts = token.count(".") + 1
    if len(token) > LONGEST_TOKEN:
        return f"{len(token)} characters; {LONGEST_TOKEN} at most are accepted"
    if parts == ENCRYPTED_PARTS:
        return "an encrypted token (five parts); a signed one has three"
    if parts != 3:  # noqa: PLR2004  # header, claims, signature
        return f"{parts} parts between dots; a signed token has three, an opaque one cannot be checked here"
    return f"{len(token)} characters in three parts"


def unknown_issuer(
    claims: Claims, issuers: Sequence[tuple[Issuer, KeySource]], reason: str
) -> Iterator[Finding]:
    """Yield whether the issuer or the audience is the one that is not known."""
    alike = [issuer for issuer, _ in issuers if issuer.issuer == claims.get("iss")]
    if not alike:
        known = ", ".join(sorted({shown(issuer.issuer) for issuer, _ in issuers})) or "none"
        yield Finding("issuer", f"iss {shown(claims.get('iss'))}; the settings have {known}", reason)
        return
    yield Finding("issuer", f"iss {shown(claims['iss'])}")
    wanted = ", ".join(f"{shown(issuer.audience)} ({issuer.name})" for issuer in alike)
    hint = ""
    if "aud" not in claims and claims.get("client_id") in {issuer.audience for issuer in alike}:
        hint = '; `audience_claim = "client_id"` reads it there'
    yield Finding("audience", f"{audience_of(claims)}; the settings have {wanted}{hint}", reason)


def audience_of(claims: Claims) -> str:
    """Return the audience a token states."""
    if "aud" in claims:
        return f"aud {shown(claims['aud'])}"
    return f"no aud; client_id {shown(claims.get('client_id'))}"


def type_of(signed: jws.CompactSignature, issuer: Issuer) -> str:
    """Return the type a header states, and those accepted."""
    accepted = ", ".join(sorted(issuer.types))
    if "typ" in signed.protected:
        return f"typ {shown(signed.protected['typ'])}; accepted: {accepted}"
    return f"no typ; `untyped = {str(issuer.untyped).lower()}`"


def signature_of(signed: jws.CompactSignature, issuer: Issuer) -> str:
    """Return how a token is signed."""
    header = signed.protected
    seen = f"alg {shown(header.get('alg'))}, kid {shown(header.get('kid'))}"
    if header.get("alg") not in sorted(issuer.algorithms):
        seen += f"; accepted: {', '.join(sorted(issuer.algorithms))}"
    if "nonce" in header:
        seen += "; a token with a nonce is for its provider's own services, and only they can check it"
    return seen


def times_of(claims: Claims, now: datetime) -> str:
    """Return when a token was issued and ends, in Singapore time."""
    stated = [f"{claim} {moment(claims[claim])}" for claim in ("iat", "nbf", "exp") if claim in claims]
    missing = [] if "exp" in claims else ["no exp"]
    return ", ".join([*stated, *missing, f"now {moment(int(now.timestamp()))}"])


def moment(value: object) -> str:
    """Return a time of a token as Singapore time; what is none as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST_SECOND:
        return datetime.fromtimestamp(value, SINGAPORE).isoformat(timespec="seconds")
    return shown(value)


def required_of(claims: Claims, issuer: Issuer) -> str:
    """Return the required claims, and what the token has there."""
    return ", ".join(
        f"{claim} {shown(claims.get(claim))}, to be {shown(text)}"
        for claim, text in issuer.required_claims.items()
    )


def callers_of(claims: Claims, issuer: Issuer) -> str:
    """Return the claim that names the caller, or the names the settings have for it."""
    named = next((claim for claim in issuer.naming_claims if claim in claims), None)
    if named is None:
        return f"none of {', '.join(issuer.naming_claims)}"
    return f"{named} {shown(claims[named])}"


def role_finding(claims: Claims, issuer: Issuer) -> Finding:
    """Return the role a token gives, or the words it has where a role is looked for."""
    words = ", ".join(map(shown, stated_roles(claims, issuer.role_claims))) or "no words"
    seen = f"{words} at {', '.join(issuer.role_claims)}"
    try:
        role = role_of(claims, issuer, name_of(claims, issuer))
    except BadToken:
        return Finding("role", seen)
    if role:
        return Finding("role", f"{role.value} ({seen})")
    known = ", ".join(f"{shown(word)} for {role.value}" for word, role in issuer.known_words.items())
    return Finding("role", f"{seen}; the settings know {known}", "The token gives no role (403)")


def shown(value: Any) -> str:
    """Return a value of a token in ASCII, shortened; what is not there by that name."""
    if value is None:
        return "missing"
    text = ascii(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."

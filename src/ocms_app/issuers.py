"""The token issuers of the settings, with their keys."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ocms_adapters.http.safe_addresses import is_safe
from ocms_adapters.jwks import keys_at, keys_in
from ocms_app.demo_package import development_issuers
from ocms_app.settings import IssuerSettings, Settings, WrongSettings, variable
from ocms_core.kernel.access import Role
from ocms_web.authentication.bearer import KeySource
from ocms_web.authentication.issuers import CallerKind, Issuer


def issuers(settings: Settings) -> Iterator[tuple[Issuer, KeySource]]:
    """Yield every issuer whose tokens are accepted, with the source of its keys."""
    for accepted in (*map(issuer, settings.issuers), *development_issuers(settings)):
        yield accepted, keys_of(accepted)


def staff_issuer(
    settings: Settings, accepted: Sequence[tuple[Issuer, KeySource]]
) -> tuple[Issuer, KeySource]:
    """Return the issuer at which officers sign in; raise `WrongSettings` where there is none."""
    name = settings.staff_issuer
    for issuer, keys in accepted:
        if issuer.kind is CallerKind.STAFF and name in ("", issuer.name):
            return issuer, keys
    if name:
        raise WrongSettings([f"{variable('staff_issuer')}: names no issuer of kind staff"])
    text = "is set, but no token issuer of kind staff is; name one in [[ocms.issuers]]"
    raise WrongSettings([f"{variable('staff_client_id')}: {text}"])


def check_issuers(settings: Settings) -> None:
    """Raise `WrongSettings` for an issuer that cannot be, and where officers could not sign in at one."""
    accepted = tuple(issuers(settings))
    if settings.staff_client_id:
        issuer, _ = staff_issuer(settings, accepted)
        if not (settings.staff_discovery_url or settings.dev_issuer or is_safe(issuer.issuer)):
            text = f"must be set, for issuer {issuer.name} is no https address to read it below"
            raise WrongSettings([f"{variable('staff_discovery_url')}: {text}"])


def keys_of(accepted: Issuer) -> KeySource:
    """Return the source of an issuer's keys: its URL, or its file."""
    if accepted.jwks_url:
        return keys_at(accepted.name, accepted.jwks_url)
    return keys_in(accepted.name, Path(accepted.jwks_file or ""))


def issuer(given: IssuerSettings) -> Issuer:
    """Convert the settings of an issuer; raise `WrongSettings` for one that cannot be."""
    try:
        return Issuer(
            name=given.name,
            issuer=given.issuer,
            audience=given.audience,
            kind=CallerKind(given.kind),
            algorithms=frozenset(given.algorithms),
            jwks_url=given.jwks_url or None,
            jwks_file=Path(given.jwks_file) if given.jwks_file else None,
            roles={client: Role(role) for client, role in given.roles.items()},
            caller_claims=given.caller_claims,
            role_claims=given.role_claims,
            role_words={word: Role(role) for word, role in given.role_words.items()},
            types=frozenset(given.types),
            untyped=given.untyped,
            audience_claim=given.audience_claim,
            required_claims=given.required_claims,
        )
    except ValueError as wrong:
        raise WrongSettings([f"issuer {given.name}: {wrong}"]) from None

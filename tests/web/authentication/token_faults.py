"""What may be wrong with a provider's token: anything in every form, and what each form has of its own."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen
from joserfc import jws
from joserfc.jwk import ECKey

from tests.web.authentication.provider_tokens import (
    CLIENT,
    KEY,
    LOGIN,
    OTHER_KEY,
    REALM,
    STS,
    Issued,
)
from tests.web.authentication.tokens import base64url, crafted, signed

Part = Mapping[str, Any]
Writer = Callable[[dict[str, Any], Part], str]

UNKNOWN = "The token is not from an issuer known here, or not for this system"
TYPE = "The token is not an access token"
WAY = "The token is not signed in a way accepted here"
KEYLESS = "The token is signed with an unknown key"
FORGED = "The signature of the token is wrong"
MALFORMED = "The token is malformed"
EXPIRED = "The token is expired"
NOT_NOW = "The token is not valid at this time"
REQUIRED = "The token does not have a claim required here"
NAMELESS = "The token does not name its bearer"
ROLELESS = "The token gives no role (403)"
CURVE = ECKey.generate_key("P-256", parameters={"kid": "k1"})


def genuine(header: dict[str, Any], claims: Part) -> str:
    return signed(claims, {"typ": None, "kid": None, **header}, KEY)


def by_another_key(header: dict[str, Any], claims: Part) -> str:
    return signed(claims, {"typ": None, **header}, OTHER_KEY)


def by_an_elliptic_key(header: dict[str, Any], claims: Part) -> str:
    return signed(claims, {"typ": None, **header, "alg": "ES256"}, CURVE)


def by_pss(header: dict[str, Any], claims: Part) -> str:
    """Sign with the right key, by an algorithm that is not set for the issuer."""
    registry = jws.JWSRegistry(algorithms=["PS256"], strict_check_header=False)
    return jws.serialize_compact(
        {**header, "alg": "PS256"}, json.dumps(claims).encode(), KEY, registry=registry
    )


def by_the_public_key_as_secret(header: dict[str, Any], claims: Part) -> str:
    return crafted({**header, "alg": "HS256"}, claims, KEY.as_pem(private=False))


def without_algorithm(header: dict[str, Any], claims: Part) -> str:
    return crafted({**header, "alg": "none"}, claims, b"anything")


def without_signature(header: dict[str, Any], claims: Part) -> str:
    return crafted({**header, "alg": "none"}, claims)


def altered(header: dict[str, Any], claims: Part) -> str:
    """Change a claim after the token was signed."""
    first, _, last = genuine(header, claims).split(".")
    return ".".join((first, base64url(json.dumps({**claims, "jti": "another"}).encode()), last))


def cut_short(header: dict[str, Any], claims: Part) -> str:
    return genuine(header, claims).rpartition(".")[0]


@frozen
class TokenFault:
    """
    One thing wrong: the check that finds it, the reason given, and what differs from the token as issued.

    Claims and parts of the header that are None are left out; moments are in seconds from now. `also` are
    the checks that an inspection finds to fail besides.
    """

    check: str
    reason: str
    claims: Part = field(factory=dict)
    header: Part = field(factory=dict)
    times: Mapping[str, int | None] = field(factory=dict)
    write: Writer = genuine
    also: tuple[str, ...] = ()


def written(issued: Issued, second: int, fault: TokenFault | None = None) -> str:
    """Return a token as it is issued at a second, or with one thing wrong."""
    times: dict[str, int | None] = {"iat": -60, "exp": 3600}
    if "nbf" in issued.claims:
        times["nbf"] = -60
    times |= fault.times if fault else {}
    dated = {claim: None if since is None else second + since for claim, since in times.items()}
    claims = {**issued.claims, **dated, **(fault.claims if fault else {})}
    header = {**issued.header, **(fault.header if fault else {})}
    return (fault.write if fault else genuine)(stated(header), stated(claims))


def stated(part: Part) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def roleless(**claims: object) -> TokenFault:
    return TokenFault("role", ROLELESS, claims)


def nameless(claim: str, value: object = None) -> TokenFault:
    return TokenFault("caller", NAMELESS, {claim: value})


def for_another(**claims: object) -> TokenFault:
    return TokenFault("audience", UNKNOWN, claims)


def not_required(**claims: object) -> TokenFault:
    return TokenFault("required", REQUIRED, claims)


EVERY: Mapping[str, TokenFault] = {
    "another issuer": TokenFault("issuer", UNKNOWN, {"iss": "https://another.example"}),
    "no issuer": TokenFault("issuer", UNKNOWN, {"iss": None}),
    "another audience": for_another(aud="another"),
    "other audiences": for_another(aud=["another", "account"]),
    "another type": TokenFault("type", TYPE, header={"typ": "id+jwt"}),
    "a logout token": TokenFault("type", TYPE, header={"typ": "logout+jwt"}),
    "no key id": TokenFault("signature", WAY, header={"kid": None}),
    "an unknown key id": TokenFault("signature", KEYLESS, header={"kid": "k2"}),
    "another key": TokenFault("signature", FORGED, write=by_another_key),
    "an elliptic key": TokenFault("signature", WAY, write=by_an_elliptic_key),
    "another algorithm": TokenFault("signature", WAY, write=by_pss),
    "the public key as a secret": TokenFault("signature", WAY, write=by_the_public_key_as_secret),
    "no algorithm": TokenFault("signature", WAY, write=without_algorithm),
    "no signature": TokenFault("form", MALFORMED, write=without_signature),
    "two parts": TokenFault("form", MALFORMED, write=cut_short),
    "a claim changed later": TokenFault("signature", FORGED, write=altered),
    "expired": TokenFault("time", EXPIRED, times={"iat": -7200, "exp": -3600}),
    "no end": TokenFault("time", NOT_NOW, times={"exp": None}),
    "not yet valid": TokenFault("time", NOT_NOW, times={"nbf": 3600}),
    "issued in the future": TokenFault("time", NOT_NOW, times={"iat": 3600}),
}

NO_TYPE = TokenFault("type", TYPE, header={"typ": None})
NO_AUDIENCE = for_another(aud=None)
WITH_AUDIENCE = {"no audience": NO_AUDIENCE}
TYPED = {"no type": NO_TYPE}
ENTRA = {
    **TYPED,
    **WITH_AUDIENCE,
    "a token for Microsoft's own services": TokenFault(
        "signature", FORGED, header={"nonce": "n"}, write=by_another_key
    ),
    "an ID token": for_another(aud=CLIENT, nonce="n"),
}
ENTRA_APPS = {
    **ENTRA,
    "a role of staff": roleless(roles=["Officer.In.Charge"]),
    "an app without a role": roleless(roles=None),
    "a user's token": roleless(roles=None, scp="access_as_user"),
}
ENTRA_STAFF = {
    **ENTRA,
    "a role of clients": roleless(roles=["Notices.Query"]),
    "an officer without a role": roleless(roles=None),
}
KEYCLOAK = {
    **TYPED,
    **WITH_AUDIENCE,
    "no audience mapper": for_another(aud="account"),
    "the issuer with a slash": TokenFault("issuer", UNKNOWN, {"iss": f"{REALM}/"}),
    "the type of RFC 9068": TokenFault("type", TYPE, header={"typ": "at+jwt"}),
    "an ID token": not_required(typ="ID"),
    "a refresh token": not_required(typ="Refresh"),
    "no use": not_required(typ=None),
}
OKTA = {
    **WITH_AUDIENCE,
    "the organisation's own server": TokenFault("issuer", UNKNOWN, {"iss": "https://agency.okta.com"}),
}
COGNITO = {
    "another client": for_another(client_id="another"),
    "no client": for_another(client_id=None),
    "no use": not_required(token_use=None),
}
ADFS_FORMS = {
    **TYPED,
    **WITH_AUDIENCE,
    "an ID token": TokenFault(
        "issuer", UNKNOWN, {"iss": "https://adfs.agency.example/adfs", "aud": CLIENT, "apptype": None}
    ),
    "the type of RFC 9068": TokenFault("type", TYPE, header={"typ": "at+jwt"}),
}

OWN: Mapping[str, Mapping[str, TokenFault]] = {
    "entra1-apps": {
        **ENTRA_APPS,
        "the issuer without its slash": TokenFault("issuer", UNKNOWN, {"iss": STS[:-1]}),
        "the issuer of version 2": for_another(iss=LOGIN, ver="2.0"),
        "no application id": nameless("appid"),
    },
    "entra1-staff": {
        **ENTRA_STAFF,
        "a token for clients": roleless(aud="api://ocms", roles=["Officer.In.Charge"]),
        "a guest without upn": nameless("upn"),
    },
    "entra2-apps": {
        **ENTRA_APPS,
        "the issuer of version 1": for_another(iss=STS, ver="1.0"),
        "the audience of version 1": for_another(aud="api://ocms"),
        "no authorized party": nameless("azp"),
    },
    "entra2-staff": {
        **ENTRA_STAFF,
        "no name": nameless("preferred_username"),
        "a name beyond ASCII": nameless("preferred_username", "tän@agency.example"),
    },
    "kc-clients": {
        **KEYCLOAK,
        "no authorized party": nameless("azp"),
        "a role of the realm": roleless(
            realm_access={"roles": ["query-notices"]},
            resource_access={"account": {"roles": ["view-profile"]}},
        ),
        "a role of another client": roleless(resource_access={"other": {"roles": ["query-notices"]}}),
        "no roles": roleless(realm_access=None, resource_access=None),
    },
    "kc-staff": {
        **KEYCLOAK,
        "no name": nameless("preferred_username"),
        "a role of a client": roleless(
            realm_access={"roles": ["offline_access"]},
            resource_access={"ocms": {"roles": ["officer-in-charge"]}},
        ),
        "no roles": roleless(realm_access=None, resource_access=None),
    },
    "okta-clients": {
        **OKTA,
        "an ID token": TokenFault(
            "audience", UNKNOWN, {"aud": "0oaexample1plus", "scp": None}, also=("role",)
        ),
        "no client": nameless("cid"),
        "another scope": roleless(scp=["ocms.other"]),
        "no scope": roleless(scp=None),
    },
    "okta-staff": {
        **OKTA,
        "an ID token": for_another(aud="0oaexample2portal", scp=None, cid=None),
        "no subject": nameless("sub"),
        "a group that gives no role": roleless(groups=["Everyone"]),
        "no claim for the groups": roleless(groups=None),
    },
    "cognito-plus": {
        **COGNITO,
        "an ID token": TokenFault(
            "required",
            REQUIRED,
            {"aud": "1example23456789plus", "client_id": None, "token_use": "id"},
            also=("caller",),
        ),
        "another scope": roleless(scope="ocms/other"),
        "no scope": roleless(scope=None),
    },
    "cognito-oic": {
        **COGNITO,
        "an ID token": not_required(aud="1example23456789portal", client_id=None, token_use="id"),
        "no name": nameless("username"),
        "another group": roleless(**{"cognito:groups": ["others"]}),
        "no group": roleless(**{"cognito:groups": None}),
    },
    "adfs-clients": {
        **ADFS_FORMS,
        "a client without a role here": roleless(appid="00000000-0000-4000-8000-000000000009"),
        "no application id": nameless("appid"),
    },
    "adfs-staff": {
        **ADFS_FORMS,
        "no rule for upn": nameless("upn"),
        "no rule for the role": roleless(role=None),
        "another role": roleless(role=["Others"]),
    },
    "op-clients": {
        **TYPED,
        **WITH_AUDIENCE,
        "an ID token": for_another(aud="plus-client"),
        "the type of an ID token": TokenFault("type", TYPE, header={"typ": "JWT"}),
        "no client": nameless("client_id"),
        "another scope": roleless(scope="ocms.other"),
        "no scope": roleless(scope=None),
    },
    "op-staff": {
        **TYPED,
        **WITH_AUDIENCE,
        "an ID token": for_another(aud="ocms-staff"),
        "the type of an ID token": TokenFault("type", TYPE, header={"typ": "JWT"}),
        "no subject": nameless("sub"),
        "another scope": roleless(scope="openid ocms.other"),
        "no scope": roleless(scope=None),
    },
    "glewlwyd": {
        **TYPED,
        **WITH_AUDIENCE,
        "the scope as audience": for_another(aud="ocms.query"),
        "the type of an ID token": TokenFault("type", TYPE, header={"typ": "JWT"}),
        "a refresh token": not_required(type="refresh_token"),
        "no use": not_required(type=None),
        "no client": nameless("client_id"),
        "another scope": roleless(scope="ocms.other"),
        "no scope": roleless(scope=None),
    },
}

"""Access tokens as the providers issue them: header and claims by the name of the issuer in the docs.

The shapes are those of recorded tokens; ids, names and keys are made up.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen
from joserfc.jwk import RSAKey

from ocms_core.kernel.access import Role
from tests.web.authentication.tokens import SECOND

PAGE = Path(__file__).parents[3] / "docs/howto/identity-providers.md"
KEY = RSAKey.generate_key(2048, parameters={"kid": "k1", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "k1"})

TENANT = "8a6f0c1e-0000-4000-8000-000000000001"
CLIENT = "6f2c9b54-0000-4000-8000-000000000004"
PRINCIPAL = "c41b8d20-0000-4000-8000-000000000005"
SUBJECT = "b3Vyc3ViamVjdC1vZi1hLXBhaXItb2YtYS1wYWlyLW9mLTE"
POOL = "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_Example"
REALM = "https://sso.agency.example/realms/agency"
STS, LOGIN = f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.com/{TENANT}/v2.0"
ADFS = "http://adfs.agency.example/adfs/services/trust"

MICROSOFT = {"typ": "JWT", "alg": "RS256", "x5t": "k1", "kid": "k1"}
UNTYPED = {"kid": "k1", "alg": "RS256"}
TYPED = {"alg": "RS256", "typ": "JWT", "kid": "k1"}
ACCESS = {"alg": "RS256", "typ": "at+jwt", "kid": "k1"}
TIMES = {"iat": SECOND - 60, "exp": SECOND + 3600}


@frozen
class Issued:
    """A token's header and claims, the caller it names and the role it gives."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    caller: str
    role: Role


ISSUED = {
    "entra1-apps": Issued(
        MICROSOFT,
        {
            "aud": "api://ocms",
            "iss": STS,
            "nbf": SECOND - 60,
            "aio": "E2ZgYGDw",
            "appid": CLIENT,
            "appidacr": "1",
            "idp": STS,
            "oid": PRINCIPAL,
            "rh": "0.AXkA",
            "roles": ["Notices.Query"],
            "sub": PRINCIPAL,
            "tid": TENANT,
            "uti": "8x",
            "ver": "1.0",
        },
        CLIENT,
        Role.PLUS,
    ),
    "entra1-staff": Issued(
        MICROSOFT,
        {
            "aud": "api://ocms-staff",
            "iss": STS,
            "nbf": SECOND - 60,
            "acr": "1",
            "amr": ["pwd", "mfa"],
            "appid": CLIENT,
            "appidacr": "0",
            "family_name": "Tan",
            "oid": PRINCIPAL,
            "roles": ["Officer.In.Charge"],
            "scp": "access_as_user",
            "sub": SUBJECT,
            "tid": TENANT,
            "unique_name": "tan@agency.example",
            "upn": "tan@agency.example",
            "ver": "1.0",
        },
        "tan@agency.example",
        Role.OIC,
    ),
    "entra2-apps": Issued(
        {**MICROSOFT, "x5t": None},
        {
            "aud": "5d1f7a30-0000-4000-8000-000000000002",
            "iss": LOGIN,
            "nbf": SECOND - 60,
            "azp": CLIENT,
            "azpacr": "1",
            "oid": PRINCIPAL,
            "roles": ["Other", "Prints.Report"],
            "sub": PRINCIPAL,
            "tid": TENANT,
            "ver": "2.0",
        },
        CLIENT,
        Role.TOPPAN,
    ),
    "entra2-staff": Issued(
        {**MICROSOFT, "x5t": None},
        {
            "aud": "5d1f7a30-0000-4000-8000-000000000003",
            "iss": LOGIN,
            "nbf": SECOND - 60,
            "azp": CLIENT,
            "azpacr": "0",
            "name": "Tan",
            "oid": PRINCIPAL,
            "preferred_username": "tan@agency.example",
            "roles": ["Officer.In.Charge"],
            "scp": "access_as_user",
            "sub": SUBJECT,
            "tid": TENANT,
            "ver": "2.0",
        },
        "tan@agency.example",
        Role.OIC,
    ),
    "kc-clients": Issued(
        TYPED,
        {
            "jti": "trrtcc:5f",
            "iss": REALM,
            "aud": ["ocms", "account"],
            "sub": PRINCIPAL,
            "typ": "Bearer",
            "azp": "plus-gateway",
            "acr": "1",
            "realm_access": {"roles": ["offline_access", "default-roles-agency"]},
            "resource_access": {"ocms": {"roles": ["query-notices"]}, "account": {"roles": ["view-profile"]}},
            "scope": "profile email",
            "clientHost": "192.0.2.7",
            "preferred_username": "service-account-plus-gateway",
            "client_id": "plus-gateway",
        },
        "plus-gateway",
        Role.PLUS,
    ),
    "kc-staff": Issued(
        TYPED,
        {
            "auth_time": SECOND - 60,
            "jti": "onrtac:6a",
            "iss": REALM,
            "aud": ["ocms-staff", "account"],
            "sub": PRINCIPAL,
            "typ": "Bearer",
            "azp": "portal",
            "sid": "1d",
            "realm_access": {"roles": ["officer-in-charge", "offline_access"]},
            "resource_access": {"account": {"roles": ["view-profile"]}},
            "scope": "openid profile email",
            "preferred_username": "tan",
        },
        "tan",
        Role.OIC,
    ),
    "okta-clients": Issued(
        UNTYPED,
        {
            "ver": 1,
            "jti": "AT.k7",
            "iss": "https://agency.okta.com/oauth2/default",
            "aud": "api://ocms",
            "cid": "0oaexample1plus",
            "scp": ["ocms.query"],
            "sub": "0oaexample1plus",
        },
        "0oaexample1plus",
        Role.PLUS,
    ),
    "okta-staff": Issued(
        UNTYPED,
        {
            "ver": 1,
            "jti": "AT.k8",
            "iss": "https://agency.okta.com/oauth2/ocms-staff",
            "aud": "api://ocms-staff",
            "cid": "0oaexample2portal",
            "uid": "00uexample3",
            "scp": ["openid", "profile"],
            "auth_time": SECOND - 60,
            "sub": "tan@agency.example",
            "groups": ["Everyone", "OCMS Officers"],
        },
        "tan@agency.example",
        Role.OIC,
    ),
    "cognito-plus": Issued(
        UNTYPED,
        {
            "sub": "1example23456789plus",
            "token_use": "access",
            "scope": "ocms/other ocms/query",
            "auth_time": SECOND - 60,
            "iss": POOL,
            "version": 2,
            "jti": "3c",
            "client_id": "1example23456789plus",
        },
        "1example23456789plus",
        Role.PLUS,
    ),
    "cognito-oic": Issued(
        UNTYPED,
        {
            "sub": PRINCIPAL,
            "cognito:groups": ["officers"],
            "iss": POOL,
            "version": 2,
            "client_id": "1example23456789portal",
            "origin_jti": "4d",
            "token_use": "access",
            "scope": "openid profile",
            "auth_time": SECOND - 60,
            "jti": "5e",
            "username": "tan",
        },
        "tan",
        Role.OIC,
    ),
    "adfs-clients": Issued(
        MICROSOFT,
        {
            "aud": "https://ocms.agency.example/api",
            "iss": ADFS,
            "nbf": SECOND - 60,
            "apptype": "Confidential",
            "appid": CLIENT,
            "authmethod": "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
            "auth_time": "2026-03-02T03:59:00.000Z",
            "ver": "1.0",
        },
        CLIENT,
        Role.PLUS,
    ),
    "adfs-staff": Issued(
        MICROSOFT,
        {
            "aud": "https://ocms.agency.example/staff",
            "iss": ADFS,
            "nbf": SECOND - 60,
            "apptype": "Public",
            "appid": CLIENT,
            "role": "OCMS-Officers",
            "upn": "tan@agency.example",
            "auth_time": "2026-03-02T03:59:00.000Z",
            "scp": "openid",
            "sub": SUBJECT,
            "ver": "1.0",
        },
        "tan@agency.example",
        Role.OIC,
    ),
    "op-clients": Issued(
        ACCESS,
        {
            "jti": "9jZB7wyDVj5zeVQFzMudg",
            "sub": "plus-client",
            "scope": "ocms.query",
            "client_id": "plus-client",
            "iss": "https://login.agency.example",
            "aud": "https://ocms.agency.example/api",
        },
        "plus-client",
        Role.PLUS,
    ),
    "op-staff": Issued(
        ACCESS,
        {
            "jti": "q2cQ9Xb0mT1kq6bC8dVnR",
            "sub": "officer.tan",
            "scope": "openid ocms.officer",
            "client_id": "ocms-staff",
            "iss": "https://login.agency.example",
            "aud": "https://ocms.agency.example/staff",
        },
        "officer.tan",
        Role.OIC,
    ),
    "glewlwyd": Issued(
        ACCESS,
        {
            "iss": "https://glewlwyd.agency.example",
            "aud": "https://ocms.agency.example/api",
            "client_id": "plus-client",
            "sub": "plus-client",
            "nbf": SECOND - 60,
            "jti": "605ijYbLfC5pWalsPoOAzaTmbNSTiza5",
            "type": "access_token",
            "scope": "ocms.query",
        },
        "plus-client",
        Role.PLUS,
    ),
}


def documented_settings() -> str:
    """Return the settings of every provider in the docs, as one file."""
    return "\n".join(re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL))

"""Signing in by OpenID Connect: authorization code with PKCE, state and nonce, and signing out."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog
from attrs import asdict, field, frozen

from ocms_core.kernel.access import Principal
from ocms_core.kernel.credentials import STAFF_ROLES
from ocms_web.authentication.bearer import BadToken, BearerAuthenticator, KeySource
from ocms_web.authentication.id_tokens import check_id_token
from ocms_web.authentication.issuers import Issuer
from ocms_web.authentication.rejections import AuthenticationFailure
from ocms_web.json_codec import Malformed, decode
from ocms_web.portal.sessions import cookie_value, own_path
from ocms_web.portal.tokens import new_token

log = structlog.get_logger()

ATTEMPT_COOKIE = "__Host-ocms-sign-in"
ATTEMPT_SECONDS = 900
LONGEST_ATTEMPT = 2048
SIGNED_IN = "/staff/signed-in"
SIGNED_OUT = "/staff/signed-out"


@frozen
class Attempt:
    """One attempt to sign in, which its browser holds: its secrets, and the page to go to then."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    path: str

    def written(self) -> str:
        """Return the attempt as its cookie has it."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()


class SignInRefused(Exception):
    """The sign-in does not count; the message is for the log."""


class Provider(Protocol):
    """The identity provider of the staff."""

    def sign_in_address(self, attempt: Attempt) -> str:
        """Return where the officer signs in. Raises `Unavailable`."""

    def exchange(self, code: str, attempt: Attempt) -> tuple[str, str]:
        """
        Return the ID token and the access token for a code.

        Raises `Unavailable`, and `ValueError` for a code that the provider refuses.
        """

    def sign_out_address(self) -> str | None:
        """Return where the officer signs out, None where the provider has no such place or is away."""


@frozen
class SignIn:
    """Signs officers in by a provider; its tokens say who they are and what they may, as for the API."""

    provider: Provider
    issuer: Issuer
    keys: KeySource
    client_id: str
    bearer: BearerAuthenticator

    def begin(self, path: str) -> tuple[Attempt, str]:
        """Return a new attempt and the address at which the officer signs in. Raises `Unavailable`."""
        attempt = Attempt(new_token(), new_token(), new_token(), own_path(path))
        return attempt, self.provider.sign_in_address(attempt)

    def finish(
        self, query: Mapping[str, str], headers: Mapping[str, str], now: datetime
    ) -> tuple[Principal, str]:
        """
        Return the officer who comes back from the provider, and the page to go to.

        Raises `SignInRefused` for an answer to no attempt of this browser, or tokens that do not count, and
        `Unavailable`.
        """
        attempt = attempt_in(headers)
        if attempt is None or not hmac.compare_digest(
            attempt.state.encode(), query.get("state", "").encode()
        ):
            raise SignInRefused("no attempt of this browser")
        if query.get("iss", self.issuer.issuer) != self.issuer.issuer:  # RFC 9207, of a provider that says it
            raise SignInRefused("the answer is from another issuer")
        if "code" not in query:
            raise SignInRefused("the provider gave no code")
        try:
            id_token, access_token = self.provider.exchange(query["code"], attempt)
            check_id_token(
                id_token,
                self.issuer,
                self.keys,
                client_id=self.client_id,
                nonce=attempt.nonce,
                now=now,
            )
        except (BadToken, ValueError) as problem:
            raise SignInRefused(str(problem)) from None
        caller = self.bearer.authenticate(f"Bearer {access_token}", now)
        if isinstance(caller, AuthenticationFailure) or caller.role not in STAFF_ROLES:
            raise SignInRefused("the access token gives no role here")
        return caller, own_path(attempt.path)


def attempt_in(headers: Mapping[str, str]) -> Attempt | None:
    """Return the attempt that a browser holds; None for none, or one that cannot be read."""
    text = cookie_value(headers, ATTEMPT_COOKIE)
    try:
        values: Any = decode(base64.urlsafe_b64decode(text[:LONGEST_ATTEMPT]))
        if all(isinstance(value, str) and value and value.isascii() for value in values.values()):
            return Attempt(**values)
    except (Malformed, ValueError, TypeError, AttributeError):
        return None
    return None

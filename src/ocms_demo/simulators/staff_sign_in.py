"""A simulated OpenID provider: where one of two made-up officers signs in, and the token endpoint."""

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import frozen

from ocms_core.kernel.access import Role
from ocms_demo.dev_issuer import DevIssuer, issuer_of
from ocms_demo.simulators.fault_injection import Simulator
from ocms_demo.simulators.tokens import BAD_REQUEST, NOT_FOUND, OK, TOKEN, reply_bytes
from ocms_web.authentication.issuers import CallerKind

CLIENT_ID = "ocms-staff-pages"
OFFICERS = ("USER01", "USER02")
DESCRIPTION = "/.well-known/openid-configuration"
AUTHORIZE, CHOSEN, END = "/authorize", "/chosen", "/end-session"
FOUND = 302
TOKEN_SECONDS = 300

Reply = tuple[int, dict[str, str], Iterator[bytes], int]


@frozen
class IssuedCode:
    """A code as it was issued: for whom, to which address, and what has to come with it."""

    officer: str
    redirect_url: str
    challenge: str
    nonce: str


class StaffSignInSimulator(Simulator):
    """
    Signs officers in by authorization code with PKCE, for the client of the staff pages.

    Whoever opens its page chooses who they are; the tokens are the development issuer's.
    """

    def __init__(self, issuer: DevIssuer, now: Callable[[], datetime], *, port: int = 0) -> None:
        super().__init__(port)
        self.issuer, self.now = issuer, now
        self.codes: dict[str, IssuedCode] = {}

    @property
    def discovery_url(self) -> str:
        """The address at which it describes itself."""
        return self.url + DESCRIPTION

    def reply(self, path: str, headers: Any, body: bytes) -> Reply:
        """Return its description, a page, or the tokens for a code."""
        del headers
        address = urlsplit(path)
        query = first_values(address.query)
        if address.path == DESCRIPTION:
            return reply_bytes(OK, self.description())
        if address.path == TOKEN:
            return self.tokens(first_values(body.decode("ascii", "replace")))
        if address.path == AUTHORIZE:
            return page("Who are you?", self.choices(query))
        if address.path == CHOSEN:
            return self.chosen(query)
        if address.path == END:
            return leading(query.get("post_logout_redirect_uri", self.url))
        return reply_bytes(NOT_FOUND, {})

    def description(self) -> Mapping[str, object]:
        """Return what OpenID Connect Discovery asks for, as far as it is used here."""
        return {
            "issuer": issuer_of(CallerKind.STAFF),
            "authorization_endpoint": self.url + AUTHORIZE,
            "token_endpoint": self.url + TOKEN,
            "end_session_endpoint": self.url + END,
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def choices(self, query: Mapping[str, str]) -> str:
        """Return a link for each officer."""
        addresses = {officer: f"{CHOSEN}?{urlencode({**query, 'officer': officer})}" for officer in OFFICERS}
        links = (
            f'<p><a href="{escape(address)}">Sign in as {officer}</a></p>'
            for officer, address in addresses.items()
        )
        return "".join(links)

    def chosen(self, query: Mapping[str, str]) -> Reply:
        """Send an officer back with a code; a request that is not for the staff pages is refused."""
        needed = ("redirect_uri", "code_challenge", "nonce", "state", "officer")
        is_good = query.get("client_id") == CLIENT_ID and query.get("code_challenge_method") == "S256"
        if not is_good or any(not query.get(name) for name in needed):
            return reply_bytes(BAD_REQUEST, {"error": "invalid_request"})
        code, back = secrets.token_urlsafe(), query["redirect_uri"]
        self.codes[code] = IssuedCode(query["officer"], back, query["code_challenge"], query["nonce"])
        return leading(f"{back}?{urlencode({'code': code, 'state': query['state']})}")

    def tokens(self, form: Mapping[str, str]) -> Reply:
        """Return the tokens for a code, which counts once, with the verifier of its challenge."""
        issued = self.codes.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            issued is None
            or issued.challenge != challenge
            or (form.get("client_id"), form.get("redirect_uri")) != (CLIENT_ID, issued.redirect_url)
        ):
            return reply_bytes(BAD_REQUEST, {"error": "invalid_grant"})
        now, officer = self.now(), issued.officer
        access = self.issuer.token(officer, Role.OIC, kind=CallerKind.STAFF, now=now, lifetime=TOKEN_SECONDS)
        given = {
            "access_token": access,
            "id_token": self.issuer.id_token(
                officer, CLIENT_ID, issued.nonce, now=now, lifetime=TOKEN_SECONDS
            ),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
        }
        return reply_bytes(OK, given)


def first_values(query: str) -> dict[str, str]:
    """Return the first value of each field of a query or form."""
    return {name: values[0] for name, values in parse_qs(query).items()}


def page(heading: str, content: str) -> Reply:
    """Return a small page."""
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{heading}</title>'
        f"<main><h1>{heading}</h1><p>The development issuer signs anybody in.</p>{content}</main></html>"
    )
    body = html.encode()
    return OK, {"Content-Type": "text/html; charset=utf-8"}, iter([body]), len(body)


def leading(address: str) -> Reply:
    """Return the answer that leads to another address."""
    return FOUND, {"Location": address}, iter([b""]), 0

"""The identity provider of the staff, by OpenID Connect (Authlib)."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx
import structlog
from attrs import define, field, frozen
from authlib.oauth2 import OAuth2Client, OAuth2Error
from authlib.oauth2.auth import ClientAuth

from ocms_adapters.http.safe_addresses import is_safe
from ocms_core.kernel.errors import Unavailable

log = structlog.get_logger()

PROVIDER = "the identity provider"
WELL_KNOWN = "/.well-known/openid-configuration"
ANSWER_SECONDS = 10
FRESH_SECONDS = 3600
LARGEST_DOCUMENT = 256 * 1024
NEEDED = ("authorization_endpoint", "token_endpoint")


class SignInAttempt(Protocol):
    """What is secret of an attempt to sign in."""

    @property
    def state(self) -> str:
        """The value that comes back with the officer."""

    @property
    def nonce(self) -> str:
        """The value that comes back in the ID token."""

    @property
    def verifier(self) -> str:
        """The secret whose digest goes to the provider first (PKCE)."""


class ClientAuthentication(ClientAuth):
    """The library's authentication of a client, for requests of httpx: its own for them is given up there."""

    def __call__(self, request: httpx.Request) -> httpx.Request:
        """Return the request with what authenticates the client."""
        given = (request.method, str(request.url), dict(request.headers), request.content)
        url, headers, body = self.prepare(*given)  # type: ignore[no-untyped-call]
        # Its extensions say how long the answer is waited for.
        return httpx.Request(
            request.method,
            url,
            headers=without_length(headers),
            content=body,
            extensions=request.extensions,
        )


def without_length(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers without the length of a body that was changed."""
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}


class HttpxClient(OAuth2Client):
    """The library's client of OAuth 2.0, on a session of httpx."""

    client_auth_class = ClientAuthentication


@frozen
class ProviderSettings:
    """
    Where the provider describes itself, who OCMS is to it, and where officers come back to.

    It is waited for as long as `answer_seconds`.
    """

    discovery_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    redirect_url: str
    signed_out_url: str
    answer_seconds: float = ANSWER_SECONDS


@define
class OpenIdProvider:
    """An OpenID provider, by what it says of itself; that is read again every hour."""

    _settings: ProviderSettings
    _metadata: Mapping[str, Any] = field(factory=dict, init=False)
    _read_at: float | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def sign_in_address(self, attempt: SignInAttempt) -> str:
        """Return where the officer signs in. Raises `Unavailable`."""
        address, _ = self._client(None).create_authorization_url(
            self._description()["authorization_endpoint"],
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.verifier,
        )
        return str(address)

    def exchange(self, code: str, attempt: SignInAttempt) -> tuple[str, str]:
        """
        Return the ID token and the access token for a code.

        Raises `Unavailable`, and `ValueError` for a code that the provider refuses.
        """
        endpoint = self._description()["token_endpoint"]
        try:
            with self._session() as session:
                given = self._client(session).fetch_token(endpoint, code=code, code_verifier=attempt.verifier)
        except OAuth2Error as refused:
            raise ValueError(f"the provider refused the code: {refused.error}") from None
        except httpx.HTTPError:
            raise Unavailable(PROVIDER) from None
        id_token, access_token = given.get("id_token"), given.get("access_token")
        if not (id_token and access_token):
            raise ValueError("the provider gave no ID token or no access token")
        return str(id_token), str(access_token)

    def sign_out_address(self) -> str | None:
        """Return where the officer signs out, None where the provider has no such place or is away."""
        try:
            endpoint = self._description().get("end_session_endpoint")
        except Unavailable:
            return None
        if not endpoint:
            return None
        back = {
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": self._settings.signed_out_url,
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(back)}"

    def _client(self, session: httpx.Client | None) -> OAuth2Client:
        given = self._settings
        return HttpxClient(
            session,
            client_id=given.client_id,
            client_secret=given.client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if given.client_secret else "none",
            scope=given.scope,
            redirect_uri=given.redirect_url,
            code_challenge_method="S256",
        )

    def _session(self) -> httpx.Client:
        return httpx.Client(timeout=self._settings.answer_seconds, follow_redirects=False, trust_env=False)

    def _description(self) -> Mapping[str, Any]:
        with self._lock:
            if self._read_at is None or monotonic() - self._read_at >= FRESH_SECONDS:
                self._read()
            return self._metadata

    def _read(self) -> None:
        """Read what the provider says of itself; what was read before counts where that fails."""
        try:
            with self._session() as session, session.stream("GET", self._settings.discovery_url) as answer:
                answer.raise_for_status()
                document = b"".join(limited(answer.iter_bytes()))
            self._metadata, self._read_at = usable(json.loads(document)), monotonic()
        except (httpx.HTTPError, ValueError, RecursionError) as problem:
            log.warning("provider_not_read", reason=type(problem).__name__)
            if not self._metadata:
                raise Unavailable(PROVIDER) from None


def limited(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of a document; raise ValueError for one that is too large."""
    length = 0
    for part in parts:
        length += len(part)
        if length > LARGEST_DOCUMENT:
            raise ValueError("the provider's description is too large")
        yield part


def usable(document: Any) -> Mapping[str, Any]:
    """Return the addresses of a provider; raise ValueError where one is missing or not safe."""
    if not isinstance(document, dict) or any(not isinstance(document.get(name), str) for name in NEEDED):
        raise ValueError("the provider does not describe itself")
    addresses = {name: document[name] for name in (*NEEDED, "end_session_endpoint") if document.get(name)}
    for address in addresses.values():
        if not is_safe(address):
            raise ValueError("an address of the provider is not https")
    return addresses

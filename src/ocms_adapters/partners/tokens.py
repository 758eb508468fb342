"""An access token by client credentials, renewed before it ends."""

import re
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from urllib.parse import quote_plus

import httpx
from attrs import define, field, frozen

from ocms_adapters.http.retry import RequestRejected, TransientError, check_status, transient_error
from ocms_adapters.structuring import RECORDS, MalformedData, Seconds
from ocms_core.kernel.rule_tags import rule

ENDPOINT = "the token endpoint"
EARLY_SECONDS = 30.0
EARLY_SHARE = 0.1
# What a header can carry.
TOKEN = re.compile(r"[!-~]+")
# Where the endpoint does not say how long a token lives.
USUAL_LIFE = Seconds(300)


@frozen
class TokenAnswer:
    """What a token endpoint answers (RFC 6749, 5.1); `expires_in` is in seconds."""

    access_token: str
    token_type: str = ""
    expires_in: Seconds | None = None


class OtherTokenType(RequestRejected):
    """The token is of a type that cannot be sent as a bearer token."""

    def __init__(self, status: int, which: str, token_type: str) -> None:
        super().__init__(status, which)
        self.args = (f"{which} gave a token of type {token_type[:20]!r}, not Bearer",)


@define
class ClientCredentials:
    """A token of one client (RFC 6749, 4.4), shared by the threads that call."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    client: httpx.Client = field(repr=False)
    seconds: Callable[[], float] = monotonic
    scope: str = ""
    _token: str = field(default="", init=False, repr=False)
    _renew_at: float = field(default=0.0, init=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    @rule("P44")
    def headers(self) -> Mapping[str, str]:
        """Return the header, its token renewed before it ends, so no call is sent with one that has (P44)."""
        with self._lock:
            if not self._token or self.seconds() >= self._renew_at:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Drop the token after it was refused, so that the next call fetches a new one; always True."""
        with self._lock:
            self._token = ""
        return True

    def _fetch(self) -> None:
        sent_at = self.seconds()
        form = {"grant_type": "client_credentials"}
        if self.scope:
            form["scope"] = self.scope
        # The endpoint decodes both (RFC 6749, 2.3.1), so that a secret may contain any character.
        auth = (quote_plus(self.client_id), quote_plus(self.client_secret))
        try:
            response = self.client.post(self.token_url, data=form, auth=auth)
        except httpx.RequestError as error:
            raise transient_error(error, ENDPOINT) from error
        check_status(response, ENDPOINT)
        answer = read_answer(response)
        if answer.token_type.lower() != "bearer":
            raise OtherTokenType(response.status_code, ENDPOINT, answer.token_type)
        if not TOKEN.fullmatch(answer.access_token):
            raise TransientError(f"{ENDPOINT} gave no token: access_token is not visible ASCII")
        life = USUAL_LIFE if answer.expires_in is None else answer.expires_in
        self._token, self._renew_at = (
            answer.access_token,
            sent_at + life - min(EARLY_SECONDS, life * EARLY_SHARE),
        )


def read_answer(response: httpx.Response) -> TokenAnswer:
    """Read the answer of the endpoint. Raises `TransientError`, naming the field, where it is no token."""
    try:
        return RECORDS.read(response.json(), TokenAnswer, "its answer")
    except MalformedData as error:
        raise TransientError(f"{ENDPOINT} gave no token: {error}") from error
    except ValueError as error:
        raise TransientError(f"{ENDPOINT} gave no token") from error

"""An access token by client credentials, renewed before it ends."""

from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic

import httpx
from attrs import define, field

from ocms_adapters.http.retry import RequestRejected, TransientError, check_status, transient_error
from ocms_core.kernel.rule_tags import rule

ENDPOINT = "the token endpoint"
EARLY_SECONDS = 30.0
EARLY_SHARE = 0.1


@define
class ClientCredentials:
    """A token of one client (RFC 6749, 4.4), shared by the threads that call."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    client: httpx.Client = field(repr=False)
    seconds: Callable[[], float] = monotonic
    _token: str = field(default="", init=False, repr=False)
    _renew_at: float = field(default=0.0, init=False)
    _turn: Lock = field(factory=Lock, init=False, repr=False)

    @rule("P44")
    def headers(self) -> Mapping[str, str]:
        """The token is renewed before it ends, so no call is sent with one that has."""
        with self._turn:
            if not self._token or self.seconds() >= self._renew_at:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Have the next call fetch a new token, after the one at hand was refused."""
        with self._turn:
            self._token = ""
        return True

    def _fetch(self) -> None:
        asked = self.seconds()
        try:
            response = self.client.post(
                self.token_url,
                data={"grant_type": "client_credentials"},
                auth=(self.client_id, self.client_secret),
            )
        except httpx.RequestError as error:
            raise transient_error(error, ENDPOINT) from error
        check_status(response, ENDPOINT)
        try:
            answer = response.json()
            token, life = str(answer["access_token"]), float(answer.get("expires_in", 300))
        except (ValueError, KeyError, TypeError) as error:
            raise TransientError(f"{ENDPOINT} gave no token") from error
        if str(answer.get("token_type", "")).lower() != "bearer":
            raise RequestRejected(response.status_code, ENDPOINT)
        self._token, self._renew_at = token, asked + life - min(EARLY_SECONDS, life * EARLY_SHARE)

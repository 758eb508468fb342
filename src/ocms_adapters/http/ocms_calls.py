"""A partner's call to OCMS: JSON posted, a passing failure tried again, a full limit waited for."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
from attrs import field, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.http.retry import (
    TIMEOUT,
    RequestRejected,
    TransientError,
    check_status,
    transient_error,
    with_retries,
)
from ocms_core.kernel.rule_tags import rule

OCMS = "OCMS"
LIMIT_WAITS = 3
LONGEST_LIMIT_WAIT = 3600


class ApplicationError(RequestRejected):
    """OCMS refused the call for good; `code` is its application code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, OCMS)
        self.code = code
        self.args = (f"OCMS answered {status} {code}: {message}",)


def send_at_once(_path: str) -> None:
    """Let a request go without ado."""


def new_client() -> httpx.Client:
    """Give a client that follows no redirect and takes no proxy from its surroundings."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


@frozen
class OcmsCalls:
    """
    Where OCMS, or the gateway before it, answers.

    `authorise` gives the headers of the credential; `renew` is asked once after a 401 whether there is a
    new one. `before` is called with the path before each request that is sent, repeated ones too.
    """

    url: str
    authorise: Callable[[], Mapping[str, str]]
    renew: Callable[[], bool] = field(default=lambda: False)
    client: httpx.Client = field(factory=new_client)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)
    before: Callable[[str], object] = send_at_once

    def post(self, path: str, notices: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        """Post one call and return its answer. Raises `ApplicationError` or `RetriesExhausted`."""
        body = {
            "requestId": str(uuid.uuid4()),
            "requestTimestamp": self.now().isoformat(timespec="seconds"),
            "notices": list(notices),
        }
        return with_retries(lambda: self._once_renewed(path, body), sleep=self.sleep)

    @rule("P44")
    def _once_renewed(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A 401 has the credential renewed once and the same request sent again, so a batch goes on."""
        response = self._within_limit(path, body)
        if response.status_code == httpx.codes.UNAUTHORIZED and self.renew():
            response = self._within_limit(path, body)
        return read(response)

    def _within_limit(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """A full rate limit is waited for as long as OCMS says; a call it refused has done nothing."""
        response = self._send(path, body)
        for _ in range(LIMIT_WAITS):
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            self.sleep(seconds(response))
            response = self._send(path, body)
        return response

    def _send(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        headers = {"X-Request-ID": body["requestId"], **self.authorise()}
        self.before(path)
        try:
            return self.client.post(self.url.rstrip("/") + path, json=body, headers=headers)
        except httpx.RequestError as error:
            raise transient_error(error, OCMS) from error


def seconds(response: httpx.Response) -> float:
    """Read how long a limit is to be waited for."""
    given = response.headers.get("Retry-After", "")
    return min(float(given), LONGEST_LIMIT_WAIT) if given.isdigit() else 60.0


def read(response: httpx.Response) -> dict[str, Any]:
    """Read an answer, amounts as Decimal; a refusal becomes `ApplicationError`."""
    try:
        answer = json.loads(response.content, parse_float=Decimal)
    except ValueError:
        answer = {}
    given = answer if isinstance(answer, dict) else {}
    if response.is_client_error:
        raise ApplicationError(
            response.status_code, str(given.get("appCode", "")), str(given.get("message", ""))
        )
    check_status(response, OCMS)
    if not isinstance(given.get("data"), dict):
        raise TransientError(f"{OCMS} answered without data")
    return given

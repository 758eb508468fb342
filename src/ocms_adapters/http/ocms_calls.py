"""A partner's call to OCMS: JSON posted, a passing failure tried again, a full limit waited for."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from attrs import field, frozen

from ocms_adapters.clock import SystemClock
from ocms_adapters.http.retry import (
    TIMEOUT,
    RequestRejected,
    RetriesExhausted,
    TransientError,
    check_status,
    transient_error,
    with_retries,
)
from ocms_adapters.structuring import JSON_BODIES, MalformedData
from ocms_core.kernel.codes import CALL_RUNNING
from ocms_core.kernel.rule_tags import rule

OCMS = "OCMS"
ANSWER = f"the answer of {OCMS}"
LIMIT_WAITS = 3
LONGEST_LIMIT_WAIT = 3600
USUAL_LIMIT_WAIT = 60.0

Data = TypeVar("Data")


@frozen
class ErrorBody:
    """The body of a refusal (contract 1): the application code and its text."""

    app_code: str = ""
    message: str = ""


class ApplicationError(RequestRejected):
    """OCMS refused the call for good; `code` is its application code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, OCMS)
        self.code = code
        self.args = (f"OCMS answered {status} {code}: {message}",)


def send_at_once(_path: str) -> None:
    """Return at once: a request is sent without waiting."""


def new_client() -> httpx.Client:
    """Return a client that follows no redirect and takes no proxy from its surroundings."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


@frozen
class OcmsCalls:
    """
    Calls to OCMS, or to the gateway before it, at `url`.

    `authorise` returns the headers of the credential; `renew` is called once after a 401 and says whether
    there is a new one. `before` is called with the path before each request that is sent, repeated ones too.
    """

    url: str
    authorise: Callable[[], Mapping[str, str]]
    renew: Callable[[], bool] = field(default=lambda: False)
    client: httpx.Client = field(factory=new_client)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(factory=lambda: SystemClock().now)
    before: Callable[[str], object] = send_at_once

    def post(self, path: str, notices: Sequence[Mapping[str, object]], form: type[Data]) -> Data:
        """
        Post one call and return the `data` of its answer, structured into the attrs type `form`.

        Raises `ApplicationError` when OCMS refuses, `RetriesExhausted` (its note: the request id) when it
        stays out of reach and `MalformedData` when its answer is not of the agreed form.
        """
        body = {
            "requestId": str(uuid.uuid4()),
            "requestTimestamp": self.now().isoformat(timespec="seconds"),
            "notices": list(notices),
        }
        try:
            data = with_retries(lambda: self._post_renewing(path, body), sleep=self.sleep)
        except RetriesExhausted as failure:
            failure.add_note(f"Request id: {body['requestId']}")
            raise
        return JSON_BODIES.read(data, form, ANSWER, at="data")

    @rule("P44")
    def _post_renewing(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Renew the credential once after a 401 and send the same request again, so a batch goes on (P44)."""
        response = self._post_within_limit(path, body)
        if response.status_code == httpx.codes.UNAUTHORIZED and self.renew():
            response = self._post_within_limit(path, body)
        return answer_data(response)

    def _post_within_limit(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Wait for a full rate limit as long as OCMS says; a call it refused has done nothing."""
        response = self._send(path, body)
        for _ in range(LIMIT_WAITS):
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            self.sleep(limit_wait(response))
            response = self._send(path, body)
        return response

    def _send(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        headers = {"X-Request-ID": body["requestId"], **self.authorise()}
        self.before(path)
        try:
            return self.client.post(self.url.rstrip("/") + path, json=body, headers=headers)
        except httpx.RequestError as error:
            raise transient_error(error, OCMS) from error


def limit_wait(response: httpx.Response) -> float:
    """Return for how many seconds a full limit is waited for: `Retry-After`, an hour at most."""
    after = response.headers.get("Retry-After", "")
    return min(float(after), LONGEST_LIMIT_WAIT) if after.isdigit() else USUAL_LIMIT_WAIT


@rule("K1")
def answer_data(response: httpx.Response) -> Mapping[str, Any]:
    """
    Return the `data` of an answer, its numbers with a fraction as Decimal.

    Raises `ApplicationError` for a refusal, and `TransientError` where there is no `data` or the first
    delivery of a repeated call is still being answered (K1).
    """
    try:
        body = json.loads(response.content, parse_float=Decimal)
    except ValueError:
        body = None
    if response.is_client_error:
        refusal = error_body(body)
        if refusal.app_code == CALL_RUNNING.code:
            raise TransientError(f"{OCMS} has not answered the first delivery of this call yet")
        raise ApplicationError(response.status_code, refusal.app_code, refusal.message)
    check_status(response, OCMS)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise TransientError(f"{OCMS} answered without data")
    return data


def error_body(body: object) -> ErrorBody:
    """Return the body of a refusal; an empty one where somebody else than OCMS refused, in another form."""
    try:
        return JSON_BODIES.read(body, ErrorBody, ANSWER)
    except MalformedData:
        return ErrorBody()

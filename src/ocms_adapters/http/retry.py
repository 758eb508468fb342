"""Retries of a call to another system: once, then after 2, 4 and 8 seconds, and then no more."""

import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

import httpx
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from ocms_core.kernel.errors import OcmsError
from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

Answer = TypeVar("Answer")

ATTEMPTS = 4
JITTER_SECONDS = 0.5
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
TIMEOUT = httpx.Timeout(30, connect=10)


class TransientError(OcmsError):
    """A call failed in a way that may pass; the message says how, and repeats nothing of its content."""


class RetriesExhausted(OcmsError):
    """All attempts failed in a passing way."""

    def __init__(self, last: str, attempts: int) -> None:
        super().__init__(f"{last} ({attempts} attempts)")
        self.attempts = attempts


class RequestRejected(OcmsError):
    """The other side refused the call for good: it is not tried again."""

    def __init__(self, status: int, which: str) -> None:
        super().__init__(f"{which} answered {status}")
        self.status = status


@rule("P40", "P44")
def with_retries(call: Callable[[], Answer], *, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """
    Return the result of a call, tried four times at most, 2, 4 and 8 seconds and a jitter apart (P40, P44).

    Only `TransientError` is tried again. Raises `RetriesExhausted` when the last attempt failed too.
    """
    policy = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=2) + wait_random(0, JITTER_SECONDS),
        retry=retry_if_exception_type(TransientError),
        sleep=sleep,
        before_sleep=log_attempt,
        retry_error_callback=raise_exhausted,
    )
    return policy(call)


def log_attempt(state: RetryCallState) -> None:
    """Log an attempt that failed."""
    failure = state.outcome and state.outcome.exception()
    log.warning("call_failed", attempt=state.attempt_number, reason=str(failure))


def raise_exhausted(state: RetryCallState) -> NoReturn:
    """Raise `RetriesExhausted` with the last failure."""
    failure = state.outcome and state.outcome.exception()
    raise RetriesExhausted(str(failure), state.attempt_number)


@rule("P40")
def check_status(response: httpx.Response, which: str) -> None:
    """
    Check an answer's status: 500, 502, 503 and 504 may pass, every other refusal is final (P40).

    Raises `TransientError` and `RequestRejected`; a redirect is a refusal. `which` names the other side.
    """
    if response.status_code in TRANSIENT_STATUSES:
        raise TransientError(f"{which} answered {response.status_code}")
    if not response.is_success:
        raise RequestRejected(response.status_code, which)


def transient_error(error: httpx.RequestError, which: str) -> TransientError:
    """Convert an httpx error to `TransientError`, by class name only: its text may hold an address."""
    return TransientError(f"{which} cannot be reached ({type(error).__name__})")

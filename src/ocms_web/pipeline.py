"""How a call is handled: authentication, role, rate limit, body, answer, in its contract's envelope."""

from asyncio import get_running_loop
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import structlog
from attrs import evolve, field, frozen
from litestar import Request as LitestarRequest
from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.enums import MediaType

from ocms_core.kernel.access import OPERATIONS, Limit, Operation, Principal
from ocms_core.kernel.access_log import AccessRecords
from ocms_core.kernel.actors import Actor, acting
from ocms_core.kernel.credentials import RateLimitExceeded, RateLimits
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_core.kernel.idempotency import RepeatedCall
from ocms_core.kernel.masking import masked_text
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication import AuthenticationFailure, Authenticator
from ocms_web.bodies import (
    BodyIncomplete,
    BodyTooLarge,
    CallsInProgress,
    TooManyCalls,
    drop_body,
    receive_body,
)
from ocms_web.dry_runs import DRY_RUN, ECHO, dry_run_header, is_dry_run
from ocms_web.endpoints import Endpoint, Request
from ocms_web.json_codec import Malformed, Reply, body_bytes, decode
from ocms_web.observability import count_refusal
from ocms_web.problems import Problem
from ocms_web.repeats import InvalidKey, key_in, repeat_reply

log = structlog.get_logger()

Outcome = TypeVar("Outcome")

NUMBERS = frozenset({"skip", "limit"})
MOST_DIGITS = 9  # of a number that every integer type holds

LIMITS: Mapping[Operation, Limit] = {operation: policy.limit for operation, policy in OPERATIONS.items()}


class Clock(Protocol):
    """The clock."""

    def now(self) -> datetime:
        """Return the current moment, aware."""


@frozen
class Pipeline:
    """What every call passes: authentication, rate limits, the clock, access records, bounds and threads."""

    authenticator: Authenticator
    limits: RateLimits
    clock: Clock
    records: AccessRecords
    limit_of: Mapping[Operation, Limit] = LIMITS
    threads: Executor = field(factory=ThreadPoolExecutor)
    calls: CallsInProgress = field(factory=CallsInProgress)


@frozen
class AuthorizedCall:
    """A call that may be made, by its caller."""

    caller: Principal


@frozen
class RawRequest:
    """What an admitted call brings before any check; `url_params` are from path and query."""

    headers: Mapping[str, str]
    body: bytes
    url_params: Mapping[str, str]


async def serve(
    request: LitestarRequest[Any, Any, Any], endpoint: Endpoint, pipeline: Pipeline
) -> Response[bytes]:
    """Answer one HTTP request; the database work runs in a thread, and what is not received is dropped."""
    unreceived = has_body(request.headers)
    reply = await in_thread(pipeline, endpoint, partial(authorize, endpoint, pipeline, request.headers))
    if isinstance(reply, AuthorizedCall):
        reply, unreceived = await reply_to(request, reply, endpoint, pipeline)
    if reply.status >= HTTPStatus.BAD_REQUEST:
        count_refusal(endpoint.operation.value, reply.status, reply.body)
    return Response(
        body_bytes(reply),
        status_code=reply.status,
        media_type=MediaType.JSON,
        headers={"Cache-Control": "no-store", **reply.headers},
        background=BackgroundTask(drop_body, request.receive) if unreceived else None,
    )


def has_body(headers: Mapping[str, str]) -> bool:
    """Return whether a request says that a body follows."""
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


@rule("G8", "G19", "K6")
async def reply_to(
    request: LitestarRequest[Any, Any, Any], call: AuthorizedCall, endpoint: Endpoint, pipeline: Pipeline
) -> tuple[Reply, bool]:
    """
    Receive the body of an admitted call and answer it; return whether some of it is left too (G8, G19).

    The answer of a dry run has its header (K6).
    """
    url_params = {**dict(request.query_params), **in_path(request, endpoint)}
    comes = has_body(request.headers)
    limits = pipeline.calls.limits
    try:
        with pipeline.calls.place(call.caller.credential) as hold:
            wanted = comes and endpoint.method != "GET"
            body = await receive_body(request.receive, endpoint.largest_body, limits, hold) if wanted else b""
            raw = RawRequest(request.headers, body, url_params)
            reply = await in_thread(pipeline, endpoint, partial(handle, endpoint, pipeline, call, raw))
            if is_dry_run(endpoint.operation, request.headers):
                reply = with_headers(reply, ECHO)
            return reply, comes and not wanted
    except BodyTooLarge:
        refused = partial(too_large, endpoint, pipeline.clock)
        return await in_thread(pipeline, endpoint, refused), True
    except BodyIncomplete:
        return endpoint.problem(Problem.MALFORMED), False
    except TooManyCalls:
        log.warning("call_unavailable", operation=endpoint.operation.value, reason="too many in progress")
        return endpoint.problem(Problem.UNAVAILABLE), comes


def too_large(endpoint: Endpoint, clock: Clock) -> Reply:
    """Return the refusal of a body that is larger than the endpoint reads."""
    return endpoint.too_large(clock.now()) if endpoint.too_large else endpoint.problem(Problem.TOO_LARGE)


@rule("S52")
def in_path(request: LitestarRequest[Any, Any, Any], endpoint: Endpoint) -> dict[str, str]:
    """
    Return the parameters in the path of a request, without the slash that comes before the rest of a path.

    A rest that is the path of another call with another method, such as `download`, is one too (S52).
    """
    before, _, parameter = endpoint.path.partition("{")
    path = request.scope["path"].rstrip("/")
    if path in endpoint.also and path.startswith(before):
        return {parameter.partition(":")[0]: path.removeprefix(before)}
    return {name: str(value).removeprefix("/") for name, value in request.path_params.items()}


async def in_thread(
    pipeline: Pipeline, endpoint: Endpoint, work: Callable[[], Reply | Outcome]
) -> Reply | Outcome:
    """Run work on a call in one of the pipeline's threads, in the log's context of the request."""
    # The framework's own thread pool would take a quarter of the time of a small call.
    return await get_running_loop().run_in_executor(
        pipeline.threads, copy_context().run, handle_safely, endpoint, work
    )


@rule("G7", "G15", "P4")
def handle_safely(endpoint: Endpoint, work: Callable[[], Reply | Outcome]) -> Reply | Outcome:
    """Answer every call in its contract's envelope, whatever goes wrong, without internals."""
    try:
        return work()
    except (Unavailable, Conflict) as fault:
        code = getattr(fault, "code", None)
        log.warning("call_unavailable", operation=endpoint.operation.value, reason=str(fault), code=code)
        return endpoint.problem(Problem.UNAVAILABLE)
    except Exception:  # the last line of defence: whatever it is, the caller gets the family's 500
        log.exception("call_failed", operation=endpoint.operation.value)
        return endpoint.problem(Problem.INTERNAL_ERROR)


@rule("G8", "G19", "P1", "P3")
def authorize(endpoint: Endpoint, pipeline: Pipeline, headers: Mapping[str, str]) -> AuthorizedCall | Reply:
    """Refuse a call for its credential, then its role, then its rate, before its body is looked at (G19)."""
    now = pipeline.clock.now()
    caller = pipeline.authenticator.authenticate(headers, endpoint.operation, now)
    if isinstance(caller, AuthenticationFailure):
        own = endpoint.key_refused if caller.by_key else None
        return with_headers(own or endpoint.problem(caller.problem), caller.headers)
    admission = pipeline.limits.take(
        endpoint.operation, pipeline.limit_of[endpoint.operation], caller.credential, now
    )
    if isinstance(admission, RateLimitExceeded):
        return with_headers(
            endpoint.problem(Problem.RATE_LIMITED), {"Retry-After": str(admission.retry_after)}
        )
    return AuthorizedCall(caller)


@rule("G8", "K1", "K2", "K6")
def handle(endpoint: Endpoint, pipeline: Pipeline, call: AuthorizedCall, raw: RawRequest) -> Reply:
    """Refuse an admitted call for its JSON, else answer it (G8)."""
    try:
        body = url_fields(raw.url_params) if endpoint.method == "GET" else decode(raw.body)
        key = key_in(raw.headers) if OPERATIONS[endpoint.operation].changes else None
    except Malformed:
        return endpoint.problem(Problem.MALFORMED)
    except InvalidKey:
        return endpoint.problem(Problem.INVALID_KEY)
    dry_run = dry_run_header(endpoint.operation, raw.headers)
    if dry_run not in (None, DRY_RUN):
        return endpoint.problem(Problem.INVALID_DRY_RUN)
    # The body may have taken its time.
    caller, now = call.caller, pipeline.clock.now()
    record_access = partial(pipeline.records.record_access, caller, endpoint.operation, now=now)
    request = Request(caller, now, body, record_access, raw.url_params, key, dry_run=dry_run is not None)
    try:
        with acting(actor_of(caller, endpoint.operation)):
            return endpoint.answer(request)
    except Malformed:
        return endpoint.problem(Problem.MALFORMED)
    except RepeatedCall as repeated:
        return repeat_reply(repeated, endpoint.problem)


@rule("G2", "G7")
def url_fields(url_params: Mapping[str, str]) -> dict[str, object]:
    """Return path and query of a GET as its POST form has them in the body, numbers as numbers (G2)."""
    return {
        name: int(value) if name in NUMBERS and value.isdecimal() and len(value) <= MOST_DIGITS else value
        for name, value in url_params.items()
    }


def actor_of(caller: Principal, operation: Operation) -> Actor:
    """Return the caller as audit rows name it, with the id by which the log names the request."""
    request_id = masked_text(structlog.contextvars.get_contextvars().get("request_id", ""))
    return Actor(caller.name, caller.role.value, caller.credential, operation.value, request_id or None)


def with_headers(reply: Reply, headers: Mapping[str, str]) -> Reply:
    """Return a reply with further headers."""
    return evolve(reply, headers={**reply.headers, **headers})

"""How a call is handled: authentication, role, rate limit, body, answer, in its contract's envelope."""

from asyncio import get_running_loop
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import structlog
from attrs import evolve, field, frozen
from litestar import Request as LitestarRequest
from litestar import Response
from litestar.enums import MediaType

from ocms_core.kernel.access import OPERATIONS, Limit, Operation
from ocms_core.kernel.access_log import AccessRecords
from ocms_core.kernel.credentials import RateLimitExceeded, RateLimits
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_core.kernel.idempotency import RepeatedCall
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication import AuthenticationFailure, Authenticator
from ocms_web.endpoints import MEBIBYTE, Endpoint, Request
from ocms_web.json_codec import Malformed, Reply, decode, encode
from ocms_web.problems import Problem
from ocms_web.repeats import HEADER, is_key, repeat_reply

log = structlog.get_logger()

LONGEST_DROPPED = 64 * MEBIBYTE

LIMITS: Mapping[Operation, Limit] = {operation: policy.limit for operation, policy in OPERATIONS.items()}


class Clock(Protocol):
    """The clock."""

    def now(self) -> datetime:
        """Return the current moment, aware."""


@frozen
class Pipeline:
    """What every call passes: authentication, rate limits, the clock, access records, and the threads."""

    authenticator: Authenticator
    limits: RateLimits
    clock: Clock
    records: AccessRecords
    limit_of: Mapping[Operation, Limit] = LIMITS
    threads: Executor = field(factory=ThreadPoolExecutor)


@frozen
class RawRequest:
    """An HTTP request before any check; `body` is None when too large, `url_params` from path and query."""

    headers: Mapping[str, str]
    body: bytes | None
    url_params: Mapping[str, str]


async def serve(
    request: LitestarRequest[Any, Any, Any], endpoint: Endpoint, pipeline: Pipeline
) -> Response[bytes]:
    """Answer one HTTP request; the database work runs in a thread."""
    body = await bounded_body(request, endpoint.largest_body)
    # What is left of a path comes with the slash before it, which is no part of it.
    in_path = {name: str(value).removeprefix("/") for name, value in request.path_params.items()}
    raw = RawRequest(request.headers, body, {**dict(request.query_params), **in_path})
    # The framework's own thread pool would take a quarter of the time of a small call.
    reply = await get_running_loop().run_in_executor(
        pipeline.threads, copy_context().run, handle_safely, endpoint, pipeline, raw
    )
    return Response(
        reply.body if isinstance(reply.body, bytes) else encode(reply.body),
        status_code=reply.status,
        media_type=MediaType.JSON,
        headers={"Cache-Control": "no-store", **reply.headers},
    )


@rule("G8")
async def bounded_body(request: LitestarRequest[Any, Any, Any], most: int) -> bytes | None:
    """
    Read a body up to the size its call may have; None when it is larger.

    The rest is read and dropped, up to a bound: a client that is still sending would not see the answer.
    """
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most + LONGEST_DROPPED:
            break
        if size <= most:
            chunks.append(chunk)
    return b"".join(chunks) if size <= most else None


@rule("G7", "G15", "P4")
def handle_safely(endpoint: Endpoint, pipeline: Pipeline, raw: RawRequest) -> Reply:
    """Answer every call in its contract's envelope, whatever goes wrong, without internals."""
    try:
        return handle(endpoint, pipeline, raw)
    except (Unavailable, Conflict) as fault:
        code = getattr(fault, "code", None)
        log.warning("call_unavailable", operation=endpoint.operation.value, reason=str(fault), code=code)
        return endpoint.problem(Problem.UNAVAILABLE)
    except Exception:  # the last line of defence: whatever it is, the caller gets the family's 500
        log.exception("call_failed", operation=endpoint.operation.value)
        return endpoint.problem(Problem.INTERNAL_ERROR)


@rule("G8", "P1", "P3", "K1")
def handle(endpoint: Endpoint, pipeline: Pipeline, raw: RawRequest) -> Reply:
    """Refuse a call for its credential, then its role, its rate, its size and its JSON; else answer it."""
    now = pipeline.clock.now()
    caller = pipeline.authenticator.authenticate(raw.headers, endpoint.operation, now)
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
    if raw.body is None:
        return endpoint.problem(Problem.TOO_LARGE)
    try:
        body = None if endpoint.method == "GET" else decode(raw.body)
    except Malformed:
        return endpoint.problem(Problem.MALFORMED)
    key = raw.headers.get(HEADER) if OPERATIONS[endpoint.operation].changes else None
    if key is not None and not is_key(key):
        return endpoint.problem(Problem.INVALID_KEY)
    record_access = partial(pipeline.records.record_access, caller, endpoint.operation, now=now)
    try:
        return endpoint.answer(Request(caller, now, body, record_access, raw.url_params, key))
    except RepeatedCall as repeated:
        return repeat_reply(repeated, endpoint.problem)


def with_headers(reply: Reply, headers: Mapping[str, str]) -> Reply:
    """Return a reply with further headers."""
    return evolve(reply, headers={**reply.headers, **headers})

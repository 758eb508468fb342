"""One call from door to door: who, may they, how often, well-formed, answered, wrapped."""

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

from ocms_core.kernel.access import LIMITS, Limit, Operation
from ocms_core.kernel.access_log import AccessRecords
from ocms_core.kernel.credentials import RateLimitExceeded, RateLimits
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_core.kernel.rule_tags import rule
from ocms_web.authentication import AuthenticationFailure, Authenticator
from ocms_web.endpoints import MEBIBYTE, Endpoint, Request
from ocms_web.json_codec import Malformed, Reply, decode, encode
from ocms_web.problems import Problem

log = structlog.get_logger()

LONGEST_DROPPED = 64 * MEBIBYTE


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present moment, aware."""


@frozen
class Pipeline:
    """What every call passes before it is read, where looks are recorded, and the threads of the answers."""

    doors: Authenticator
    limits: RateLimits
    clock: Clock
    records: AccessRecords
    allowances: Mapping[Operation, Limit] = LIMITS
    threads: Executor = field(factory=ThreadPoolExecutor)


@frozen
class RawRequest:
    """What came over the wire; `body` is None when too large, `address` the words of path and query."""

    headers: Mapping[str, str]
    body: bytes | None
    address: Mapping[str, str]


async def serve(
    request: LitestarRequest[Any, Any, Any], endpoint: Endpoint, gate: Pipeline
) -> Response[bytes]:
    """Answer one HTTP request; the database work runs in a thread of its own."""
    body = await bounded_body(request, endpoint.largest_body)
    # What is left of a path comes with the slash before it, which is no part of it.
    in_path = {name: str(value).removeprefix("/") for name, value in request.path_params.items()}
    sent = RawRequest(request.headers, body, {**dict(request.query_params), **in_path})
    # Not the framework's own way into a thread, which takes a quarter of the time of a small call.
    reply = await get_running_loop().run_in_executor(
        gate.threads, copy_context().run, handle_safely, endpoint, gate, sent
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
    A body is read up to the size its call may have; None when it is larger.

    What is over is read and dropped, up to a bound: who is still sending would not see the answer.
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
def handle_safely(endpoint: Endpoint, gate: Pipeline, sent: RawRequest) -> Reply:
    """No call ends without an answer in its family's envelope, and none tells what went wrong inside."""
    try:
        return handle(endpoint, gate, sent)
    except (Unavailable, Conflict) as fault:
        log.warning("call_unavailable", operation=endpoint.operation.value, reason=str(fault))
        return endpoint.problem(Problem.UNAVAILABLE)
    except Exception:  # the last line of defence: whatever it is, the caller gets the family's 500
        log.exception("call_failed", operation=endpoint.operation.value)
        return endpoint.problem(Problem.INTERNAL_ERROR)


@rule("G8", "P1", "P3")
def handle(endpoint: Endpoint, gate: Pipeline, sent: RawRequest) -> Reply:
    """A call is refused for its credential first, then its permission, its rate, its size and its JSON."""
    now = gate.clock.now()
    entered = gate.doors.enter(sent.headers, endpoint.operation, now)
    if isinstance(entered, AuthenticationFailure):
        own = endpoint.key_refused if entered.by_key else None
        return with_headers(own or endpoint.problem(entered.problem), entered.headers)
    taken = gate.limits.take(endpoint.operation, gate.allowances[endpoint.operation], entered.credential, now)
    if isinstance(taken, RateLimitExceeded):
        return with_headers(endpoint.problem(Problem.RATE_LIMITED), {"Retry-After": str(taken.retry_after)})
    if sent.body is None:
        return endpoint.problem(Problem.TOO_LARGE)
    try:
        body = None if endpoint.method == "GET" else decode(sent.body)
    except Malformed:
        return endpoint.problem(Problem.MALFORMED)
    record_access = partial(gate.records.record_access, entered, endpoint.operation, now=now)
    return endpoint.answer(Request(entered, now, body, record_access, sent.address))


def with_headers(reply: Reply, headers: Mapping[str, str]) -> Reply:
    """Give a reply further headers."""
    return evolve(reply, headers={**reply.headers, **headers})

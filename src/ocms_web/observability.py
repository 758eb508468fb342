"""Request ids, one log line per request, and metrics; never an identity number."""

import re
import uuid
from time import perf_counter
from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest

from ocms_core.kernel.rule_tags import rule

log = structlog.get_logger()

REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")

# Texts are no codes: each would be a series of its own.
CODE = re.compile(r"[A-Z][A-Z_]+|[A-Z]+-[0-9]{4}")

# Any other is `other`: a caller may make up words, and each would be a series of its own.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

CALLS = Counter("ocms_http_requests", "Answered requests", ["method", "path", "status"])
REFUSALS = Counter("ocms_refusals", "Calls that were refused", ["operation", "status", "code"])
SECONDS = Histogram("ocms_http_request_seconds", "How long an answer took", ["path"])


@rule("G11")
def request_id(headers: list[tuple[bytes, bytes]]) -> str:
    """Return the caller's X-Request-ID when it is 1 to 128 visible characters, else a new one."""
    given = next((value for name, value in headers if name.lower() == b"x-request-id"), b"")
    return given.decode("ascii") if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def observe_requests(app: ASGIApp, paths: frozenset[str]) -> ASGIApp:
    """
    Echo, log and count every request.

    Only the `paths` of the API are named in logs and metrics: an unknown path may hold anything,
    and a counter for each would grow without end.
    """

    async def observe(scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await app(scope, receive, send)
            return
        handle = request_id(list(scope["headers"]))
        started = perf_counter()
        status: list[int] = []
        answered: list[float] = []

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(int(message["status"]))
                message["headers"] = [*message["headers"], (b"x-request-id", handle.encode("ascii"))]
            await send(message)
            if message["type"] == "http.response.body" and not message["more_body"]:
                answered.append(perf_counter())  # what is left of a body may still be dropped after it

        with structlog.contextvars.bound_contextvars(request_id=handle):
            try:
                await app(scope, receive, sent)
            finally:
                seconds = (answered[0] if answered else perf_counter()) - started
                # A parameter in a path may be an identity number: only the template is seen (G2).
                template = str(scope.get("path_template", scope["path"]))
                path = template if template in paths else "other"
                seen = status[0] if status else None
                method = str(scope.get("method", ""))
                CALLS.labels(method if method in METHODS else "other", path, str(seen)).inc()
                SECONDS.labels(path).observe(seconds)
                log.info("request", path=path, status=seen, milliseconds=round(seconds * 1000, 1))

    return observe


def count_refusal(operation: str, status: int, body: object) -> None:
    """Count a call that was refused, by the code in its answer; the status of a limit is 429, or 503."""
    REFUSALS.labels(operation, str(status), refusal_code(body)).inc()


def refusal_code(body: object) -> str:
    """Return the code in a refusal, in whatever envelope; `other` where it has none."""
    for name in ("app_code", "code", "reason", "error_type", "error"):
        value = getattr(body, name, None)
        if isinstance(value, str) and CODE.fullmatch(value):
            return value
    data = getattr(body, "data", None)
    return refusal_code(data) if data is not None else "other"


def metrics() -> tuple[bytes, dict[str, Any]]:
    """Return the metrics of this process in Prometheus's text form, with the header naming it."""
    return generate_latest(REGISTRY), {"Content-Type": CONTENT_TYPE_LATEST}

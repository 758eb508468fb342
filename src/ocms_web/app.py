"""The Litestar application: endpoints, health, metrics and the API description."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from litestar import HttpMethod, Litestar, MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler, route
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Refusal
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.rule_tags import rule
from ocms_web import openapi
from ocms_web.court.replies import error_reply
from ocms_web.endpoints import Endpoint
from ocms_web.json_codec import Reply, encode
from ocms_web.observability import metrics, observe_requests
from ocms_web.pages import METHODS, PageRoutes, description_routes, pages
from ocms_web.pipeline import Pipeline, serve
from ocms_web.readiness import Readiness

log = structlog.get_logger()


def create_app(
    endpoints: Sequence[Endpoint],
    pipeline: Pipeline,
    *,
    ready: Readiness,
    version: str,
    files: Sequence[HTTPRouteHandler] = (),
    guide: Path | None = None,
    portal: PageRoutes | None = None,
) -> ASGIApp:
    """
    Build the API; every request is observed, also one the framework itself refuses.

    `files` are the routes of signed links, `guide` the folder of the documentation and `portal` the staff
    pages where there are any.
    """
    shown = [live, health_of(ready), metrics_page, *description_routes(endpoints, version)]
    own = [*files, *shown]
    paths = frozenset(
        {
            *map(openapi.template, endpoints),
            *(path for endpoint in endpoints for path in endpoint.also),
            *(openapi.untyped(path) for route in own for path in route.paths),
            *(portal.paths if portal else ()),
        }
    )
    api = Litestar(
        route_handlers=[
            *(route_of(endpoint, pipeline) for endpoint in endpoints),
            *files,
            pages(shown, guide),
            *([portal.router] if portal else []),
        ],
        exception_handlers={
            NotFoundException: partial(refused, code=codes.NO_SUCH_PATH),
            MethodNotAllowedException: partial(refused, code=codes.NO_SUCH_METHOD),
            HTTPException: partial(refused, code=codes.INVALID_PAYLOAD),
            Exception: broken,
        },
        request_max_body_size=None,  # each endpoint has its own bound, behind authentication
        openapi_config=None,
        logging_config=None,
    )
    return observe_requests(answer_faults(api), paths)


@rule("G7", "G15")
def answer_faults(app: ASGIApp) -> ASGIApp:
    """
    Answer what not even the framework does, static files included, as any other fault of OCMS.

    An answer that has begun cannot be replaced: the fault goes on to the server, which ends the connection.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, sent)
        except Exception as problem:
            if begun or str(scope["type"]) != "http":
                raise
            reply = internal_error(problem)
            last = ASGIResponse(body=encode(reply.body), status_code=reply.status, media_type=MediaType.JSON)
            await last(scope, receive, send)

    return answer


def route_of(endpoint: Endpoint, pipeline: Pipeline) -> HTTPRouteHandler:
    """Return the route of an endpoint."""

    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await serve(request, endpoint, pipeline)

    paths = [endpoint.path, *endpoint.also]
    return HTTPRouteHandler(paths, http_method=HttpMethod(endpoint.method))(handle)


@route("/health/live", http_method=METHODS, sync_to_thread=False)
def live() -> Response[bytes]:
    """Answer that the process runs."""
    return response(Reply(200, {"status": "live"}))


def health_of(ready: Readiness) -> HTTPRouteHandler:
    """Return the route that says whether the system can work."""

    @route("/health/ready", http_method=METHODS)
    async def health() -> Response[bytes]:
        """Answer whether this version works with both databases, and takes writes."""
        try:
            await ready.check()
        except Unavailable as fault:
            log.warning("not_ready", reason=str(fault), code=fault.code)
            return response(Reply(503, {"status": "not ready", "reason": str(fault)}))
        return response(Reply(200, {"status": "ready"}))

    return health


@route("/metrics", http_method=METHODS, sync_to_thread=False)
def metrics_page() -> Response[bytes]:
    """Answer with the metrics of this process, for Prometheus."""
    text, headers = metrics()
    return Response(text, headers=headers)


@rule("G7")
def refused(_request: Request[Any, Any, Any], problem: HTTPException, code: Code) -> Response[bytes]:
    """Answer in JSON what the framework refuses: an unknown path, a wrong method and the like."""
    reply = error_reply(Refusal(code))
    return response(Reply(reply.status, reply.body, problem.headers or {}))


def broken(_request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """Answer a fault of OCMS itself without internals."""
    return response(internal_error(problem))


def internal_error(problem: Exception) -> Reply:
    """Log a fault of OCMS itself and return its reply, without internals."""
    log.error("request_failed", exc_info=problem)
    return error_reply(Refusal(codes.INTERNAL_ERROR))


def response(reply: Reply) -> Response[bytes]:
    """Return a reply as a response with JSON."""
    return Response(
        encode(reply.body), status_code=reply.status, media_type=MediaType.JSON, headers=dict(reply.headers)
    )

"""The pages for people: the API description and the page to try calls on, all from files shipped here."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from litestar import HttpMethod, MediaType, Request, Response, Router
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler, route
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ocms_core.kernel.rule_tags import rule
from ocms_web import openapi
from ocms_web.endpoints import Endpoint
from ocms_web.json_codec import encode

SWAGGER_UI = Path(__file__).parent / "static" / "swagger-ui"
METHODS = (HttpMethod.GET, HttpMethod.HEAD)

# Swagger UI draws its signs from `data:` addresses and sets styles as it goes; its scripts are files.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OCMS API</title>
<link rel="icon" type="image/svg+xml" href="/docs/favicon.svg">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
});
"""
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect width="16" height="16" rx="3" fill="#1f4e79"/>'
    '<path d="M5 13V3h4a3 3 0 0 1 0 6H5" fill="none" stroke="#fff" stroke-width="2"/></svg>\n'
)


@frozen
class PageRoutes:
    """The routes of pages, and their paths as the log and the metrics name them."""

    router: Router
    paths: tuple[str, ...]


def description_routes(endpoints: Sequence[Endpoint], version: str) -> list[HTTPRouteHandler]:
    """Return the routes of the API description and of the page to try calls on."""

    @cache
    def document() -> bytes:
        return encode(openapi.document(endpoints, version))

    return [
        fixed_route(["/openapi.json"], document, MediaType.JSON),
        fixed_route(["/", "/docs"], PAGE.encode, MediaType.HTML),
        fixed_route(["/docs/start.js"], START.encode, "text/javascript"),
        fixed_route(["/docs/favicon.svg"], ICON.encode, "image/svg+xml"),
    ]


def fixed_route(paths: list[str], content: Callable[[], bytes], media_type: str) -> HTTPRouteHandler:
    """Return the route of a document that stays as it is, made when it is first read."""

    def answer() -> Response[bytes]:
        return Response(content(), media_type=media_type)

    return HTTPRouteHandler(paths, http_method=METHODS, sync_to_thread=False)(answer)


def pages(routes: Sequence[HTTPRouteHandler], guide: Path | None) -> Router:
    """Return these routes, the files of Swagger UI and those of the guide, as browsers should take them."""
    handlers: list[HTTPRouteHandler | Router] = [*routes, folder_routes("/docs/assets", SWAGGER_UI, "assets")]
    if guide:
        handlers += [guide_start, folder_routes("/guide", guide, "guide")]
    return Router("/", route_handlers=handlers, middleware=[as_page])


def folder_routes(path: str, folder: Path, name: str) -> Router:
    """Return the routes of the files of a folder."""
    return create_static_files_router(
        path=path,
        directories=[folder],
        name=name,
        include_in_schema=False,
        before_request=refuse_zero_byte,
    )


@route("/guide", http_method=METHODS, sync_to_thread=False)
def guide_start() -> Redirect:
    """Answer where the guide begins: the links of its pages count from their file."""
    return Redirect("/guide/index.html")


def as_page(app: ASGIApp) -> ASGIApp:
    """Add the headers that bind a browser to what is served here, and answer HEAD without a body."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message).update(HEADERS)
            elif message["type"] == "http.response.body" and str(scope.get("method")) == "HEAD":
                message["body"] = b""
            await send(message)

        await app(scope, receive, sent)

    return answer


@rule("G7")
def refuse_zero_byte(request: Request[Any, Any, Any]) -> None:
    """Raise NotFoundException for a path with a zero byte, which no file name has."""
    if "\0" in request.scope["path"]:
        raise NotFoundException

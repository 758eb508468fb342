"""The addresses of the staff pages: sign-in and sign-out, the pages themselves, and their files."""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.handlers import HTTPRouteHandler
from litestar.static_files import create_static_files_router

from ocms_web.pages import METHODS as READING
from ocms_web.pages import PageRoutes, as_page, refuse_zero_byte
from ocms_web.portal.sessions import COOKIE, START, OpenSession, cookie, own_path
from ocms_web.portal.sign_in import ATTEMPT_COOKIE, ATTEMPT_SECONDS, SIGNED_IN, SIGNED_OUT, SignInRefused
from ocms_web.portal.site import (
    SIGN_IN,
    AnyRequest,
    Portal,
    SessionWork,
    answer_page,
    answer_safely,
    in_thread,
    leading_to,
    moved,
    view_page,
)
from ocms_web.portal.visits import NOT_FOUND, Answer, Moved, Page, PageProblem, View, Visit

log = structlog.get_logger()

STATIC = Path(__file__).parents[1] / "static"
ASSETS = ("sgds", "htmx", "portal")
ASSET_SECONDS = 3600
BEGIN = "/staff/sign-in/begin"
SIGN_OUT = "/staff/sign-out"
AT_PROVIDER = "/staff/sign-out/at-provider"
KEPT = "/staff/kept"
TYPE = re.compile(r":[a-z]+\}")
NOT_SIGNED_IN = PageProblem(
    HTTPStatus.FORBIDDEN,
    "You are not signed in",
    "The sign-in was not finished, took too long, or gave no role for these pages. Please sign in again.",
)


def portal_routes(portal: Portal) -> PageRoutes:
    """Return the routes of the staff pages."""
    return PageRoutes(portal_router(portal), tuple(portal_paths(portal)))


def portal_router(portal: Portal) -> Router:
    """Return the router of the staff pages."""
    return Router(
        "/",
        route_handlers=[
            *(fixed_route(path, work, portal) for path, work in FIXED),
            *(
                page_route(page, methods, portal)
                for page in all_pages(portal)
                for methods in (READING, [HttpMethod.POST])
            ),
            Router("/", route_handlers=list(map(asset_routes, ASSETS)), middleware=[as_page]),
        ],
    )


def portal_paths(portal: Portal) -> Iterator[str]:
    """Yield the paths of the pages as the log and the metrics name them, parameters without their types."""
    for path in (*(path for path, _ in FIXED), *(page.path for page in all_pages(portal))):
        yield TYPE.sub("}", path)


def all_pages(portal: Portal) -> tuple[Page, ...]:
    """Return the pages for officers, with those of the session itself."""
    return (
        *portal.pages,
        Page(SIGN_OUT, "Sign out", "sign_out.html", show=ask_sign_out, act=sign_out, keeps_form=False),
        Page(KEPT, "Send your form again", "kept.html", show=show_kept, act=drop_kept, keeps_form=False),
    )


def fixed_route(path: str, work: SessionWork[Response[bytes]], portal: Portal) -> HTTPRouteHandler:
    """Return the route of a page that anybody may open."""

    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await in_thread(portal, answer_safely, request, portal, work)

    # Whoever comes back from the provider does so once; a HEAD would use up the code.
    methods = [HttpMethod.GET] if path == SIGNED_IN else READING
    return HTTPRouteHandler(path, http_method=methods)(handle)


def page_route(page: Page, methods: Sequence[HttpMethod], portal: Portal) -> HTTPRouteHandler:
    """Return the route of a page for officers."""

    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer_page(request, page, portal)

    return HTTPRouteHandler(page.path, http_method=methods)(handle)


def asset_routes(name: str) -> Router:
    """Return the routes of the style sheets and scripts of a folder."""
    return create_static_files_router(
        path=f"/staff/assets/{name}",
        directories=[STATIC / name],
        name=f"staff {name}",
        include_in_schema=False,
        before_request=refuse_zero_byte,
        cache_control=CacheControlHeader(public=True, max_age=ASSET_SECONDS),
    )


def first_page(_request: AnyRequest, portal: Portal, session: OpenSession | None) -> Response[bytes]:
    """Answer where the first page of the list is."""
    if session is None or not session.is_live:
        return moved(f"{SIGN_IN}?next={START}")
    first = next(portal.navigation(session, None), None)
    if first is None:
        raise NOT_FOUND
    return moved(str(first["path"]))


def no_page(_request: AnyRequest, _portal: Portal, _session: OpenSession | None) -> Response[bytes]:
    """Raise the problem of an address that is no page."""
    raise NOT_FOUND


def sign_in_page(request: AnyRequest, portal: Portal, session: OpenSession | None) -> Response[bytes]:
    """Show where to sign in."""
    wanted = own_path(request.query_params.get("next"))
    if session and session.is_live:
        return moved(wanted)
    view = View(
        {"begin": f"{BEGIN}?{leading_to(wanted)}", "has_form": bool(session and session.content.form)},
        title="Sign in",
        template="sign_in.html",
    )
    return view_page(portal, request, view, session=session)


def begin_sign_in(request: AnyRequest, portal: Portal, _session: OpenSession | None) -> Response[bytes]:
    """Send the officer to the identity provider, with a new attempt in the browser."""
    attempt, address = portal.sign_in.begin(own_path(request.query_params.get("next")))
    return moved(address, [cookie(ATTEMPT_COOKIE, attempt.written(), ATTEMPT_SECONDS)])


def finish_sign_in(request: AnyRequest, portal: Portal, session: OpenSession | None) -> Response[bytes]:
    """Begin a session for the officer who comes back from the provider, under a token of its own."""
    now = portal.pipeline.clock.now()
    try:
        officer, path = portal.sign_in.finish(dict(request.query_params), request.headers, now)
    except SignInRefused as refused:
        log.warning("sign_in_refused", reason=str(refused))
        raise NOT_SIGNED_IN from None
    token, has_form = portal.sessions.begin(officer, now, session)
    log.info("signed_in", officer=officer.name)
    cookies = [cookie(COOKIE, token), cookie(ATTEMPT_COOKIE, "", 0)]
    return moved(KEPT if has_form else path, cookies)


def ask_sign_out(_visit: Visit) -> Answer:
    """Ask whether to sign out, without scripts too."""
    return View()


def sign_out(visit: Visit) -> Answer:
    """End the session here, then send the officer to the provider to end it there."""
    visit.sessions.store.close(visit.session.token)
    log.info("signed_out", officer=visit.principal.name)
    return Moved(AT_PROVIDER, cookies=(cookie(COOKIE, "", 0),))


def leave_provider(request: AnyRequest, portal: Portal, session: OpenSession | None) -> Response[bytes]:
    """
    Send the officer to the provider's sign-out, by a page of its own.

    A browser does not let a form lead to another origin under the policy of these pages.
    """
    if session and session.is_live:
        return moved(SIGN_OUT)
    address = portal.sign_in.provider.sign_out_address()
    if address is None:
        return moved(SIGNED_OUT)
    view = View({"address": address}, title="Signing out", template="leaving.html")
    return view_page(portal, request, view, session=None, headers={"Refresh": f"0; url={address}"})


def signed_out_page(request: AnyRequest, portal: Portal, session: OpenSession | None) -> Response[bytes]:
    """Show that nobody is signed in any more."""
    if session and session.is_live:
        return moved(START)
    view = View({"sign_in": SIGN_IN}, title="You are signed out", template="signed_out.html")
    return view_page(portal, request, view, session=None)


def show_kept(visit: Visit) -> Answer:
    """Show the form that came when the session had ended, to be sent again."""
    kept = visit.session.content.form
    return View({"kept": kept}) if kept else Moved(START)


def drop_kept(visit: Visit) -> Answer:
    """Drop the form that was kept."""
    visit.drop_form()
    return Moved(START)


FIXED: tuple[tuple[str, SessionWork[Response[bytes]]], ...] = (
    (START, first_page),
    (SIGN_IN, sign_in_page),
    (BEGIN, begin_sign_in),
    (SIGNED_IN, finish_sign_in),
    (AT_PROVIDER, leave_provider),
    (SIGNED_OUT, signed_out_page),
    ("/staff/{rest:path}", no_page),
)
"""The pages that anybody may open."""

"""One request to the staff pages: the session, the page's right, its form, and the answer."""

from asyncio import get_running_loop
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import structlog
from attrs import evolve, field, frozen
from litestar import MediaType, Response
from litestar import Request as LitestarRequest
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie

from ocms_core.kernel.access import Operation
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_web.bodies import BodyIncomplete, BodyTooLarge, TooManyCalls, drop_body, receive_body
from ocms_web.endpoints import Endpoint
from ocms_web.pipeline import Pipeline, has_body
from ocms_web.portal.forms import MalformedForm, SubmittedForm, parse_form
from ocms_web.portal.messages import Message
from ocms_web.portal.rendering import HEADERS, page_response, render
from ocms_web.portal.sessions import START, OpenSession, Sessions, own_path
from ocms_web.portal.sign_in import SignIn
from ocms_web.portal.tokens import FIELD, form_token, is_form_token
from ocms_web.portal.visits import (
    NOT_ALLOWED,
    NOT_FOUND,
    Answer,
    Download,
    Moved,
    Page,
    PageProblem,
    View,
    Visit,
)

log = structlog.get_logger()

Outcome = TypeVar("Outcome")
Produced_co = TypeVar("Produced_co", covariant=True)
AnyRequest = LitestarRequest[Any, Any, Any]

SIGN_IN = "/staff/sign-in"
PARTIAL = "hx-request"

TOO_LARGE = PageProblem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too much at once", "Send fewer notices or a smaller file."
)
MALFORMED = PageProblem(
    HTTPStatus.BAD_REQUEST, "The form did not arrive whole", "Go back, and send it again."
)
FORGED = PageProblem(
    HTTPStatus.FORBIDDEN,
    "This form cannot be accepted",
    "It does not come from a page of this session, and nothing was done. Open the page again to fill it in.",
)
UNAVAILABLE = PageProblem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "OCMS is not available at the moment",
    "If you sent a form, what it asks for may have been done all the same. Open the page again in a minute "
    "and look, before you send it again.",
)
BUSY = PageProblem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "OCMS has too much to do at the moment",
    "Nothing was done. Try again in a minute; what you typed is still there when you go back.",
)
BROKEN = PageProblem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong",
    "The fault has been recorded. Check whether what you did is there before you do it again.",
)


@frozen
class Portal:
    """The staff pages, with what they need of the API."""

    pipeline: Pipeline
    endpoints: Mapping[Operation, Endpoint]
    sessions: Sessions
    sign_in: SignIn
    pages: Sequence[Page] = field(factory=tuple)

    def navigation(self, session: OpenSession | None, current: Page | None) -> Iterator[dict[str, object]]:
        """Yield the pages in the list that the officer may open."""
        for page in self.pages:
            if page.navigation and session and session.is_live and page.is_open_to(session.principal):
                yield {"label": page.navigation, "path": page.path, "is_current": page is current}


class SessionWork(Protocol[Produced_co]):
    """Work on a request, with the session its browser has."""

    def __call__(self, request: AnyRequest, portal: Portal, session: OpenSession | None, /) -> Produced_co:
        """Return what the work produces, or raise `PageProblem`."""


async def in_thread(portal: Portal, work: Callable[..., Outcome], *arguments: object) -> Outcome:
    """Run work in one of the pipeline's threads, in the log's context of the request."""
    loop = get_running_loop()
    return await loop.run_in_executor(portal.pipeline.threads, copy_context().run, work, *arguments)


async def answer_page(request: AnyRequest, page: Page, portal: Portal) -> Response[bytes]:
    """Answer one request to a page; a form is received of a known officer only."""
    if request.method != "POST":
        return await in_thread(portal, answer_safely, request, portal, partial(show_page, page))
    found = await in_thread(portal, answer_safely, request, portal, partial(admit_form, page))
    if isinstance(found, OpenSession):
        try:
            form = await receive_form(request, page, portal, found)
        except PageProblem as problem:
            return with_rest(request, problem_page(portal, request, problem, found))
        return await in_thread(portal, answer_safely, request, portal, partial(answer_form, page, form))
    return with_rest(request, found)


def answer_safely(
    request: AnyRequest, portal: Portal, work: SessionWork[Outcome]
) -> Outcome | Response[bytes]:
    """Answer a request with the session its browser has, and whatever goes wrong with a page."""
    session: OpenSession | None = None
    try:
        session = portal.sessions.of(request.headers, portal.pipeline.clock.now())
        return work(request, portal, session)
    except PageProblem as problem:
        return problem_page(portal, request, problem, session)
    except (Unavailable, Conflict) as fault:
        log.warning("page_unavailable", reason=str(fault), code=getattr(fault, "code", None))
        return problem_page(portal, request, UNAVAILABLE, session)
    except Exception:  # the last line of defence: whatever it is, the officer gets a page
        log.exception("page_failed")
        return problem_page(portal, request, BROKEN, session)


def with_rest(request: AnyRequest, response: Response[bytes]) -> Response[bytes]:
    """Return a response after which the rest of the request's body is dropped."""
    if has_body(request.headers):
        response.background = BackgroundTask(drop_body, request.receive)
    return response


def show_page(
    page: Page, request: AnyRequest, portal: Portal, session: OpenSession | None
) -> Response[bytes]:
    """Show a page to an officer; lead anybody else to the sign-in."""
    if session is None or not session.is_live:
        return to_sign_in(request)
    return answer_visit(request, page, portal, session, SubmittedForm())


def admit_form(
    _page: Page, request: AnyRequest, _portal: Portal, session: OpenSession | None
) -> OpenSession | Response[bytes]:
    """Return the session of a form, live or not; lead a browser without one to the sign-in."""
    return session or to_sign_in(request)


def answer_form(
    page: Page, form: SubmittedForm, request: AnyRequest, portal: Portal, session: OpenSession | None
) -> Response[bytes]:
    """Handle the form of an officer; that of an ended session is kept until the next sign-in."""
    if session is None:
        return to_sign_in(request)
    if not session.is_live:
        if page.keeps_form:
            portal.sessions.keep_form(session, request.url.path, form)
        return to_sign_in(request)
    if not is_genuine(request, session, form):
        raise FORGED
    return answer_visit(request, page, portal, session, form)


async def receive_form(
    request: AnyRequest, page: Page, portal: Portal, session: OpenSession
) -> SubmittedForm:
    """Receive and parse the form of a POST; raise `PageProblem` for one that cannot be taken."""
    calls = portal.pipeline.calls
    try:
        with calls.place(session.principal.credential) as hold:
            body = await receive_body(request.receive, page.largest_form, calls.limits, hold)
            return await in_thread(portal, parse_form, request.headers.get("content-type", ""), body)
    except BodyTooLarge:
        raise TOO_LARGE from None
    except (BodyIncomplete, MalformedForm):
        raise MALFORMED from None
    except TooManyCalls:
        raise BUSY from None


def answer_visit(
    request: AnyRequest, page: Page, portal: Portal, session: OpenSession, form: SubmittedForm
) -> Response[bytes]:
    """Let a page show itself, or act on its form, if the officer may open it."""
    if not page.is_open_to(session.principal):
        raise NOT_ALLOWED
    if request.method == "HEAD":  # nobody is looked up, so there is nothing to record
        return Response(b"", media_type=MediaType.HTML, headers=dict(HEADERS))
    answer_with = page.act if request.method == "POST" else page.show
    if answer_with is None:
        return moved(START)
    path_params = {name: str(value) for name, value in request.path_params.items()}
    query = dict(request.query_params)
    if any("\0" in value for value in (*path_params.values(), *query.values())):
        raise NOT_FOUND
    visit = Visit(
        page,
        session,
        portal.sessions,
        portal.pipeline.clock.now(),
        portal.pipeline,
        portal.endpoints,
        path_params,
        query,
        form.without(FIELD),
        is_partial=PARTIAL in request.headers,
    )
    return answer_response(portal, request, session, visit, answer_with(visit))


def is_genuine(request: AnyRequest, session: OpenSession, form: SubmittedForm) -> bool:
    """Return whether a form comes from a page of this session, and from no other site."""
    from_here = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return from_here and is_form_token(session.token, form.text(FIELD))


def answer_response(
    portal: Portal, request: AnyRequest, session: OpenSession, visit: Visit, answer: Answer
) -> Response[bytes]:
    """Return an answer as a response; messages are shown by it, or by the page it leads to."""
    content = session.content
    is_sent_again = content.form and content.form.path == request.url.path and request.method == "POST"
    if is_sent_again or visit.is_form_dropped:
        content = evolve(content, form=None)
    if visit.searched:
        content = content.after(visit.searched)
    if isinstance(answer, Download):
        portal.sessions.keep(session, content)
        return download(answer)
    if isinstance(answer, Moved):
        unseen = (*visit.messages, *([answer.message] if answer.message else []))
        portal.sessions.keep(session, evolve(content, messages=(*content.messages, *unseen)))
        return moved(answer.path, answer.cookies)
    if visit.is_partial:
        portal.sessions.keep(session, content)
        shown: tuple[Message, ...] = tuple(visit.messages)
    else:
        portal.sessions.keep(session, evolve(content, messages=()))
        shown = (*content.messages, *visit.messages)
    return view_page(portal, request, answer, session=session, page=visit.page, messages=shown)


def view_page(
    portal: Portal,
    request: AnyRequest,
    view: View,
    *,
    session: OpenSession | None,
    page: Page | None = None,
    messages: Sequence[Message] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """Return a view in the layout of all pages."""
    is_signed_in = session is not None and session.is_live
    values = {
        "title": view.title or (page.title if page else ""),
        "officer": session.principal.name if session and is_signed_in else "",
        "form_token": form_token(session.token) if session and is_signed_in else "",
        "navigation": list(portal.navigation(session, page)),
        "messages": messages,
        "is_partial": PARTIAL in request.headers,
        **view.values,
    }
    html = render(view.template or (page.template if page else ""), values)
    return page_response(html, view.status, request.headers.get("accept-encoding", ""), headers)


def problem_page(
    portal: Portal, request: AnyRequest, problem: PageProblem, session: OpenSession | None
) -> Response[bytes]:
    """Return the page of a problem."""
    view = View(
        {"heading": problem.heading, "text": problem.text},
        status=problem.status,
        title=problem.heading,
        template="problem.html",
    )
    return view_page(portal, request, view, session=session)


def moved(path: str, cookies: Sequence[Cookie] = ()) -> Response[bytes]:
    """Return the answer that leads to another page."""
    headers = {**HEADERS, "Location": path}
    return Response(b"", status_code=HTTPStatus.SEE_OTHER, headers=headers, cookies=list(cookies))


def to_sign_in(request: AnyRequest) -> Response[bytes]:
    """Send the officer to the sign-in, and from there back; a part of a page takes its page along."""
    if PARTIAL in request.headers:
        headers = {**HEADERS, "HX-Redirect": f"{SIGN_IN}?next={START}"}
        return Response(b"", status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
    query = f"?{request.url.query}" if request.url.query else ""
    return moved(f"{SIGN_IN}?{leading_to(own_path(request.url.path + query))}")


def leading_to(path: str) -> str:
    """Return the query that names the page to go to after the sign-in."""
    return urlencode({"next": path}, safe="/")


def download(answer: Download) -> Response[bytes]:
    """Return a file to save."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{answer.name}"'}
    return Response(answer.content, media_type=answer.media_type, headers=headers)

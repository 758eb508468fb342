"""What a staff page is made of: its address, its template, and what shows it and acts on its forms."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from attrs import define, evolve, field, frozen
from litestar.datastructures import Cookie

from ocms_core.kernel.access import Operation, Principal, may
from ocms_core.kernel.access_log import StaffPage
from ocms_core.kernel.actors import acting
from ocms_core.kernel.credentials import RateLimitExceeded
from ocms_core.kernel.dry_runs import DryRunStores, Stores
from ocms_core.kernel.idempotency import RepeatedCall, answer_store
from ocms_core.kernel.rule_tags import rule
from ocms_web.endpoints import MEBIBYTE, Endpoint, Request
from ocms_web.json_codec import Reply, body_bytes
from ocms_web.pipeline import Pipeline, actor_of
from ocms_web.portal.forms import SubmittedForm
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.sessions import OpenSession, Search, Sessions
from ocms_web.repeats import VISIBLE, call_of, repeat_reply


@frozen
class PageProblem(Exception):  # a page, not an error of the program
    """A page that cannot be shown, as the officer is told: a heading and a sentence."""

    status: int
    heading: str
    text: str


NOT_ALLOWED = PageProblem(
    HTTPStatus.FORBIDDEN, "You may not open this page", "Your role does not include what this page does."
)
NOT_FOUND = PageProblem(
    HTTPStatus.NOT_FOUND, "There is no such page", "Check the address, or begin from the list of pages above."
)
UNDELIVERED = "The public site does not show it yet, and will as soon as its database is reached."
NEVER_SHOWN = PageProblem(
    HTTPStatus.BAD_REQUEST,
    "This form was not shown by OCMS",
    "Nothing was done. Open the page again to fill it in.",
)
TOO_MANY = PageProblem(
    HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", "Wait a minute, then load the page again."
)


ALL_OFFICERS = "staff pages"
"""The credential under which a key stands that all officers share."""


@frozen
class View:
    """A page to show: the values of its template; with its own `title` or `template` where given."""

    values: Mapping[str, Any] = field(factory=dict)
    status: int = HTTPStatus.OK
    title: str = ""
    template: str = ""


@frozen
class Moved:
    """Another page to go to, with a message it shows, and cookies to set."""

    path: str
    message: Message | None = None
    cookies: tuple[Cookie, ...] = ()


@frozen
class Download:
    """A file to save."""

    name: str
    content: bytes
    media_type: str


Answer = View | Moved | Download
Show = Callable[["Visit"], Answer]


@frozen
class CallAnswer:
    """What a call of the API answered: its status, its JSON as Python has it, or the bytes of a file."""

    status: int
    body: Any

    @property
    def is_success(self) -> bool:
        """Whether the call was not refused."""
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    @rule("F60")
    def is_undelivered(self) -> bool:
        """Whether the change is made, and only the Internet side does not show it yet (F60)."""
        return not self.is_success and self.body.get("intranetUpdated") is True


@frozen
class Page:
    """
    One staff page: `show` answers GET, `act` answers a form posted to it.

    `purpose` is what access records of the page name; None for a page that shows nobody. Whoever may not
    call one of `operations` does not see the page, and is refused it. `navigation` is its name in the list
    of pages; empty for a page not in it. A handler returns its answer, or raises `PageProblem`.
    A `path` may hold parameters, as in `/staff/notices/{noticeNo:str}`. A form that comes when its session
    has ended is kept until the next sign-in, unless `keeps_form` is false.
    """

    path: str
    title: str
    template: str
    purpose: StaffPage | None = None
    show: Show | None = None
    act: Show | None = None
    operations: tuple[Operation, ...] = ()
    navigation: str = ""
    largest_form: int = 2 * MEBIBYTE
    keeps_form: bool = True

    def is_open_to(self, principal: Principal) -> bool:
        """Return whether somebody may use the page."""
        return all(may(principal, operation) for operation in self.operations)


@define
class Visit:
    """
    One request of a signed-in officer to a page.

    `path_params` and `query` are what its address carries, `form` what was posted; `is_partial` where htmx
    asks for a part of the page. What is added to `messages` is shown by the answer; `searched` is what was
    looked for, to be offered again.
    """

    page: Page
    session: OpenSession
    sessions: Sessions
    now: datetime
    pipeline: Pipeline
    endpoints: Mapping[Operation, Endpoint]
    path_params: Mapping[str, str] = field(factory=dict)
    query: Mapping[str, str] = field(factory=dict)
    form: SubmittedForm = field(factory=SubmittedForm)
    is_partial: bool = False
    messages: list[Message] = field(factory=list)
    searched: Search | None = None
    is_form_dropped: bool = False

    @property
    def principal(self) -> Principal:
        """The officer."""
        return self.session.principal

    @rule("G2")
    def record_access(self, id_nos: Iterable[str], *, notice_no: str | None = None) -> None:
        """Record that the officer sees these people, with the page as the purpose (G2)."""
        purpose = self.page.purpose
        if purpose is None:
            raise ValueError(f"{self.page.path} has no purpose to look somebody up for")
        self.pipeline.records.record_access(self.principal, purpose, id_nos, self.now, notice_no=notice_no)

    @rule("G16", "P3")
    def admit(self, operation: Operation) -> None:
        """Raise `PageProblem` for an operation that is not the officer's, or comes too often (G16, P3)."""
        if not may(self.principal, operation):
            raise NOT_ALLOWED
        limit = self.pipeline.limit_of[operation]
        admission = self.pipeline.limits.take(operation, limit, self.principal.credential, self.now)
        if isinstance(admission, RateLimitExceeded):
            raise TOO_MANY

    @rule("G2", "K1", "K6")
    def call(
        self,
        operation: Operation,
        body: object,
        *,
        key: str = "",
        dry_run: bool = False,
        is_shared: bool = False,
        seen_stages: Mapping[str, str] | None = None,
    ) -> CallAnswer:
        """
        Make a call of the API for the officer: the same roles, limits, checks and records (G2, G16).

        `key` is its `Idempotency-Key` (K1), with `is_shared` the same for all officers: of two who use it,
        one is first. Of a `dry_run` nothing is written (K6). Of `seen_stages`, a notice that is in another
        stage now is not changed (S30). Raises `PageProblem` for a call that is not allowed or comes too
        often.
        """
        self.admit(operation)
        endpoint = self.endpoints[operation]
        request = self._request(body, key, dry_run=dry_run, is_shared=is_shared)
        request = evolve(request, seen_stages=seen_stages or {})
        try:
            with acting(actor_of(self.principal, operation)):
                return call_answer(endpoint.answer(request))
        except RepeatedCall as repeated:
            return call_answer(repeat_reply(repeated, endpoint.problem))

    @rule("K1")
    def repeat_of(
        self,
        operation: Operation,
        body: object,
        key: str,
        stores: Stores[object, object],
        *,
        is_shared: bool = False,
    ) -> CallAnswer | None:
        """Return the answer that a call with this key has got already; None for one that is new (K1)."""
        call = call_of(self._request(body, key, is_shared=is_shared), operation, no_reply)
        if call is None:
            return None
        try:
            with DryRunStores(stores).writing() as store:
                answer_store(store).claim(call.key, self.now)
        except RepeatedCall as repeated:
            return call_answer(repeat_reply(repeated, self.endpoints[operation].problem))
        return None

    def _request(self, body: object, key: str, *, dry_run: bool = False, is_shared: bool = False) -> Request:
        if key and not VISIBLE.fullmatch(key):
            raise NEVER_SHOWN
        return Request(
            evolve(self.principal, credential=ALL_OFFICERS) if is_shared else self.principal,
            self.now,
            body,
            self.record_access,
            idempotency_key=key or None,
            dry_run=dry_run,
        )

    def drop_form(self) -> None:
        """Drop the form that the session keeps to be sent again."""
        self.is_form_dropped = True

    def tell(self, text: str, tone: Tone = Tone.SUCCESS) -> None:
        """Add a message that the answer shows."""
        self.messages.append(Message(text, tone))


def no_reply(_outcome: object) -> Reply:
    """Return an empty reply, for a call that is only looked up."""
    return Reply(HTTPStatus.OK, b"{}")


def call_answer(reply: Reply) -> CallAnswer:
    """Return a reply with its body as JSON has it; a file stays as it is."""
    is_file = isinstance(reply.body, bytes) and not reply.body.startswith(b"{")
    if is_file:
        return CallAnswer(reply.status, reply.body)
    text = body_bytes(reply)
    return CallAnswer(reply.status, json.loads(text, parse_float=str))

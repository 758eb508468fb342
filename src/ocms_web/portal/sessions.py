"""The session behind a request: found by its cookie, and what it keeps between two pages."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import asdict, evolve, field, frozen
from litestar.datastructures import Cookie

from ocms_core.kernel.access import Principal
from ocms_core.kernel.staff_sessions import SessionLimits, StaffSession, StaffSessions
from ocms_web.portal.forms import SubmittedForm
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.tokens import TOKEN, is_form_token, new_token

COOKIE = "__Host-ocms-staff"
# Nothing but a page here: no other origin, no path that a browser takes for one.
OWN_PATH = re.compile(r"/staff(/[\w.~-]+)*(\?[\w.~=&%+-]*)?", re.ASCII)
START = "/staff"
LONGEST_PATH = 1_000
"""How long a path may be that the cookie of a sign-in holds."""


Search = tuple[tuple[str, str], ...]
"""What was looked for, by the names of its fields; never an identity number."""

MOST_SEARCHES = 5


@frozen
class KeptForm:
    """
    A form that was sent when the session had ended, and the page it was for.

    `files` are the names of the files that came with it, which are not kept.
    """

    path: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()


@frozen
class Content:
    """What a session keeps: messages for the next page, a form to send again, the last searches."""

    messages: tuple[Message, ...] = ()
    form: KeptForm | None = None
    searches: tuple[Search, ...] = ()

    def after(self, searched: Search) -> "Content":
        """Return the content with a search in front of those before it."""
        others = (each for each in self.searches if each != searched)
        return evolve(self, searches=(searched, *others)[:MOST_SEARCHES])

    def written(self) -> str | None:
        """Return the content as it is stored; None for nothing."""
        if self == Content():
            return None
        messages = [[message.text, message.tone.value] for message in self.messages]
        form = self.form and asdict(self.form)
        return json.dumps({"messages": messages, "form": form, "searches": self.searches})


def read_content(text: str | None) -> Content:
    """Return what a session keeps."""
    if text is None:
        return Content()
    stored = json.loads(text)
    form = stored["form"]
    return Content(
        tuple(Message(said, Tone(tone)) for said, tone in stored["messages"]),
        KeptForm(form["path"], pairs(form["fields"]), tuple(form.get("files", ()))) if form else None,
        tuple(map(pairs, stored["searches"])),
    )


def pairs(given: list[list[str]]) -> tuple[tuple[str, str], ...]:
    """Return pairs of texts as they were before they were stored."""
    return tuple((name, value) for name, value in given)


@frozen
class OpenSession:
    """A session with its token and content; `is_live` where it can still be used."""

    token: str = field(repr=False)
    principal: Principal
    content: Content = field(repr=False)
    is_live: bool


@frozen
class Sessions:
    """The sessions of the staff pages."""

    store: StaffSessions
    limits: SessionLimits

    def of(self, headers: Mapping[str, str], now: datetime) -> OpenSession | None:
        """Return the session a request's cookie names, and record its use; None without one."""
        token = cookie_value(headers, COOKIE)
        if not TOKEN.fullmatch(token):
            return None
        found = self.store.find(token)
        if found is None:
            return None
        is_live = found.is_live(self.limits, now)
        if is_live and found.is_use_to_be_recorded(now):
            self.store.record_use(token, now)
        return OpenSession(token, found.principal, read_content(found.content), is_live)

    def begin(self, principal: Principal, now: datetime, former: OpenSession | None) -> tuple[str, bool]:
        """
        Begin a session under a new token; return it and whether it keeps a form.

        The browser's former session is closed with it. A form that the same officer sent in vain is kept.
        """
        token = new_token()
        form = former.content.form if former and former.principal.name == principal.name else None
        session = StaffSession(principal, now, now, Content(form=form).written())
        self.store.open(token, session, former.token if former else None)
        return token, form is not None

    def keep_form(self, ended: OpenSession, path: str, form: SubmittedForm) -> None:
        """Keep a form that came too late, if it is one of this session."""
        if is_form_token(ended.token, form.text("csrf")):
            names = tuple(file.name for file in form.files.values())
            kept = KeptForm(path, form.without("csrf").fields, names)
            self.keep(ended, evolve(ended.content, form=kept))

    def keep(self, session: OpenSession, content: Content) -> None:
        """Replace what a session keeps, if it differs."""
        if content != session.content:
            self.store.keep(session.token, content.written())


def cookie_value(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a cookie; empty where it is missing or there more than once."""
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    values = [value for given, _, value in pairs if given == name]
    return values[0] if len(values) == 1 else ""


def cookie(name: str, value: str, seconds: int | None = None) -> Cookie:
    """Return a cookie that no script reads, for as long as the browser runs or for so many seconds."""
    return Cookie(
        key=name, value=value, path="/", max_age=seconds, secure=True, httponly=True, samesite="lax"
    )


def own_path(given: Any) -> str:
    """Return a path that leads to a staff page; the first page for anything else."""
    is_own = isinstance(given, str) and len(given) <= LONGEST_PATH and OWN_PATH.fullmatch(given)
    return str(given) if is_own else START

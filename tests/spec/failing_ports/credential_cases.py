"""
The use cases of who may call: sessions of the staff pages, and API keys.

An API key that ends by its day ends without a call, so nothing can fail then; `revoke` ends one at once.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from ocms_adapters.sql import schema
from ocms_adapters.sql.audit import creation_stamp
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.staff_sessions import SqlStaffSessions
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.credentials import format_key, hash_of
from ocms_core.kernel.dates import local
from ocms_core.kernel.staff_sessions import SessionLimits, StaffSession
from ocms_web.authentication.api_keys import ApiKeyAuthenticator
from ocms_web.portal.forms import SubmittedForm
from ocms_web.portal.messages import Message, Tone
from ocms_web.portal.sessions import COOKIE, Content, KeptForm, OpenSession, Sessions
from ocms_web.portal.tokens import form_token
from tests.spec.failing_ports.world import UseCase, World, Wrap
from tests.support.builders import NOW

STAFF = Principal("OIC001", Role.OIC, "staff:OIC001")
LIMITS = SessionLimits(idle=timedelta(minutes=30), longest=timedelta(hours=10))
TOKEN = "t" * 43
COOKIES = {"cookie": f"{COOKIE}={TOKEN}"}
LATE_FORM = Content(form=KeptForm("/staff/stages", (("noticeNo", "D1"),)))
UNSEEN = Content(messages=(Message("Done.", Tone.SUCCESS),))

CLIENT = "CAS"
KEY_ID, SECRET = "a" * 16, "s" * 43
ISSUED = NOW - timedelta(days=300)


def sessions(world: World, wrap: Wrap[Any]) -> Sessions:
    return Sessions(SqlStaffSessions(wrap(world.engine)), LIMITS)


def session_of(found: Sessions) -> OpenSession:
    session = found.of(COOKIES, NOW)
    assert session
    return session


def signed_in(world: World) -> None:
    """Begin a session ten minutes ago."""
    begun = NOW - timedelta(minutes=10)
    SqlStaffSessions(world.engine).open(TOKEN, StaffSession(STAFF, begun, begun))


def ended_with_form(world: World) -> None:
    """Put in a session that has ended and keeps a form."""
    begun = NOW - timedelta(hours=11)
    SqlStaffSessions(world.engine).open(TOKEN, StaffSession(STAFF, begun, begun, LATE_FORM.written()))


def sign_in_again(world: World, wrap: Wrap[Any]) -> None:
    found = sessions(world, wrap)
    found.begin(STAFF, NOW, found.of(COOKIES, NOW))


def keep_message(world: World, wrap: Wrap[Any]) -> None:
    found = sessions(world, wrap)
    found.keep(session_of(found), UNSEEN)


def keep_form(world: World, wrap: Wrap[Any]) -> None:
    found = sessions(world, wrap)
    form = SubmittedForm((("csrf", form_token(TOKEN)), ("noticeNo", "D1")))
    found.keep_form(session_of(found), "/staff/stages", form)


def with_key(world: World) -> None:
    """Put in a key that was issued long ago."""
    values = {
        "key_id": KEY_ID,
        "client": CLIENT,
        "role": Role.CAS.value,
        "secret_hash": hash_of(SECRET),
        "issued_at": local(ISSUED),
        "expires_at": local(ISSUED + timedelta(days=365)),
        **creation_stamp(local(ISSUED)),
    }
    with world.engine.begin() as connection:
        connection.execute(insert(schema.ocms_api_credential).values(values))


def issue(world: World, wrap: Wrap[Any]) -> None:
    SqlCredentials(wrap(world.engine)).issue(CLIENT, Role.CAS, now=NOW, days=365)


def issue_again(world: World) -> None:
    """Revoke a key that nobody has seen, then issue one, as an administrator does."""
    credentials = SqlCredentials(world.engine)
    for key in credentials.list():
        if key.issued_at == NOW:
            credentials.revoke(key.key_id, now=NOW)
    issue(world, lambda port: port)


def revoke(world: World, wrap: Wrap[Any]) -> None:
    SqlCredentials(wrap(world.engine)).revoke(KEY_ID, now=NOW)


def call_with_key(world: World, wrap: Wrap[Any]) -> None:
    found = ApiKeyAuthenticator(SqlCredentials(wrap(world.engine))).authenticate(
        format_key(KEY_ID, SECRET), NOW
    )
    assert isinstance(found, Principal)


CREDENTIAL_CASES = (
    UseCase(
        "first sign-in",
        lambda world, wrap: sessions(world, wrap).begin(STAFF, NOW, None),
        gives_secret=True,
    ),
    UseCase("sign-in after a form came too late", sign_in_again, ended_with_form, gives_secret=True),
    UseCase("use of a session", lambda world, wrap: sessions(world, wrap).of(COOKIES, NOW), signed_in),
    UseCase("message for the next page", keep_message, signed_in),
    UseCase("form that comes too late", keep_form, signed_in),
    UseCase("sign-out", lambda world, wrap: sessions(world, wrap).store.close(TOKEN), signed_in),
    UseCase("issue of an API key", issue, lambda _: None, issue_again, gives_secret=True),
    UseCase("issue of the next API key", issue, with_key, issue_again, gives_secret=True),
    UseCase("use of an API key", call_with_key, with_key),
    UseCase("revocation of an API key", revoke, with_key),
    UseCase(
        "list of API keys",
        lambda world, wrap: SqlCredentials(wrap(world.engine)).list(),
        with_key,
        writes=False,
    ),
)

"""The staff page of a notice beside the call of its offenders' details, one after another by HTTP."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve
from sqlalchemy import insert

from benchmarks.court import forget_calls, program_of
from benchmarks.frame import OURS, Bar, Ready, Row, milliseconds, time_of
from benchmarks.ground import Ground, notice_no, outside_transactions
from benchmarks.http import Client, sent_without_body
from benchmarks.serving import served
from benchmarks.stages import FEE, PEOPLE
from ocms_adapters.sql import schema
from ocms_adapters.sql.staff_sessions import SqlStaffSessions
from ocms_core.kernel.access import OPERATIONS, Operation, Principal, Role
from ocms_core.kernel.dates import SINGAPORE
from ocms_core.kernel.staff_sessions import StaffSession
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from ocms_web.portal.sessions import COOKIE
from ocms_web.portal.tokens import new_token

OFFICER = "USER01"
DETAILS = "details call"
STAGES = ("NPA", "ROV", "RD1")


def put_history(ground: Ground, numbers: Sequence[str]) -> None:
    """Give each notice a person, and the changes of stage that a case of some weeks has."""
    moment = datetime.now(SINGAPORE).replace(tzinfo=None, microsecond=0)
    changes = [
        {
            "notice_no": number,
            "date_of_change": moment.replace(hour=place),
            "last_processing_stage": STAGES[place - 1] if place else None,
            "new_processing_stage": stage,
            "authorised_officer": OFFICER,
            "source": "PORTAL",
        }
        for number in numbers
        for place, stage in enumerate(STAGES)
    ]
    with ground.engine.begin() as connection:
        connection.execute(PEOPLE, {"notices": ground.size.notices})
        connection.execute(FEE)
        connection.execute(insert(schema.ocms_change_of_processing), changes)
    outside_transactions(ground.engine, "VACUUM (ANALYZE)")


def bearer(keys: str) -> dict[str, str]:
    """Return the header by which the officer calls the API."""
    now = datetime.now(SINGAPORE)
    token = DevIssuer(Path(keys), switched_on=True).token(OFFICER, Role.OIC, kind=CallerKind.STAFF, now=now)
    return {"Authorization": f"Bearer {token}"}


def signed_in(ground: Ground) -> dict[str, str]:
    """Return the cookie of a new session of the officer."""
    token, now = new_token(), datetime.now(SINGAPORE)
    session = StaffSession(Principal(OFFICER, Role.OIC, f"session of {OFFICER}"), now, now)
    SqlStaffSessions(ground.engine).open(token, session)
    return {"Cookie": f"{COOKIE}={token}", "Accept-Encoding": "gzip"}


@contextmanager
def notice_page(ground: Ground) -> Iterator[Ready]:
    """The page and the call at the same notices, on one connection, by one server."""
    # Each call counts against the officer's limit, which is forgotten between two runs.
    calls = min(ground.size.calls, OPERATIONS[Operation.GET_OFFENDERS].limit.calls * 4 // 5)
    numbers = [notice_no(number) for number in range(1, calls + 1)]
    put_history(ground, numbers)
    with TemporaryDirectory() as keys:
        program = program_of(ground, keys)
        environment = {
            **program.environment,
            "OCMS_PUBLIC_URL": "http://localhost",
            "OCMS_STAFF_CLIENT_ID": "measured",
            "OCMS_STAFF_DISCOVERY_URL": "http://localhost/nobody-signs-in",
        }
        headers = {"/api/v1/notice/offender": bearer(keys), "/staff/notices": signed_in(ground)}
        calls_of, pages = (
            [sent_without_body(f"{path}/{number}", given) for number in numbers]
            for path, given in headers.items()
        )
        with served({OURS: evolve(program, environment=environment)}) as clients:
            client: Client = clients[OURS]
            yield Ready(
                {OURS: partial(client.run, [pages]), DETAILS: partial(client.run, [calls_of])},
                between=partial(forget_calls, ground),
            )


ROWS = (
    Row(
        "staff-notice",
        "The staff page of a notice, first byte",
        {
            OURS: (
                "session, limit, state in words, people, access record, page compressed; what happened comes "
                "after it, as a part"
            ),
            DETAILS: "the API's call for the same notice's people: token, limit, access record, JSON",
        },
        notice_page,
        (
            Bar("at most 1.5 of the details call's time", time_of(DETAILS), at_most=1.5),
            Bar("at most 50 ms a page", milliseconds, at_most=50),
        ),
    ),
)

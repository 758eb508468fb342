"""APIs 1, 2 and 4 as CAS and PLUS call them: over HTTP, four at a time."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count as count_up
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from attrs import frozen
from sqlalchemy import delete, insert, inspect, select, text

from benchmarks.frame import BEFORE, BEST, EQUAL, OURS, TYPICAL, Bar, Ready, Row, count, rate_of, time_of
from benchmarks.ground import SETTLE, Ground, notice_no, outside_transactions
from benchmarks.http import CONNECTIONS, Client, Lane, request
from benchmarks.serving import Program, served
from ocms_adapters.sql.court import SqlCourtStores
from ocms_adapters.sql.credentials import SqlCredentials
from ocms_adapters.sql.rate_limits import SqlRateLimits
from ocms_adapters.sql.schema import ocms_api_credential, ocms_rate_counter
from ocms_core.court import service
from ocms_core.court.request_checks import CourtUpdate
from ocms_core.kernel.access import OPERATIONS, Limit, Operation, Role
from ocms_core.kernel.dates import SINGAPORE
from ocms_demo.dev_issuer import DevIssuer
from ocms_web.authentication.issuers import CallerKind
from tests.support.statements import recorded

PAYMENT_STATUS = "/v1/ocms/cas-getPaymentStatus"
COURT_NOTICES = "/v1/ocms/cas-updateCourtNotices"
NOTICE_INFO = "/v1/plus-queryNoticeInfo"

# Two states to go back and forth between, so that every call finds something to change.
STATES = (
    {"processingStage": "CPC", "suspensionType": "PS", "eprReasonOfSuspension": "PS-OTH"},
    {"processingStage": "CFC", "suspensionType": "PS", "eprReasonOfSuspension": "PS-WWC"},
)

# The limits are the contract's, counted as always; only before each run all calls are forgotten.
FORGET_CALLS = ("UPDATE ocms_rate_counter SET uses = ''", "VACUUM ocms_rate_counter")
# Version 0.1.0 keeps a call in a row of its own.
FORGET_SLOTS = ("UPDATE ocms_rate_counter SET used_at = '1970-01-01'", "VACUUM ocms_rate_counter")
# A repeated update gets its first answer (K1), and does nothing; version 0.1.0 keeps none.
ANSWERS = "ocms_idempotent_answer"
FORGET_UPDATES = (
    "DELETE FROM ocms_suspended_notice WHERE date_of_revival IS NULL",
    "TRUNCATE ocms_outbox",
    "VACUUM ocms_suspended_notice, ocms_valid_offence_notice",
)


Credentials = Callable[[Ground, str], Iterator[Mapping[str, str]]]


@frozen
class Contenders:
    """A client of each contender, and who calls: enough of them to stay inside the contract's limits."""

    clients: Mapping[str, Client]
    callers: Sequence[Mapping[str, str]]


def api_keys(ground: Ground, _keys: str) -> Iterator[Mapping[str, str]]:
    """Give CAS API keys, one after the other."""
    credentials = SqlCredentials(ground.engine)
    now = datetime.now(SINGAPORE)
    while True:
        yield {"X-API-Key": credentials.issue(f"cas {token_hex(8)}", Role.CAS, now=now, days=1)}


def tokens(_ground: Ground, keys: str) -> Iterator[Mapping[str, str]]:
    """Give PLUS tokens, each for a client of its own."""
    issuer = DevIssuer(Path(keys), switched_on=True)
    now = datetime.now(SINGAPORE)
    for number in count_up():
        token = issuer.token(f"plus-{number}", Role.PLUS, kind=CallerKind.CLIENTS, now=now)
        yield {"Authorization": f"Bearer {token}"}


@contextmanager
def serving(ground: Ground, calls: int, limit: Limit, credentials: Credentials) -> Iterator[Contenders]:
    """Serve all contenders, those of this build on the one database, for so many calls a run."""
    each = limit.calls * 4 // 5  # at the limit itself a call takes longer to be let in
    with TemporaryDirectory() as keys:
        builds = programs_of_builds(ground, keys)
        peers = {"BENCH_DATABASE": ground.databases.intranet}
        callers = [*islice(credentials(ground, keys), ceil(calls / each))]
        programs = {
            OURS: builds[OURS],
            TYPICAL: Program("benchmarks.contenders.typical:create", peers),
            BEST: Program("benchmarks.contenders.best:create", peers),
            EQUAL: Program("benchmarks.contenders.equal:create", {**peers, "BENCH_KEYS": keys}),
            **builds,
        }
        give_keys(ground)
        with served(programs) as clients:
            yield Contenders(clients, [caller for caller in callers for _ in range(each)])


def program_of(ground: Ground, keys: str) -> Program:
    """Return OCMS of a build, on its databases and with the development issuer of these keys."""
    settings = {
        "OCMS_INTRANET_URL": ground.databases.intranet,
        "OCMS_INTERNET_URL": ground.databases.internet,
        "OCMS_DEV_ISSUER": "1",
        "OCMS_DEV_KEYS": keys,
    }
    return Program("ocms_app.asgi:create", settings, ground.checkout)


def programs_of_builds(ground: Ground, keys: str) -> dict[str, Program]:
    """Return OCMS of this build and, where it is given, of the build before."""
    builds = zip((OURS, BEFORE), ground.builds, strict=False)
    return {name: program_of(build, keys) for name, build in builds}


def give_keys(ground: Ground) -> None:
    """Let the build before know the API keys that this one has issued."""
    if ground.before:
        with ground.engine.connect() as connection:
            keys = [dict(row) for row in connection.execute(select(ocms_api_credential)).mappings()]
        with ground.before.engine.begin() as connection:
            connection.execute(delete(ocms_api_credential))
            if keys:  # a row with tokens alone has issued none
                connection.execute(insert(ocms_api_credential), keys)


def forget_calls(ground: Ground) -> None:
    """Forget the calls counted against the limits, of each build."""
    for build in ground.builds:
        kept = {column["name"] for column in inspect(build.engine).get_columns(ocms_rate_counter.name)}
        outside_transactions(build.engine, *(FORGET_CALLS if "uses" in kept else FORGET_SLOTS))


def forget_updates(ground: Ground) -> None:
    """Forget what updates have written and sent, in the tables of each build."""
    for build in ground.builds:
        answers = (f"TRUNCATE {ANSWERS}",) if inspect(build.engine).has_table(ANSWERS) else ()
        outside_transactions(build.engine, *answers, *FORGET_UPDATES)


def batches(ground: Ground, calls: int, items: int) -> list[list[str]]:
    """Draw batches of notices; while the table has enough of them, none is in two."""
    drawn = random.Random(20250214)
    every = range(1, ground.size.notices + 1)
    if calls * items <= len(every):
        numbers = drawn.sample(every, calls * items)
    else:
        numbers = [number for _ in range(calls) for number in drawn.sample(every, items)]
    return [[notice_no(n) for n in numbers[at : at + items]] for at in range(0, len(numbers), items)]


def lanes(
    path: str, callers: Sequence[Mapping[str, str]], drawn: Sequence[Sequence[str]], state: Mapping[str, str]
) -> list[Lane]:
    """Write a call for each batch, and deal the calls out to the connections."""
    calls = [
        asked_of(path, headers, number, batch, state)
        for number, (headers, batch) in enumerate(zip(callers, drawn, strict=False))
    ]
    return [calls[lane::CONNECTIONS] for lane in range(CONNECTIONS)]


def asked_of(
    path: str, headers: Mapping[str, str], number: int, batch: Sequence[str], state: Mapping[str, str]
) -> bytes:
    """Write the so-manieth call, about a batch of notices."""
    return request(
        path,
        headers,
        {
            "requestId": f"123e4567-e89b-42d3-a456-{number:012}",
            "requestTimestamp": "2025-02-14T09:30:00+08:00",
            "notices": [{"noticeNo": number, **state} for number in batch],
        },
    )


def agree(clients: Mapping[str, Client], sent: bytes) -> None:
    """All contenders have to give the same answer, or they have not done the same work."""
    answers = [client.ask(sent)["data"]["notices"] for client in clients.values()]
    if any(answer != answers[0] for answer in answers):
        raise AssertionError("The contenders do not agree.")


@contextmanager
def payment_status(ground: Ground) -> Iterator[Ready]:
    """API 1, 500 notices a call."""
    drawn = batches(ground, ground.size.calls, 500)
    with serving(ground, len(drawn), OPERATIONS[Operation.GET_PAYMENT_STATUS].limit, api_keys) as contenders:
        calls = lanes(PAYMENT_STATUS, contenders.callers, drawn, {})
        agree(contenders.clients, calls[0][0])
        yield Ready(
            {name: partial(client.run, calls) for name, client in contenders.clients.items()},
            between=partial(forget_calls, ground),
        )


@contextmanager
def court_notices(ground: Ground) -> Iterator[Ready]:
    """API 2, 500 notices a call, each moved and suspended anew."""
    drawn = batches(ground, max(ground.size.calls // 4, CONNECTIONS), 500)
    limit = OPERATIONS[Operation.UPDATE_COURT_NOTICES].limit
    with serving(ground, len(drawn), limit, api_keys) as contenders:
        states = cycle([lanes(COURT_NOTICES, contenders.callers, drawn, state) for state in STATES])

        def updates(client: Client) -> float:
            return client.run(next(states))

        def forget() -> None:
            forget_calls(ground)
            forget_updates(ground)

        yield Ready(
            {name: partial(updates, client) for name, client in contenders.clients.items()},
            {"statements": partial(statements, ground, drawn[0])},
            between=forget,
        )


@contextmanager
def notice_info(ground: Ground) -> Iterator[Ready]:
    """API 4, 100 notices a call, asked before, so that nothing is to be written."""
    drawn = batches(ground, ground.size.calls * 2, 100)
    with serving(ground, len(drawn), OPERATIONS[Operation.QUERY_NOTICE_INFO].limit, tokens) as contenders:
        calls = lanes(NOTICE_INFO, contenders.callers, drawn, {})
        agree(contenders.clients, calls[0][0])
        yield Ready(
            {name: partial(client.run, calls) for name, client in contenders.clients.items()},
            {
                "WAL bytes": partial(wal_bytes, ground, drawn[:4]),
                "deadlocks": partial(deadlocks, ground, contenders, drawn),
            },
            between=partial(forget_calls, ground),
        )


def statements(ground: Ground, numbers: Sequence[str]) -> float:
    """Count the statements of one API 2 call: its key, its rate slot, and the update itself."""
    now = datetime.now(SINGAPORE)
    operation = Operation.UPDATE_COURT_NOTICES

    updates = [CourtUpdate(number, "PS", "WWP", "CWT") for number in numbers]
    take = partial(SqlRateLimits(ground.engine).take, operation, OPERATIONS[operation].limit, "counted")
    take(now)
    with recorded(ground.engine) as sent:
        SqlCredentials(ground.engine).find("0" * 16)
        take(now)
        service.update_court_notices(updates, stores=SqlCourtStores(ground.engine), now=now)
        return len(sent)


def wal_bytes(ground: Ground, drawn: Sequence[Sequence[str]]) -> float:
    """Count what repeated queries write to the log: the least of several, as the server writes there too."""
    stores = SqlCourtStores(ground.engine)
    outside_transactions(ground.engine, SETTLE, "CHECKPOINT")
    counted = []
    for _ in range(5):
        before = asked(ground, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        for numbers in drawn:
            service.query_notice_info(numbers, stores=stores, now=datetime.now(SINGAPORE))
        counted.append(asked(ground, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn") - before)
    return min(counted)


def deadlocks(ground: Ground, contenders: Contenders, drawn: Sequence[Sequence[str]]) -> float:
    """Count deadlocks of queries that all have to record court cases of mostly the same notices at once."""
    outside_transactions(ground.engine, "TRUNCATE ocms_court_case")
    forget_calls(ground)
    some = [number for batch in drawn[:2] for number in batch][:150]
    mixed = [random.Random(turn).sample(some, 100) for turn in range(ground.size.calls)]
    question = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    before = asked(ground, question)
    contenders.clients[OURS].run(lanes(NOTICE_INFO, contenders.callers, mixed, {}))
    time.sleep(1.5)  # the server publishes its figures once a second
    return asked(ground, question) - before


def asked(ground: Ground, question: str) -> float:
    """Give the number the database answers with."""
    with ground.engine.connect() as connection:
        return float(connection.execute(text(question)).scalar_one())


THREADS = "synchronous handlers in threads"
FULL = f"Everything: key, rate limit, JSON, checks, decision, log line, metrics; {THREADS}"
FASTAPI = "FastAPI, pydantic, SQLAlchemy ORM"
BARE = "Bare ASGI, asyncpg with prepared statements, msgspec structs"
UNGUARDED = "no key or token, no limit, no log line"
BY_HAND = f"{BARE}; key or kept token, the same slot, request id, log line; no metrics"

ROWS = (
    Row(
        "api-1",
        "API 1, payment status of 500 notices",
        {
            OURS: FULL,
            TYPICAL: f"{FASTAPI}: entities loaded with `IN`; {UNGUARDED}; {THREADS}",
            BEST: f"{BARE}: one `= ANY`; {UNGUARDED}",
            EQUAL: BY_HAND,
        },
        payment_status,
        (
            Bar("at least the rate of equal work by hand", rate_of(EQUAL), at_least=1),
            Bar("at least 0.75 of the best peer's rate", rate_of(BEST), at_least=0.75),
            Bar("at least 2.8 times the typical peer's rate", rate_of(TYPICAL), at_least=2.8),
        ),
    ),
    Row(
        "api-2",
        "API 2, update of 500 court notices, each with a new stage and a new suspension, committed to disk",
        {
            OURS: (
                f"{FULL}; stage map read, notices locked in order, open suspensions looked up, "
                "notices updated, suspensions and outbox rows inserted, one transaction that keeps a bad "
                "row apart"
            ),
            TYPICAL: (
                f"{FASTAPI}: entities loaded and changed, suspensions numbered by one query, they and the "
                "outbox rows added, flush, commit; no stage check, no locks, no bad row kept apart; "
                f"{UNGUARDED}; {THREADS}"
            ),
            BEST: (
                f"{BARE}: `UPDATE ... FROM unnest ... RETURNING`, one insert of suspensions that numbers "
                "them, one insert of outbox rows, commit; no stage check, no look at open suspensions, no "
                f"bad row kept apart; {UNGUARDED}"
            ),
            EQUAL: (
                f"{BY_HAND}; the call kept from its repeats, stage map read, notices locked in order, "
                "suspensions read and ended, audit row encrypted, answer kept; no bad row kept apart"
            ),
        },
        court_notices,
        (
            Bar("at most 1.2 of the time of equal work by hand", time_of(EQUAL), at_most=1.2),
            Bar("at least 4 times faster than the typical peer", rate_of(TYPICAL), at_least=4),
            Bar("at most 8 statements, key and rate slot included", count("statements"), at_most=8),
        ),
    ),
    Row(
        "api-4",
        "API 4, query of 100 notices whose due dates are recorded already",
        {
            OURS: f"{FULL}; the token's signature is checked, court cases are compared",
            TYPICAL: f"{FASTAPI}: entities loaded, each court case merged, commit; {UNGUARDED}; {THREADS}",
            BEST: f"{BARE}: reads notices only, never a court case; {UNGUARDED}",
            EQUAL: f"{BY_HAND}; court cases joined and compared",
        },
        notice_info,
        (
            Bar("at least 0.85 of the rate of equal work by hand", rate_of(EQUAL), at_least=0.85),
            Bar("at least 0.55 of the best, read-only peer's rate", rate_of(BEST), at_least=0.55),
            Bar("no byte of WAL when nothing has changed", count("WAL bytes"), at_most=0),
            Bar("no deadlock when overlapping queries record at once", count("deadlocks"), at_most=0),
        ),
    ),
)

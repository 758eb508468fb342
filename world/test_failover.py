"""The primary of two real PostgreSQL servers is killed, and the standby promoted, while calls are made."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest
from attrs import Factory, frozen
from sqlalchemy import Engine, select, update

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from ocms_core.kernel.dates import local
from ocms_core.kernel.idempotency import COMPLETION
from tests.spec.http.stages.test_contract import PORTAL
from tests.support.databases import SIDES, Databases, migrate
from tests.support.http_server import Deployment, Headers, Served, now, serving
from tests.support.rows import notice_numbers, put_notices
from tests.support.stage_rows import put_fees, put_offenders
from world.support.programs import wait_until
from world.support.replicas import ServerPair, server_pair
from world.test_postgresql_limits import CALLS, GONE, GOOD, NO, statuses

CALLERS = 4
MANY = 60
# So many are acknowledged before the primary is killed.
BEFORE = 20
TRY_AGAIN = {409, 429, 503}


@pytest.fixture
def servers() -> Iterator[ServerPair]:
    """Yield a primary and its standby."""
    with server_pair() as pair:
        yield pair


@pytest.fixture
def served(servers: ServerPair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a system that runs on whichever of the two writes."""
    for side in SIDES:
        servers.primary.create(side)
        migrate(side, servers.primary.url(side))
    databases = Databases(**{side: servers.url(side) for side in SIDES})
    deployment = Deployment(databases, tmp_path_factory.mktemp("served"))
    with serving(deployment) as served:
        put_fees(deployment.engine)
        yield served
    deployment.engine.dispose()


@frozen
class Submits:
    """
    Submits that move a notice to the next stage, each repeated until it is answered.

    Each delivery moves it once more, so only their keys keep repeats from moving it twice.
    """

    served: Served
    headers: dict[str, Headers] = Factory(dict)
    refused: set[str] = Factory(set)

    def prepare(self, numbers: Sequence[str]) -> None:
        """Put in notices, each with an officer who is to submit it under a key."""
        deployment = self.served.deployment
        put_notices(deployment.engine, numbers, last_processing_stage="ROV", next_processing_stage="RD1")
        put_offenders(deployment.engine, numbers, owner_driver_indicator="O")
        for number in numbers:
            self.headers[number] = {**deployment.token(Role.OIC), "Idempotency-Key": str(uuid4())}

    def deliver(self, number: str) -> httpx.Response:
        """Submit a notice once."""
        body = {"items": [{"noticeNo": number, "reason": "SUP", "isConfirmation": True}]}
        return self.served.post(PORTAL, body, headers=self.headers[number])

    def answer(self, number: str) -> httpx.Response:
        """Submit a notice again and again until it is answered."""
        while (answer := self.deliver(number)).status_code in TRY_AGAIN:
            self.refused.add(number)
            time.sleep(0.5)
        return answer


def moves(engine: Engine) -> dict[str, list[str]]:
    """Return the stages that each notice has been moved to, in order."""
    change = t.ocms_change_of_processing.c
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        for number, stage in connection.execute(
            select(change.notice_no, change.new_processing_stage).order_by(change.date_of_change)
        ):
            found.setdefault(number, []).append(stage)
    return found


def complete(engine: Engine) -> None:
    """Let the minute pass in which answers that are in doubt may still be completed."""
    answer = t.ocms_idempotent_answer
    with engine.begin() as connection:
        past = update(answer).where(answer.c.is_final == "N")
        connection.execute(past.values(answered_at=local(now() - 2 * COMPLETION)))


def count(made: Sequence[Future[httpx.Response]]) -> int:
    return sum(each.done() for each in made)


@pytest.mark.rule("K1", "P4", "G15")
def test_a_failover_loses_nothing_acknowledged_and_repeats_find_out(
    servers: ServerPair, served: Served
) -> None:
    deployment, submits = served.deployment, Submits(served)
    numbers = notice_numbers(MANY)
    submits.prepare(numbers)
    put_notices(deployment.engine, [NO])
    credentials = {
        path: deployment.key(role) if role is Role.CAS else deployment.token(role)
        for path, (role, _) in CALLS.items()
    }
    servers.wait_for_standby(synchronous=True)
    with ThreadPoolExecutor(CALLERS) as threads:
        made = [threads.submit(submits.answer, number) for number in numbers]
        wait_until(lambda: count(made) >= BEFORE)
        servers.primary.kill()
        wait_until(lambda: len(submits.refused) >= CALLERS)
        assert statuses(served, credentials) == GONE
        assert count(made) < MANY
        servers.promote()
        complete(deployment.engine)
        answers = {number: each.result() for number, each in zip(numbers, made, strict=True)}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert moves(deployment.engine) == {number: ["RD1"] for number in numbers}
    for number in submits.refused:
        assert submits.answer(number).content == answers[number].content
    assert moves(deployment.engine) == {number: ["RD1"] for number in numbers}
    assert statuses(served, credentials) == GOOD
    assert served.process.poll() is None


@pytest.mark.rule("K1")
def test_what_the_standby_had_not_is_lost_and_done_by_the_repeat(servers: ServerPair, served: Served) -> None:
    submits = Submits(served)
    (number,) = notice_numbers(1)
    submits.prepare([number])
    servers.stop_streaming()
    assert submits.answer(number).status_code == 200
    servers.primary.kill()
    servers.promote()
    assert moves(served.deployment.engine) == {}
    again = submits.answer(number)
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (200, False)
    assert moves(served.deployment.engine) == {number: ["RD1"]}


@pytest.mark.rule("K1", "G21")
def test_while_its_only_synchronous_standby_is_away_every_call_waits(
    servers: ServerPair, served: Served
) -> None:
    submits = Submits(served)
    (number,) = notice_numbers(1)
    submits.prepare([number])
    servers.wait_for_standby(synchronous=True)
    assert served.http.get("/health/ready").status_code == 200
    servers.standby.stop("immediate")
    with ThreadPoolExecutor(1) as threads:
        made = threads.submit(submits.deliver, number)
        assert served.http.get("/health/ready").status_code == 503  # after seconds without an answer
        assert not made.done()
        servers.standby.start()
        assert made.result().status_code == 200
    assert moves(served.deployment.engine) == {number: ["RD1"]}
    assert served.http.get("/health/ready").status_code == 200

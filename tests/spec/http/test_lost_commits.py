"""A connection lost exactly at COMMIT leaves a caller in doubt; the repeat of the call finds out (K1)."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, update

from ocms_adapters.sql.schema import ocms_idempotent_answer
from ocms_core.kernel.access import Operation
from ocms_core.kernel.dates import local
from ocms_core.kernel.idempotency import COMPLETION
from tests.spec.http.conftest import emptied_of_calls
from tests.spec.http.test_repeats import (
    CALLS,
    COURT,
    Call,
    deliver,
    every_call,
    prepared,
    rows,
)
from tests.support.databases import Databases, postgres_databases
from tests.support.http_server import Deployment, Headers, Served, now, serving
from tests.support.lost_commits import CommitLoser, Loss, commit_loser
from tests.support.postgres import PostgresServer

END_SECONDS = 30
every_loss = pytest.mark.parametrize("loss", Loss, ids=lambda loss: loss.name.lower())


@pytest.fixture(scope="module")
def loser(postgres: PostgresServer) -> Iterator[CommitLoser]:
    """Yield what loses connections to PostgreSQL."""
    with commit_loser(postgres) as loser:
        yield loser


@pytest.fixture(scope="module")
def running_behind(
    postgres: PostgresServer, loser: CommitLoser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Yield a running system whose connections to the Intranet database may be lost."""
    with postgres_databases(postgres) as direct:
        databases = Databases(loser.url(direct.intranet), direct.internet)
        deployment = Deployment(databases, tmp_path_factory.mktemp("served"))
        with serving(deployment) as served:
            yield served
        deployment.engine.dispose()


@pytest.fixture
def served(running_behind: Served) -> Served:
    """Return this system with nothing in it that the calls are about."""
    emptied_of_calls(running_behind.deployment.engine)
    return running_behind


def repeated(served: Served, call: Call, headers: Headers) -> httpx.Response:
    """Deliver a call again for as long as the answer is that it still runs."""
    deadline = time.monotonic() + END_SECONDS
    while (answer := deliver(served, call, headers)).status_code == 409:
        assert time.monotonic() < deadline, answer.text
        assert "still being answered" in answer.text
        time.sleep(0.05)
    return answer


def complete(engine: Engine) -> None:
    """Let the time pass in which an answer may still be completed."""
    with engine.begin() as connection:
        connection.execute(update(ocms_idempotent_answer).values(answered_at=local(now() - 2 * COMPLETION)))


@pytest.mark.rule("K1", "P4", "G15")
@every_loss
@every_call
def test_the_repeat_of_a_call_whose_commit_was_lost_has_one_effect_and_one_answer(
    served: Served, loser: CommitLoser, call: Call, loss: Loss
) -> None:
    finds_out(served, loser, call, loss, prepared(served, call))


@pytest.mark.rule("K1", "P4", "P20")
@every_loss
def test_a_court_update_finds_out_by_its_request_id(served: Served, loser: CommitLoser, loss: Loss) -> None:
    (call,) = (each for each in CALLS if each.operation is Operation.UPDATE_COURT_NOTICES)
    headers = prepared(served, call)
    del headers["Idempotency-Key"]
    finds_out(served, loser, call, loss, headers)


def finds_out(served: Served, loser: CommitLoser, call: Call, loss: Loss, headers: Headers) -> None:
    """Lose the COMMIT of what a call does, and check what its repeats do and answer."""
    engine = served.deployment.engine
    untouched = rows(engine)
    loser.lose(loss, headers.get("Idempotency-Key") or COURT["requestId"])
    unanswered = deliver(served, call, headers)
    assert loser.lost.wait(END_SECONDS)
    assert unanswered.status_code == 503, unanswered.text
    committed = rows(engine)
    was_done = loss is Loss.OF_THE_ANSWER
    assert (committed != untouched) is was_done

    complete(engine)
    done = repeated(served, call, headers)
    assert done.status_code == 200, done.text
    # A print run keeps its answer after its last chunk only (S75).
    was_kept = was_done and call.operation is not Operation.UPDATE_TOPPAN_STAGES
    assert ("Idempotency-Replayed" in done.headers) is was_kept
    changed = rows(engine)
    again = deliver(served, call, headers)
    assert (again.status_code, again.content) == (200, done.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rows(engine) == changed != untouched
    if was_done:
        assert without_answers(changed) == without_answers(committed)


def without_answers(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the rows of all tables but that of the answers."""
    return {name: rows for name, rows in tables.items() if name != ocms_idempotent_answer.name}

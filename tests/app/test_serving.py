"""A serving process outlives its database, finishes what it has begun, and lets go when told."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from ocms_adapters.sql import schema as t
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.errors import Unavailable
from tests.support.builders import body
from tests.support.databases import postgres_databases
from tests.support.http_server import API_1, API_2, API_4, Deployment, Served, serving
from tests.support.postgres import running_server
from tests.support.rows import put_notices, row_of

NO = "1234567890"
UNAVAILABLE = b'{"appCode":"OCMS-5031","message":"Service unavailable"}'
HELD = text("UPDATE ocms_valid_offence_notice SET upd_user_id = 'other_app' WHERE notice_no = '1234567890'")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
MOVE = {"noticeNo": NO, "processingStage": "WAR"}


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.rule("P4", "G15")
def test_while_its_database_is_stopped_a_server_answers_503_and_then_goes_on(tmp_path: Path) -> None:
    with running_server() as server, postgres_databases(server) as databases:
        deployment = Deployment(databases, tmp_path)
        put_notices(deployment.engine, [NO])
        calls = {path: deployment.credential_for(path) for path in (API_1, API_2, API_4)}
        deployment.engine.dispose()
        with serving(deployment) as served:
            assert statuses(served, calls) == [200, 200, 200, 200, 200]
            server.stop()
            for path, credential in calls.items():
                answer = served.post(path, body(), headers=credential)
                assert (answer.status_code, answer.content) == (503, UNAVAILABLE)
            assert statuses(served, calls) == [200, 503, 503, 503, 503]
            server.start()
            assert statuses(served, calls) == [200, 200, 200, 200, 200]
            server.restart("immediate")
            assert statuses(served, calls) == [200, 200, 200, 200, 200]


def statuses(served: Served, calls: dict[str, dict[str, str]]) -> list[int]:
    """Give the statuses of both health questions and of each call."""
    health = [served.http.get(f"/health/{question}").status_code for question in ("live", "ready")]
    return health + [served.post(path, body(), headers=sent).status_code for path, sent in calls.items()]


@contextmanager
def held(deployment: Deployment) -> Iterator[None]:
    """Keep the notice's row locked, as a slow transaction of another system."""
    with deployment.engine.begin() as other:
        other.execute(HELD)
        yield


def waits(deployment: Deployment) -> bool:
    """Tell whether a transaction waits for another; SQLite keeps that to itself."""
    if deployment.engine.name == "sqlite":
        time.sleep(0.5)
        return True
    with deployment.engine.connect() as connection:
        return bool(connection.execute(WAITING).scalar_one())


def test_a_server_told_to_stop_finishes_the_call_it_has_begun(deployment: Deployment) -> None:
    put_notices(deployment.engine, [NO])
    credential = deployment.key()
    with serving(deployment) as served, ThreadPoolExecutor() as threads:
        with held(deployment):
            slow = threads.submit(served.post, API_2, body((MOVE,)), headers=credential)
            eventually(lambda: waits(deployment))
            served.process.terminate()
            time.sleep(0.5)
            assert served.process.poll() is None
        assert slow.result().status_code == 200
        assert served.process.wait(10) == 0
    assert row_of(deployment.engine, t.ocms_valid_offence_notice, NO)["last_processing_stage"] == "WAR"


def test_a_server_told_to_stop_while_it_still_starts_stops_at_once(sqlite_deployment: Deployment) -> None:
    with serving(
        sqlite_deployment, workers=2
    ) as served:  # the first process serves, the second may still load
        began = time.monotonic()
        assert served.stop() == 0
        assert time.monotonic() - began < 10


def test_a_system_whose_database_needs_an_upgrade_is_not_ready(deployment: Deployment) -> None:
    databases = open_databases(Settings(deployment.databases.intranet, deployment.databases.internet))
    databases.ready()
    with deployment.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ocms_schema_version")
    with pytest.raises(Unavailable, match="ocms db upgrade"):
        databases.ready()
    databases.dispose()

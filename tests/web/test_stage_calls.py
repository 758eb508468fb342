"""What the calls of contract 2 answer when something behind them breaks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from sqlalchemy import Engine
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from ocms_adapters.files.blobs import FolderStore
from ocms_adapters.files.links import SignedLinks
from ocms_adapters.sql import schema as t
from ocms_adapters.sql.reversals import SqlReversalStores
from ocms_adapters.sql.stages import SqlStageStores
from ocms_core.kernel.access import Principal, Role
from ocms_core.kernel.errors import Conflict, Unavailable
from ocms_web.endpoints import Request
from ocms_web.json_codec import Reply, encode
from ocms_web.problems import Problem
from ocms_web.stages import replies
from ocms_web.stages.routes import StageCalls
from tests.support import engines
from tests.support.builders import NOW
from tests.support.databases import sqlite_databases
from tests.support.rows import put_notices, row_of, rows_of
from tests.support.stage_builders import DEFAULTS

OFFICER = Principal("USER01", Role.OIC, "a credential")
TOPPAN = {"noticeNumbers": ["A", "B", "C"], "currentStage": "DN1", "processingDate": "2025-12-19T00:30:00"}


@frozen
class Broken:
    """Stores that cannot be opened."""

    fault: Exception

    def writing(self) -> Any:
        raise self.fault


@pytest.fixture
def engine(sqlite_templates: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = engines.create(sqlite_databases(sqlite_templates, tmp_path).intranet)
    yield engine
    engine.dispose()


@pytest.fixture
def calls(engine: Engine, tmp_path: Path) -> StageCalls:
    store = FolderStore(tmp_path / "reports", SignedLinks(b"k" * 32, "http://ocms/reports"))
    return StageCalls(SqlStageStores(engine), lambda: DEFAULTS, store, SqlReversalStores(engine))


def nobody_looked_up(*_: object, **__: object) -> None:
    raise AssertionError("somebody was looked up")


def asked(body: object) -> Request:
    return Request(OFFICER, NOW, body, nobody_looked_up)


def written(reply: Reply) -> Any:
    """Return a body as the caller reads it."""
    return json.loads(encode(reply.body))


@pytest.mark.rule("S23")
def test_a_report_that_fails_is_null_and_logged_and_the_batch_stands(
    engine: Engine, calls: StageCalls, tmp_path: Path
) -> None:
    put_notices(engine, ["A"], last_processing_stage="ROV")
    (tmp_path / "reports").write_text("a file where the folder should be")
    with capture_logs() as logs:
        reply = calls.submit(asked({"items": [{"noticeNo": "A"}]}))
    body = written(reply)
    assert (reply.status, body["status"], body["report"]) == (200, "SUCCESS", None)
    assert [entry["event"] for entry in logs] == ["report_failed"]
    assert row_of(engine, t.ocms_valid_offence_notice, "A")["last_processing_stage"] == "RD1"


@pytest.mark.rule("G4")
def test_the_officer_is_whom_the_token_names_whatever_the_body_says(
    engine: Engine, calls: StageCalls
) -> None:
    put_notices(engine, ["A"], last_processing_stage="ROV")
    calls.submit(asked({"items": [{"noticeNo": "A", "authorisedOfficer": "EVE", "source": "AVSS"}]}))
    (change,) = rows_of(engine, t.ocms_change_of_processing)
    assert (change["authorised_officer"], change["source"]) == ("USER01", "OCMS")


@pytest.mark.rule("S75", "G15")
@pytest.mark.parametrize(
    "fault, status, error",
    [
        (RuntimeError("secret"), 500, "Unexpected error: handle-1"),
        (Unavailable("the database"), 503, "Service unavailable"),
        (Conflict("overtaken"), 503, "Service unavailable"),
    ],
)
def test_toppan_is_told_of_a_failure_with_the_number_it_asked_for(
    calls: StageCalls, fault: Exception, status: int, error: str
) -> None:
    broken = evolve(calls, stores=Broken(fault))  # type: ignore[arg-type]  # opens nothing
    with bound_contextvars(request_id="handle-1"):
        reply = broken.toppan(asked(TOPPAN))
    assert (reply.status, written(reply)) == (
        status,
        {
            "totalNotices": 3,
            "automaticUpdates": 0,
            "manualUpdates": 0,
            "skipped": 0,
            "errors": [error],
            "success": False,
        },
    )


@pytest.mark.rule("G15", "S65")
def test_what_can_go_wrong_has_its_words_in_every_family() -> None:
    for problem in Problem:
        status, error, message = replies.PROBLEMS[problem]
        for given in (replies.search_problem, replies.validate_problem, replies.submit_problem):
            reply = given(problem)
            body = written(reply)
            assert (reply.status, body["error"], body["message"]) == (status, error, message)
        assert written(replies.report_problem(problem)) == {"error": error, "message": message}
        kind = "ERROR" if status >= 500 else "FAILED"
        assert written(replies.plus_problem(problem))["status"] == kind
        assert written(replies.toppan_problem(problem))["success"] is False
    assert written(replies.plus_problem(Problem.UNAVAILABLE))["code"] == "OCMS-5031"
    assert written(replies.plus_problem(Problem.RATE_LIMITED))["code"] == "OCMS-4291"

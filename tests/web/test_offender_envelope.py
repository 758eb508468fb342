"""The envelope of contract 3 where something is wrong with more than a field."""

import json
from typing import Any

import pytest

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code
from ocms_core.kernel.decisions import Answer, Refusal
from ocms_core.kernel.errors import Conflict, OcmsError, RowRejected, Unavailable
from ocms_core.offenders.effects import RoleAssigned
from ocms_core.offenders.service import ActionOutcome
from ocms_web.json_codec import Reply, encode
from ocms_web.offenders.replies import ERROR_TYPES, error_reply, reading_problem, writing_problem
from ocms_web.offenders.routes import attempt, outcome_reply
from ocms_web.problems import STATUS, Problem


def body(reply: Reply) -> Any:
    return json.loads(encode(reply.body))


def technical(operation: str, message: str) -> dict[str, object]:
    return {"success": False, "errorType": "TECHNICAL_ERROR", "operation": operation, "message": message}


@pytest.mark.rule("G15")
def test_a_database_out_of_reach_is_503_by_what_was_to_be_done() -> None:
    read, write = reading_problem(Problem.UNAVAILABLE), writing_problem(Problem.UNAVAILABLE)
    assert (read.status, body(read)) == (503, technical("DB_READ", "Failed to read database"))
    assert (write.status, body(write)) == (503, technical("DB_UPDATE", "Failed to update database"))


@pytest.mark.rule("G15")
@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_an_answer_without_internals(problem: Problem) -> None:
    for answer in (reading_problem, writing_problem):
        reply = answer(problem)
        assert reply.status >= 400
        assert body(reply)["success"] is False


@pytest.mark.rule("F61")
@pytest.mark.parametrize("fault", [Conflict("overtaken"), RowRejected("refused"), OcmsError("anything")])
def test_where_nothing_was_committed_the_update_has_failed(fault: OcmsError) -> None:
    def action() -> ActionOutcome | Refusal:
        raise fault

    reply = error_reply(Refusal(codes.DB_UPDATE))
    assert (reply.status, body(reply)) == (500, technical("DB_UPDATE", "Failed to update database"))
    assert attempt(action) == Refusal(codes.DB_UPDATE)


@pytest.mark.rule("F61", "G15")
def test_a_database_out_of_reach_is_left_to_the_pipeline() -> None:
    def action() -> ActionOutcome | Refusal:
        raise Unavailable("the database")

    with pytest.raises(Unavailable):
        attempt(action)


@pytest.mark.rule("F60")
def test_what_is_not_shown_yet_is_told_to_stand() -> None:
    taken = RoleAssigned("H", created=True, new_stage="RD2")
    given = outcome_reply(
        ActionOutcome(Answer("N1", codes.OFFENDER_FURNISHED, taken), shown_on_internet=False),
        lambda key, detail: Reply(200, (key, detail)),
    )
    expected = technical("SYNC_INTERNET", "Failed to sync to Internet DB") | {"intranetUpdated": True}
    assert (given.status, body(given)) == (500, expected)


@pytest.mark.rule("G15", "F53")
@pytest.mark.parametrize(
    "code", [code for code in ERROR_TYPES if code is not codes.NOTICE_NOT_FOUND], ids=lambda code: code.code
)
def test_every_kind_of_error_has_its_own_status(code: Code) -> None:
    assert STATUS[code] in {401, 403, 429}

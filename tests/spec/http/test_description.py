"""The running system keeps to its own API description, whatever is sent."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from ocms_core.kernel.access import Role
from tests.support.http_server import API_1, API_2, API_4, Headers, Served
from tests.support.rows import put_notices

PATHS = (API_1, API_2, API_4)
EXAMPLES = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS: list[Any] = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def conforming(served: Served, case: Any, credential: Headers) -> int:
    """Send a generated case; its answer has to be as described. Give the status."""
    answer = case.call(base_url=str(served.http.base_url), headers=credential)
    case.validate_response(answer, checks=CHECKS)
    return int(answer.status_code)


@pytest.mark.rule("G7", "G3")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_as_the_description_tells(served: Served, path: str, mode: GenerationMode) -> None:
    put_notices(served.deployment.engine, ["1234567890"])
    description = schemathesis.openapi.from_dict(served.http.get("/openapi.json").json())
    cases = description[path]["POST"].as_strategy(generation_mode=mode)
    statuses = set()

    @EXAMPLES
    @given(case=cases)
    def answer_as_described(case: Any) -> None:
        statuses.add(conforming(served, case, served.deployment.credential_for(path)))

    answer_as_described()
    if mode is GenerationMode.NEGATIVE:
        assert 400 in statuses


@pytest.mark.rule("G1")
@pytest.mark.parametrize("path", PATHS)
def test_the_examples_of_the_description_are_answered_as_it_tells(served: Served, path: str) -> None:
    put_notices(served.deployment.engine, ["1234567890"])
    description = schemathesis.openapi.from_dict(served.http.get("/openapi.json").json())
    for case in examples(description[path]["POST"]):
        assert conforming(served, case, served.deployment.credential_for(path)) == 200


def examples(operation: Any) -> list[Any]:
    """Give the cases made of the examples in the description."""
    drawn: list[Any] = []

    @settings(database=None, max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases=st.tuples(*operation.get_strategies_from_examples()))
    def draw(cases: tuple[Any, ...]) -> None:
        drawn[:] = cases

    draw()
    assert drawn
    return drawn


@pytest.mark.rule("G8", "G15")
@pytest.mark.parametrize("path", PATHS)
def test_refusals_at_the_door_are_described(served: Served, path: str) -> None:
    description = schemathesis.openapi.from_dict(served.http.get("/openapi.json").json())
    operation = description[path]["POST"]
    credential = served.deployment.credential_for(path)
    for _ in range(100 if path == API_4 else 10):
        served.post(path, {}, headers=credential)
    sent: list[Headers] = [{}, served.deployment.token(Role.OIC), credential]
    answers = [served.post(path, {}, headers=headers) for headers in sent]
    assert [answer.status_code for answer in answers] == [401, 403, 429]
    for answer in answers:
        operation.validate_response(answer)

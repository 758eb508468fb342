"""The running system keeps to its own API description, at every operation, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from ocms_core.kernel.access import Role
from tests.support.http_server import API_1, API_2, API_4, Deployment, Headers, Served
from tests.support.offender_builders import NUMBER
from tests.support.offender_rows import put_notice
from tests.support.rows import put_notices

COURT_PATHS = (API_1, API_2, API_4)
CAS_PATHS = (API_1, API_2)
PLUS_PATHS = (API_4, "/ocms/v1/external/plus/change-processing-stage")
TOPPAN_PATH = "/ocms/v1/internal/toppan/update-stages"
STAGES, OFFENDERS = "/ocms/v1/change-processing-stage", "/api/v1/notice"
OPERATIONS = (
    *(("POST", path) for path in (*CAS_PATHS, *PLUS_PATHS, TOPPAN_PATH)),
    ("POST", f"{STAGES}/search"),
    ("POST", f"{STAGES}/validate"),
    ("POST", STAGES),
    ("POST", f"{STAGES}/reverse"),
    ("GET", f"{STAGES}/reports"),
    ("POST", f"{STAGES}/reports"),
    ("GET", f"{STAGES}/report/{{reportId}}"),
    ("POST", f"{STAGES}/report/download"),
    ("POST", f"{OFFENDERS}/offender/check-eligibility"),
    ("POST", f"{OFFENDERS}/offender/furnish"),
    ("POST", f"{OFFENDERS}/offender/redirect"),
    ("POST", f"{OFFENDERS}/offender/reverse"),
    ("PATCH", f"{OFFENDERS}/offender/update"),
    ("POST", f"{OFFENDERS}/offender/update"),
    ("GET", f"{OFFENDERS}/offender/{{noticeNo}}"),
    ("POST", f"{OFFENDERS}/offender/get-details"),
    ("GET", f"{OFFENDERS}/{{noticeNo}}/timeline"),
    ("POST", f"{OFFENDERS}/timeline"),
    ("POST", "/hstexists"),
    ("POST", "/v1/apply-hst"),
    ("POST", "/v1/update-hst/{idNo}"),
    ("POST", "/v1/update-hst"),
    ("POST", "/v1/revive-hst"),
    ("POST", "/v1/reverse-hst"),
    ("POST", "/hstlist"),
    ("GET", "/ocms/v1/stuck-cases"),
    ("POST", "/ocms/v1/stuck-cases"),
)
EXAMPLES = settings(
    max_examples=15,
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
EVERY_OPERATION = pytest.mark.parametrize(
    "method, path", [pytest.param(*operation, id=" ".join(operation)) for operation in OPERATIONS]
)


def credential_for(deployment: Deployment, path: str) -> Headers:
    """Return a fresh credential that may call a path."""
    if path in CAS_PATHS:
        return deployment.key()
    role = Role.PLUS if path in PLUS_PATHS else Role.TOPPAN if path == TOPPAN_PATH else Role.OIC
    return deployment.token(role)


def described(served: Served) -> Any:
    """Return the description of the running system, as the generator of calls reads it."""
    return schemathesis.openapi.from_dict(served.http.get("/openapi.json").json())


def conforming(served: Served, case: Any, credential: Headers) -> int:
    """Send a generated case; its answer has to be as described. Return the status."""
    answer = case.call(base_url=str(served.http.base_url), headers=credential)
    case.validate_response(answer, checks=CHECKS)
    return int(answer.status_code)


def put_what_the_examples_name(served: Served) -> None:
    """Put the notices in that the contracts' examples name."""
    put_notices(served.deployment.engine, ["1234567890"])
    put_notice(served.deployment.engine, NUMBER)


def test_every_operation_is_called(served: Served) -> None:
    paths = served.http.get("/openapi.json").json()["paths"]
    assert set(OPERATIONS) == {(method.upper(), path) for path in paths for method in paths[path]}


@pytest.mark.rule("G7", "G3")
@EVERY_OPERATION
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_as_the_description_tells(
    served: Served, method: str, path: str, mode: GenerationMode
) -> None:
    put_what_the_examples_name(served)
    cases = described(served)[path][method].as_strategy(generation_mode=mode)
    statuses = set()

    @EXAMPLES
    @given(case=cases)
    def answer_as_described(case: Any) -> None:
        statuses.add(conforming(served, case, credential_for(served.deployment, path)))

    answer_as_described()
    if mode is GenerationMode.NEGATIVE and path in COURT_PATHS:
        assert 400 in statuses


@pytest.mark.rule("G1")
@EVERY_OPERATION
def test_the_examples_of_the_description_are_answered_as_it_tells(
    served: Served, method: str, path: str
) -> None:
    put_what_the_examples_name(served)
    for case in examples(described(served)[path][method]):
        status = conforming(served, case, credential_for(served.deployment, path))
        assert path not in COURT_PATHS or status == 200


def examples(operation: Any) -> list[Any]:
    """Return the cases made of the examples in the description; a GET has none of a body."""
    strategies = operation.get_strategies_from_examples()
    drawn: list[Any] = []

    @settings(database=None, max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases=st.tuples(*strategies))
    def draw(cases: tuple[Any, ...]) -> None:
        drawn[:] = cases

    draw()
    assert drawn or operation.method == "get"
    return drawn


@pytest.mark.rule("G8", "G15")
@EVERY_OPERATION
def test_refusals_of_the_caller_are_described(served: Served, method: str, path: str) -> None:
    operation = described(served)[path][method]
    case = operation.Case(path_parameters={"noticeNo": "N1", "idNo": "S1234567A", "reportId": "x"})
    stranger = served.deployment.token(Role.OIC if path in (*PLUS_PATHS, TOPPAN_PATH) else Role.PLUS)
    takes_api_keys = path in CAS_PATHS
    for headers, status in (({}, 401), (stranger, 401 if takes_api_keys else 403)):
        answer = case.call(base_url=str(served.http.base_url), headers=headers)
        assert answer.status_code == status
        operation.validate_response(answer)


@pytest.mark.rule("G8", "G15")
@pytest.mark.parametrize("path", COURT_PATHS)
def test_an_exhausted_rate_limit_is_described(served: Served, path: str) -> None:
    operation = described(served)[path]["POST"]
    credential = served.deployment.credential_for(path)
    for _ in range(100 if path == API_4 else 10):
        served.post(path, {}, headers=credential)
    answer = served.post(path, {}, headers=credential)
    assert answer.status_code == 429
    operation.validate_response(answer)


def subschemas(schema: object) -> Iterator[dict[str, Any]]:
    """Yield every JSON object within a part of the description."""
    if isinstance(schema, dict):
        yield schema
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for each in inner:
        yield from subschemas(each)


@pytest.mark.rule("G7")
def test_every_constant_names_its_type(served: Served) -> None:
    # openapi-python-client 0.29.1 writes no valid Python for an optional constant without a type.
    components = served.http.get("/openapi.json").json()["components"]["schemas"]
    untyped = [each for each in subschemas(components) if "const" in each and "type" not in each]
    assert untyped == []

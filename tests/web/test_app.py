"""What the application offers beside the contracts: its description, a page to try calls on, health."""

import json
import re
from typing import Any

import httpx
import pytest
from attrs import evolve
from jsonschema_rs import Draft202012Validator

from ocms_core.kernel import codes
from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import Code
from ocms_core.kernel.errors import Unavailable
from ocms_core.kernel.reference import EMPTY
from ocms_web import openapi
from ocms_web.app import answer_faults, create_app
from ocms_web.court import routes as court
from ocms_web.hst import routes as hst
from ocms_web.json_codec import encode
from ocms_web.observability import observe_requests
from ocms_web.offenders import routes as offenders
from ocms_web.openapi import document
from ocms_web.pipeline import Pipeline
from ocms_web.problems import STATUS, Problem
from ocms_web.readiness import Readiness
from ocms_web.stages import routes as stages
from tests.support.builders import NOW
from tests.support.in_memory_stores import InMemoryCourtStores


class Down:
    """A part of the system that is out of reach."""

    def __getattr__(self, name: str) -> Any:
        raise Unavailable("the database")

    def __call__(self) -> None:
        raise Unavailable("the database")


DOWN: Any = Down()
COURT = court.endpoints(court.CourtCalls(InMemoryCourtStores(), lambda: EMPTY))
ENDPOINTS = (
    *COURT,
    *stages.endpoints(stages.StageCalls(DOWN, lambda: EMPTY, DOWN, DOWN)),
    *offenders.endpoints(offenders.OffenderCalls(DOWN, DOWN, DOWN, lambda: EMPTY)),
    *hst.endpoints(hst.HstCalls(DOWN, DOWN)),
)
DOCUMENT: dict[str, Any] = json.loads(encode(document(ENDPOINTS, "1.2.3")))


async def asked(method: str, path: str, **sent: Any) -> httpx.Response:
    """Call an application whose database is down."""
    app: Any = create_app(ENDPOINTS, Pipeline(DOWN, DOWN, DOWN, DOWN), ready=Readiness(DOWN), version="1.2.3")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ocms") as http:
        return await http.request(method, path, **sent)


def bodies() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return every JSON body the description shows: where, its schema and its examples."""
    return [
        (f"{operation['operationId']} {where}", content["schema"], content["examples"])
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for where, shown in {"request": operation.get("requestBody"), **operation["responses"]}.items()
        if shown is not None
        for media_type, content in shown["content"].items()
        if media_type == "application/json"
    ]


@pytest.mark.rule("G1")
@pytest.mark.parametrize("schema, examples", [pytest.param(*given[1:], id=given[0]) for given in bodies()])
def test_every_example_fits_its_schema(schema: dict[str, Any], examples: dict[str, Any]) -> None:
    assert examples
    for example in examples.values():
        Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(example["value"])


@pytest.mark.rule("G15")
def test_every_endpoint_tells_of_every_way_to_be_refused() -> None:
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert operation["responses"].keys() >= {"200", "400", "401", "403", "413", "429", "500", "503"}


@pytest.mark.rule("G15", "P2")
def test_every_code_has_a_status_and_every_problem_its_words() -> None:
    # Contract 2 tells its codes of single items, or with the status its call gives them.
    of_contract_2 = ("CPS_", "PLUS_", "TOPPAN_")
    named = {
        value
        for name, value in vars(codes).items()
        if isinstance(value, Code) and not name.startswith(of_contract_2)
    }
    assert named <= STATUS.keys()
    for endpoint in COURT:
        for problem in Problem:
            assert json.loads(encode(endpoint.problem(problem).body)).keys() == {"appCode", "message"}


@pytest.mark.rule("P2", "G14")
def test_a_body_too_large_to_be_read_is_answered_with_the_cap_that_an_administrator_has_set() -> None:
    capped = evolve(EMPTY, parameters={("BATCH_CAP", "PLUS_QUERY"): "7"})
    calls = court.CourtCalls(InMemoryCourtStores(), lambda: capped)
    reply = calls.too_large(Operation.QUERY_NOTICE_INFO, NOW)
    body = {"appCode": "OCMS-4131", "message": "Request exceeds maximum batch limit of 7 notices"}
    assert (reply.status, json.loads(encode(reply.body))) == (413, body)


@pytest.mark.anyio
async def test_the_page_finds_all_it_needs_here() -> None:
    page = await asked("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    for link in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        assert link.startswith("/")
        assert (await asked("GET", link)).status_code == 200
    assert (await asked("GET", "/openapi.json")).json() == DOCUMENT


@pytest.mark.anyio
async def test_the_description_is_written_when_it_is_first_read(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def counted(endpoints: Any, version: str) -> dict[str, Any]:
        written.append(version)
        return document(endpoints, version)

    monkeypatch.setattr(openapi, "document", counted)
    app: Any = create_app(ENDPOINTS, Pipeline(DOWN, DOWN, DOWN, DOWN), ready=Readiness(DOWN), version="1.2.3")
    assert not written
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ocms") as http:
        assert [(await http.get("/openapi.json")).json() for _ in range(2)] == [DOCUMENT, DOCUMENT]
    assert written == ["1.2.3"]


@pytest.mark.anyio
@pytest.mark.rule("G7")
@pytest.mark.parametrize(
    "name",
    ["%00", "a%00.css", "..%2f..%2fapp.py", "%2e%2e/app.py", "nobody", "%ff", "con", "%5c"],
)
async def test_a_static_path_that_is_no_file_is_404_in_json(name: str) -> None:
    answer = await asked("GET", f"/docs/assets/{name}")
    assert (answer.status_code, answer.json()["appCode"]) == (404, "OCMS-4041")


@pytest.mark.anyio
@pytest.mark.rule("G7", "G15")
async def test_what_not_even_the_framework_answers_is_500_in_json() -> None:
    async def failing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("S1234567A")

    app: Any = observe_requests(answer_faults(failing), frozenset())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ocms") as http:
        answer = await http.get("/docs/assets/x", headers={"X-Request-ID": "one"})
    assert (answer.status_code, answer.json()["appCode"]) == (500, "OCMS-5001")
    assert (answer.headers["content-type"], answer.headers["x-request-id"]) == ("application/json", "one")
    assert "S1234567A" not in answer.text


@pytest.mark.anyio
@pytest.mark.rule("G15")
async def test_a_fault_after_an_answer_has_begun_is_the_servers() -> None:
    sent: list[Any] = []

    async def failing(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    async def keep(message: Any) -> None:
        sent.append(message["type"])

    scope: Any = {"type": "http", "path": "/docs/assets/x", "headers": []}
    with pytest.raises(RuntimeError):
        await answer_faults(failing)(scope, DOWN, keep)
    assert sent == ["http.response.start"]


@pytest.mark.anyio
async def test_a_process_whose_database_is_down_is_live_and_not_ready() -> None:
    assert (await asked("GET", "/health/live")).status_code == 200
    answer = await asked("GET", "/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "the database is unavailable")


@pytest.mark.anyio
@pytest.mark.rule("P4", "G15")
async def test_a_call_that_cannot_even_be_checked_is_503_in_the_envelope() -> None:
    for endpoint in COURT:
        answer = await asked("POST", endpoint.path, json={})
        assert (answer.status_code, answer.json()) == (
            503,
            {"appCode": "OCMS-5031", "message": "Service unavailable"},
        )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

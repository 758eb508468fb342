"""How many statements a call costs: the same for one notice and for five hundred."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from sqlalchemy import Engine

from ocms_adapters.sql.reference import SqlReference
from ocms_app import wiring
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.access import Role
from tests.support.builders import body
from tests.support.databases import Databases
from tests.support.http_server import API_1, API_2, API_4, Deployment, Headers
from tests.support.rows import notice_numbers, put_notices
from tests.support.statements import recorded

FULL = {"suspensionType": "PS", "eprReasonOfSuspension": "PS-WWP", "processingStage": "WAR"}


@frozen
class Wired:
    """The whole API in this process."""

    deployment: Deployment
    engine: Engine
    app: Any

    def client(self, path: str) -> "Client":
        """Give a client whose key and limit are settled, as they are after the first call."""
        client = Client(self, path, self.deployment.credential_for(path))
        for _ in range(2):
            client.post(self.numbers(1))
        return client

    def numbers(self, many: int) -> list[str]:
        """Put so many notices into the database."""
        numbers = notice_numbers(many)
        put_notices(self.deployment.engine, numbers)
        return numbers


@frozen
class Client:
    """A caller of one path."""

    wired: Wired
    path: str
    credential: Headers

    def post(self, numbers: list[str], **fields: str) -> None:
        """Make a call that goes well."""
        items = tuple({"noticeNo": number, **fields} for number in numbers)

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.wired.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as http:
                return await http.post(self.path, json=body(items), headers=self.credential)

        assert asyncio.run(call()).status_code == 200

    def cost(self, numbers: list[str], **fields: str) -> list[str]:
        """Give the statements of one call."""
        with recorded(self.wired.engine) as statements:
            self.post(numbers, **fields)
        return statements


@pytest.fixture
def wired(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    deployment = Deployment(databases, tmp_path)
    dev_keys = str(tmp_path / "dev")
    settings = Settings(databases.intranet, databases.internet, dev_issuer=True, dev_keys=dev_keys)
    opened = open_databases(settings)
    monkeypatch.setattr(wiring, "open_databases", lambda _: opened)
    # However slow the machine, no snapshot of the reference data is read anew in the middle of a test.
    monkeypatch.setattr(wiring, "SqlReference", partial(SqlReference, seconds=3600))
    yield Wired(deployment, opened.intranet, wiring.web(settings))
    opened.dispose()
    deployment.engine.dispose()


def about_notices(statements: list[str]) -> list[str]:
    return [statement for statement in statements if "ocms_valid_offence_notice" in statement]


def lock_of_call(wired: Wired) -> int:
    """Return how many statements lock a call with a key; a database with one writer at a time needs none."""
    return 0 if wired.engine.name == "sqlite" else 1


@pytest.mark.rule("P10", "G9")
def test_api_1_costs_one_data_statement_beside_credential_and_limit(wired: Wired) -> None:
    client = wired.client(API_1)
    costs = [client.cost(wired.numbers(many)) for many in (1, 50, 500)]
    assert costs[0] == costs[1] == costs[2]
    assert len(costs[0]) == 3
    assert len(about_notices(costs[0])) == 1


@pytest.mark.rule("G9", "P24", "K1", "K2")
def test_api_2_costs_eleven_statements_when_everything_changes(wired: Wired) -> None:
    client = wired.client(API_2)
    costs = [client.cost(wired.numbers(many), **FULL) for many in (1, 50, 500)]
    assert costs[0] == costs[1] == costs[2]
    assert len(costs[0]) == 11 + lock_of_call(wired)


@pytest.mark.rule("G9", "P24", "K1")
def test_api_2_costs_eight_statements_when_only_the_audit_is_touched(wired: Wired) -> None:
    client = wired.client(API_2)
    costs = [client.cost(wired.numbers(many)) for many in (1, 50, 500)]
    assert costs[0] == costs[1] == costs[2]
    assert len(costs[0]) == 8 + lock_of_call(wired)


@pytest.mark.rule("G9", "P32")
def test_api_4_costs_six_statements_the_first_time_and_two_from_then_on(wired: Wired) -> None:
    client = wired.client(API_4)
    numbers = [wired.numbers(many) for many in (1, 50, 100)]
    first = [client.cost(each) for each in numbers]
    again = [client.cost(each) for each in numbers]
    assert first[0] == first[1] == first[2]
    assert again[0] == again[1] == again[2]
    assert (len(first[0]), len(again[0])) == (6, 2)
    assert not [statement for statement in about_notices(again[0]) if not statement.startswith("SELECT")]


@pytest.mark.rule("G9", "G2")
def test_a_stage_search_costs_its_record_whatever_it_finds(wired: Wired) -> None:
    path = "/ocms/v1/change-processing-stage/search"
    token = wired.deployment.token(Role.OIC)

    async def found(vehicle_no: str) -> int:
        transport = httpx.ASGITransport(wired.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as http:
            answer = await http.post(path, json={"vehicleNo": vehicle_no}, headers=token)
            return int(answer.json()["summary"]["total"])

    costs = []
    asyncio.run(found("NONE"))
    for many in (1, 500):
        put_notices(wired.deployment.engine, notice_numbers(many), vehicle_no=f"V{many}")
        with recorded(wired.engine) as statements:
            assert asyncio.run(found(f"V{many}")) == many
        costs.append(statements)
    assert costs[0] == costs[1]
    assert len([each for each in costs[0] if "ocms_access_record" in each]) == 1


@pytest.mark.rule("G9", "S22", "S23")
def test_a_submit_and_a_validation_cost_the_same_for_one_notice_and_for_five_hundred(wired: Wired) -> None:
    path = "/ocms/v1/change-processing-stage"

    async def answered(path: str, body: object, token: Headers) -> Any:
        transport = httpx.ASGITransport(wired.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as http:
            return (await http.post(path, json=body, headers=token)).json()

    costs: list[tuple[list[str], list[str]]] = []
    for many in (1, 500):
        token = wired.deployment.token(Role.OIC)  # of one officer's two reports in a second one is named anew
        numbers = notice_numbers(many)
        put_notices(wired.deployment.engine, numbers, last_processing_stage="ROV")
        for decision in (path, f"{path}/validate") * 2:  # a credential's limits, and the snapshot of the caps
            asyncio.run(answered(decision, {}, token))
        named = [{"noticeNo": number} for number in numbers]
        with recorded(wired.engine) as validating:
            body = {"notices": named, "newProcessingStage": "RD1"}
            assert asyncio.run(answered(f"{path}/validate", body, token))["summary"]["changeable"] == many
        with recorded(wired.engine) as submitting:
            answer = asyncio.run(answered(path, {"items": named}, token))
        assert (answer["summary"]["succeeded"], bool(answer["report"])) == (many, True)
        costs.append((validating, submitting))
    assert costs[0] == costs[1]
    # The limit beside four of facts; the limit beside ten of the submit, of which one is for the audit row,
    # and three of its report.
    assert tuple(map(len, costs[0])) == (5, 14)


@pytest.mark.rule("G9", "K4")
def test_a_reversal_costs_the_same_for_one_notice_and_for_five_hundred(wired: Wired) -> None:
    path = "/ocms/v1/change-processing-stage"

    async def answered(path: str, body: object, token: Headers) -> Any:
        transport = httpx.ASGITransport(wired.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as http:
            return (await http.post(path, json=body, headers=token)).json()

    costs: list[int] = []
    for many in (1, 500):
        token = wired.deployment.token(Role.OIC)
        numbers = notice_numbers(many)
        put_notices(wired.deployment.engine, numbers, last_processing_stage="ROV")
        items = {"items": [{"noticeNo": number} for number in numbers]}
        asyncio.run(answered(path, items, token))
        asyncio.run(answered(f"{path}/reverse", {}, token))  # a credential's limits
        with recorded(wired.engine) as statements:
            answer = asyncio.run(answered(f"{path}/reverse", items, token))
        assert answer["summary"]["succeeded"] == many
        costs.append(len(statements))
    # The limit; the lock, the reference data, five tables and the audit; three writes, two for the audit.
    assert costs == [14, 14]


@pytest.mark.rule("G8")
def test_a_refusal_costs_no_statement_it_does_not_need(wired: Wired) -> None:
    client = wired.client(API_2)

    async def refused(headers: Headers) -> int:
        transport = httpx.ASGITransport(wired.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as http:
            return (await http.post(API_2, content=b"{", headers=headers)).status_code

    for headers, status, cost in (({}, 401, 0), ({"X-API-Key": "x"}, 401, 0), (client.credential, 400, 2)):
        with recorded(wired.engine) as statements:
            assert asyncio.run(refused(headers)) == status
        assert len(statements) == cost

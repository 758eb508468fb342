"""Sequences of calls on a notice in a generated state: each is tried, then made, and answers alike (K6)."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import mutable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from ocms_adapters.sql import engines
from ocms_adapters.sql.schema import INTERNET, INTRANET
from ocms_app import wiring
from ocms_app.databases import open_databases
from ocms_app.settings import Settings
from ocms_core.kernel.access import OPERATIONS, Operation, Role
from ocms_core.kernel.stages import STAGES
from tests.spec.http.hst.test_contract import APPLY
from tests.spec.http.hst.test_contract import REVIVE as REVIVE_HST
from tests.spec.http.hst.test_contract import UPDATE as UPDATE_HST
from tests.spec.http.stages.test_contract import PLUS, PORTAL, TOPPAN
from tests.spec.http.test_repeats import BASE, PER_DELIVERY, PLUS_CHANGE
from tests.support.builders import REQUEST_ID, body
from tests.support.databases import Databases
from tests.support.http_server import API_2, API_4, Deployment, Headers, now
from tests.support.offender_builders import FURNISH, JOHN, NUMBER, OWNER, REDIRECT, UPDATE
from tests.support.offender_rows import put_notice, put_person
from tests.support.rows import put_suspension
from tests.support.stage_rows import put_fees

DrawnCall = tuple[Operation, str, Mapping[str, Any]]

PEOPLE = (JOHN, OWNER)
WORDS = {"O": "OWNER", "H": "HIRER", "D": "DRIVER"}
EXAMPLES = settings(max_examples=12, database=None, suppress_health_check=list(HealthCheck))
KEPT_BETWEEN_EXAMPLES = {"ocms_api_credential", "ocms_parameter", "ocms_stage_map", "ocms_suspension_reason"}

# Those that officers, PLUS and print runs move notices to, more often than the others.
stages = st.sampled_from(["RD1", "RD2", "DN1", "DN2", "CPC"]) | st.sampled_from(sorted(STAGES))
words = st.sampled_from(sorted(WORDS.values()))
id_nos = st.sampled_from([person.id_no for person in PEOPLE])
flags = st.booleans()


def court_update(kind: str | None, reason: str | None, stage: str | None) -> DrawnCall:
    fields = {"suspensionType": kind, "eprReasonOfSuspension": reason, "processingStage": stage}
    return Operation.UPDATE_COURT_NOTICES, API_2, body(({"noticeNo": NUMBER, **fields},))


def submit(stage: str | None, confirmed: bool, check: bool) -> DrawnCall:  # noqa: FBT001  # drawn by position
    item = {"noticeNo": NUMBER, "reason": "SUP", "isConfirmation": confirmed, "dhMhaCheck": check}
    return Operation.CHANGE_STAGES, PORTAL, {"items": [item | ({"newStage": stage} if stage else {})]}


def plus_change(last: str, target: str) -> DrawnCall:
    asked = {**PLUS_CHANGE, "noticeNo": [NUMBER], "lastStageName": last, "nextStageName": target}
    return Operation.PLUS_CHANGE_STAGES, PLUS, asked


def print_run(stage: str) -> DrawnCall:
    asked = {"noticeNumbers": [NUMBER], "currentStage": stage, "processingDate": "2025-12-19T00:30:00"}
    return Operation.UPDATE_TOPPAN_STAGES, TOPPAN, asked


def furnish(role: str, id_no: str) -> DrawnCall:
    return Operation.FURNISH_OFFENDER, f"{BASE}/furnish", {**FURNISH, "offenderType": role, "idNo": id_no}


def redirect(from_role: str, role: str, id_no: str) -> DrawnCall:
    asked = {**REDIRECT, "fromOffenderType": from_role, "toOffenderType": role, "idNo": id_no}
    return Operation.REDIRECT_NOTICE, f"{BASE}/redirect", asked


def update(role: str) -> DrawnCall:
    return Operation.UPDATE_OFFENDER, f"{BASE}/update", {**UPDATE, "offenderType": role}


def of_list(operation: Operation, path: str, asked: Mapping[str, Any], id_no: str) -> DrawnCall:
    return operation, path, {**asked, "idNo": id_no}


calls = st.one_of(
    st.builds(
        court_update,
        st.sampled_from([None, "PS", "TS"]),
        st.sampled_from([None, "PS-WWP", "PS-OTH", "PS-WWC"]),
        st.none() | stages,
    ),
    st.builds(submit, st.none() | stages, flags, flags),
    st.builds(plus_change, stages, stages),
    st.builds(print_run, stages),
    st.builds(furnish, words, id_nos),
    st.builds(redirect, words, words, id_nos),
    st.builds(update, words),
    st.builds(of_list, st.just(Operation.APPLY_HST), st.just("/v1/apply-hst"), st.just(APPLY), id_nos),
    st.builds(of_list, st.just(Operation.UPDATE_HST), st.just("/v1/update-hst"), st.just(UPDATE_HST), id_nos),
    st.builds(of_list, st.just(Operation.REVIVE_HST), st.just("/v1/revive-hst"), st.just(REVIVE_HST), id_nos),
    st.just((Operation.QUERY_NOTICE_INFO, API_4, body(({"noticeNo": NUMBER},)))),
)


@mutable
class Clock:
    """A clock that stands still until it is set on."""

    at: datetime

    def now(self) -> datetime:
        """Return the moment it shows."""
        return self.at


@mutable
class System:
    """The whole API in this process, at the moment its clock shows."""

    deployment: Deployment
    internet: Engine
    app: Any
    clock: Clock
    credentials: dict[Role, Headers]

    def begin(self) -> None:
        """Take out what an example has left, and let callers call who have not called yet."""
        with self.deployment.engine.begin() as connection:
            for table in reversed(INTRANET.sorted_tables):
                if table.name not in KEPT_BETWEEN_EXAMPLES:
                    connection.execute(delete(table))
        with self.internet.begin() as connection:
            for table in reversed(INTERNET.sorted_tables):
                connection.execute(delete(table))
        issued = self.deployment
        self.credentials = {role: issued.key() if role is Role.CAS else issued.token(role) for role in Role}

    def call(self, asked: DrawnCall, headers: Headers) -> tuple[int, Any]:
        """Make a call; return its status and body, without the report of a batch."""
        operation, path, content = asked
        sent = {**self.credentials[OPERATIONS[operation].role], **headers}

        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ocms") as client:
                return await client.post(path, content=json.dumps(content), headers=sent)

        answered = asyncio.run(answer())
        read = answered.json()
        return answered.status_code, read | {"report": None} if "report" in read else read

    def rows(self) -> list[Any]:
        """Return every row of both databases but those that any call leaves."""
        found: list[Any] = []
        for engine, tables in ((self.deployment.engine, INTRANET), (self.internet, INTERNET)):
            with engine.connect() as connection:
                for table in tables.sorted_tables:
                    if table.name not in PER_DELIVERY:
                        found.extend(connection.execute(select(table).order_by(*table.primary_key)))
        return found


@pytest.fixture
def system(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    deployment = Deployment(databases, tmp_path)
    clock = Clock(now())
    monkeypatch.setattr(wiring, "SystemClock", lambda: clock)
    settings = Settings(
        databases.intranet,
        databases.internet,
        dev_issuer=True,
        dev_keys=str(tmp_path / "dev"),
        reports=str(tmp_path / "reports"),
        threads=1,
    )
    opened = open_databases(settings)
    put_fees(deployment.engine)
    internet = engines.create(databases.internet)
    yield System(deployment, internet, wiring.web(settings, opened), clock, {})
    opened.dispose()
    internet.dispose()
    deployment.engine.dispose()


@st.composite
def notices(draw: st.DrawFn) -> Mapping[str, Any]:
    """Draw the columns of a notice and what stands beside it."""
    return {
        "columns": {
            "last_processing_stage": draw(stages),
            "next_processing_stage": draw(st.none() | stages),
            "payment_status": draw(st.sampled_from(["PP", "PP", "FP"])),
        },
        "current": draw(st.sampled_from([*WORDS, None])),
        "person": draw(st.sampled_from(PEOPLE)),
        "suspension": draw(st.none() | st.sampled_from([("PS", "WWP"), ("TS", "HST"), ("TS", "PDP")])),
        "recorded": draw(flags),
    }


def put(engine: Engine, drawn: Mapping[str, Any]) -> None:
    """Put a drawn notice in, with its current offender and its suspension."""
    columns, suspension = dict(drawn["columns"]), drawn["suspension"]
    if suspension:
        columns |= {"suspension_type": suspension[0], "epr_reason_of_suspension": suspension[1]}
    put_notice(engine, NUMBER, **columns)
    if suspension and drawn["recorded"]:
        put_suspension(engine, NUMBER, suspension_type=suspension[0], reason_of_suspension=suspension[1])
    if drawn["current"]:
        put_person(engine, NUMBER, drawn["current"], drawn["person"], current=True)


@pytest.mark.rule("K6")
def test_what_is_tried_is_answered_as_what_is_made_and_changes_nothing(system: System) -> None:
    changed = []

    @EXAMPLES
    @given(drawn=notices(), asked=st.lists(calls, min_size=1, max_size=5))
    def tried_then_made(drawn: Mapping[str, Any], asked: list[DrawnCall]) -> None:
        system.begin()
        put(system.deployment.engine, drawn)
        for place, each in enumerate(asked):
            # A repeat is answered as the first was, and a dry run is none: each call is a new one.
            operation, path, content = each
            call = (operation, path, {**content, "requestId": f"{REQUEST_ID[:-1]}{place}"})
            before = system.rows()
            tried = system.call(call, {"OCMS-Dry-Run": "1"})
            assert system.rows() == before
            assert tried == system.call(call, {})
            changed.append(system.rows() != before)
            system.clock.at += timedelta(seconds=1)

    tried_then_made()
    assert any(changed)

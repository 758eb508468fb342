"""The whole API is played with people found nowhere else: none of them is said anywhere but in an answer."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen

from ocms_adapters.sql import schema as t
from ocms_core.kernel.access import Role
from ocms_core.kernel.offender_details import Person
from tests.support import offender_builders
from tests.support.builders import body
from tests.support.databases import Databases
from tests.support.http_server import API_1, API_2, API_4, Deployment, Headers, Served, serving
from tests.support.mutations import mutated
from tests.support.offender_rows import opened, out_of_reach, put_notice, put_person
from tests.support.rows import put_notices, rows_of
from tests.support.stage_rows import put_fees, put_offenders

ID_NO, PASSPORT, NAME, STREET = "T7654321Q", "ZX90417KQ", "CANARY ZWITSCHERBERG", "KANARIENWEG"
LEAKS = (ID_NO, PASSPORT, "zwitscher", STREET, "vogelfreund")
# A request id is echoed, and logged: masked where it looks like an identity number.
HANDLE = "run_s7654321Q_9"
NUMBER, STAGED = offender_builders.NUMBER, "500500304K"
PORTAL = "/ocms/v1/change-processing-stage"
CONTRACT_3 = "/api/v1/notice"

CANARY = Person("N", ID_NO, NAME, "zwitscher@nowhere.example", "65", "87654321")
PERSON: Mapping[str, Any] = {
    "idNo": ID_NO,
    "name": NAME,
    "email": "zwitscher@nowhere.example",
    "address": {"blockNo": "9", "streetName": STREET, "unitNo": "31-777", "postalCode": "765432"},
    "remarks": "Vogelfreund",
}
LISTED = {
    "idNo": PASSPORT,
    "idType": "P",
    "name": NAME,
    "postalCode": "765432",
    "blkHseNo": "9",
    "streetName": STREET,
    "floorNo": "31",
    "unitNo": "777",
    "bldgName": "ZWITSCHERHAUS",
}
FURNISH = {**offender_builders.FURNISH, **PERSON, "relationship": "Vogelfreund"}
REDIRECT = {**offender_builders.REDIRECT, **PERSON, "fromOffenderType": "HIRER", "toOffenderType": "DRIVER"}
UPDATE = {**PERSON, "noticeNo": NUMBER, "offenderType": "DRIVER"}
MOVE = {"noticeNo": STAGED, "newStage": "DN2", "remark": "Vogelfreund"}
PLUS_CALL = {
    "noticeNo": [STAGED],
    "lastStageName": "DN1",
    "nextStageName": "DN2",
    "offenceType": "D",
    "source": "005",
    "remarks": NAME,
}
TOPPAN_CALL = {"noticeNumbers": [STAGED], "currentStage": "DN2", "processingDate": "2025-12-19T00:30:00"}
COURT_ITEM = {"noticeNo": NUMBER, "remarks": NAME, "idNo": ID_NO}
DAYS = {"startDate": "2025-01-01", "endDate": "2025-01-31"}

# Every operation at every path of the API, in an order in which each finds what it needs.
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("POST", API_1, body((COURT_ITEM,), name=NAME)),
    ("POST", API_2, body(({**COURT_ITEM, "processingStage": ID_NO},))),
    ("POST", API_4, body((COURT_ITEM,))),
    ("POST", f"{CONTRACT_3}/offender/check-eligibility", {"noticeNo": NUMBER, "offenderType": "HIRER"}),
    ("POST", f"{CONTRACT_3}/offender/furnish", FURNISH),
    ("POST", f"{CONTRACT_3}/offender/redirect", REDIRECT),
    ("PATCH", f"{CONTRACT_3}/offender/update", UPDATE),
    ("POST", f"{CONTRACT_3}/offender/update", UPDATE),
    ("GET", f"{CONTRACT_3}/offender/{NUMBER}", None),
    ("POST", f"{CONTRACT_3}/offender/get-details", {"noticeNo": NUMBER}),
    ("GET", f"{CONTRACT_3}/{NUMBER}/timeline?name={NAME}", None),
    ("POST", f"{CONTRACT_3}/timeline", {"noticeNo": NUMBER}),
    ("POST", f"{PORTAL}/search", {"idNo": ID_NO}),
    ("POST", f"{PORTAL}/validate", {"notices": [MOVE], "newProcessingStage": "DN2", "remarks": NAME}),
    ("POST", PORTAL, {"items": [MOVE]}),
    ("GET", f"{PORTAL}/reports?startDate=2025-01-01&endDate=2025-01-31&idNo={ID_NO}", None),
    ("POST", f"{PORTAL}/reports", DAYS),
    ("GET", f"{PORTAL}/report/NONE?idNo={PASSPORT}", None),
    ("POST", f"{PORTAL}/report/download", {"reportId": "NONE", "name": NAME}),
    ("POST", "/ocms/v1/external/plus/change-processing-stage", PLUS_CALL),
    ("POST", "/ocms/v1/internal/toppan/update-stages", TOPPAN_CALL),
    ("POST", "/hstexists", {"idNo": PASSPORT}),
    ("POST", "/v1/apply-hst", LISTED),
    ("POST", "/v1/apply-hst", {**LISTED, "idNo": ID_NO, "idType": "N"}),
    ("POST", f"/v1/update-hst/{PASSPORT}", LISTED),
    ("POST", "/v1/update-hst", LISTED),
    ("POST", "/hstlist", {"filter": {"idNo": PASSPORT}}),
    ("POST", "/v1/revive-hst", {"idNo": PASSPORT, "revivalReason": "Vogelfreund", "remarks": NAME}),
    ("POST", "/v1/reverse-hst", {"idNo": PASSPORT}),
    ("POST", f"{CONTRACT_3}/offender/reverse", {"noticeNos": [NUMBER]}),
    ("POST", "/ocms/v1/change-processing-stage/reverse", {"items": [{"noticeNo": NUMBER}]}),
    ("GET", f"/ocms/v1/stuck-cases?idNo={ID_NO}", None),
    ("POST", "/ocms/v1/stuck-cases", {"kind": "enquiry", "name": NAME}),
)

# Tables whose every row another part of the system writes or reads later.
WRITTEN = ("ocms_furnish_detail", "ocms_hst", "ocms_change_of_processing", "ocms_offence_notice_owner_driver")
READ = ("ocms_valid_offence_notice", "ocms_hst")
KEPT = (
    *(t.ocms_audit_row, t.ocms_outbox, t.ocms_access_record, t.ocms_idempotent_answer, t.ocms_rate_counter),
    *(t.ocms_job_run, t.ocms_alert, t.ocms_report),
)


@frozen
class Callers:
    """One caller of each kind, so that no call is refused for want of a right."""

    cas: Headers
    plus: Headers
    staff: Headers
    toppan: Headers

    def of(self, path: str) -> Headers:
        """Give who may call a path."""
        if path in {API_1, API_2}:
            return self.cas
        if path == API_4 or "/external/plus" in path:
            return self.plus
        return self.toppan if "/internal/toppan" in path else self.staff


def callers(deployment: Deployment) -> Callers:
    """Give callers nobody has seen before."""
    return Callers(
        deployment.key(),
        deployment.token(Role.PLUS),
        deployment.token(Role.OIC),
        deployment.token(Role.TOPPAN),
    )


def played(served: Served, who: Callers, how: str = "as meant") -> list[httpx.Response]:
    """Make every call, in order or all at once: as meant, with its JSON cut, or with its values warped."""

    def made(call: tuple[str, str, Any]) -> httpx.Response:
        method, path, sent = call
        text = json.dumps(
            {name: [value] for name, value in (sent or {}).items()} if how == "warped" else sent
        )
        content = None if sent is None else text[:-1] if how == "cut" else text
        headers = {**who.of(path), "X-Request-ID": HANDLE, "User-Agent": NAME, "Referer": f"/{PASSPORT}"}
        return served.http.request(method, path, content=content, headers=headers)

    with ThreadPoolExecutor(len(CALLS) if how == "at once" else 1) as threads:
        return list(threads.map(made, CALLS))


@pytest.fixture
def served(databases: Databases, tmp_path: Path) -> Iterator[Served]:
    """Give a server of its own, whose whole log is this test's, on notices of the canary."""
    with (
        serving(Deployment(databases, tmp_path), threads=len(CALLS)) as running,
        opened(databases.intranet) as (engine,),
    ):
        put_fees(engine)
        put_notice(engine, NUMBER)
        put_person(engine, NUMBER, "O", CANARY, current=True)
        put_notices(engine, [STAGED], last_processing_stage="DN1")
        put_offenders(engine, [STAGED], id_no=ID_NO, name=NAME)
        yield running
        running.deployment.engine.dispose()


def refused_rows(served: Served) -> ExitStack:
    """Let the database refuse every row written to some tables."""
    stack = ExitStack()
    for table in WRITTEN:
        if served.deployment.engine.name == "sqlite":
            made = [
                f"CREATE TRIGGER no_{when}_{table} BEFORE {when} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
                for when in ("INSERT", "UPDATE")
            ]
            undone = [f"DROP TRIGGER no_{when}_{table}" for when in ("INSERT", "UPDATE")]
        else:
            made = [f"ALTER TABLE {table} ADD CONSTRAINT refuse CHECK (1 = 0) NOT VALID"]
            undone = [f"ALTER TABLE {table} DROP CONSTRAINT refuse"]
        stack.enter_context(mutated(served.deployment.engine, made, undone))
    return stack


def missing_tables(served: Served) -> ExitStack:
    """Take some tables away."""
    stack = ExitStack()
    for table in READ:
        away = [f"ALTER TABLE {table} RENAME TO away_{table}"]
        back = [f"ALTER TABLE away_{table} RENAME TO {table}"]
        stack.enter_context(mutated(served.deployment.engine, away, back))
    return stack


def turned_away(served: Served) -> list[httpx.Response]:
    """Make every call as nobody, as somebody else, and at paths and with methods that are not there."""
    plus = served.deployment.token(Role.PLUS)
    strangers: tuple[Headers, ...] = (
        {},
        {"Authorization": f"Bearer {ID_NO}.{STREET}.x"},
        {"X-API-Key": NAME},
    )
    answers = [
        served.http.request(method, path, json=sent, headers=stranger)
        for method, path, sent in CALLS
        for stranger in strangers
    ]
    answers += [
        served.http.request(method, path, json=sent, headers=plus)
        for method, path, sent in CALLS
        if path != API_4 and "/external/plus" not in path
    ]
    answers += [
        served.http.get(f"/{PASSPORT}/{NAME}", params={"idNo": ID_NO}),
        served.http.get(f"/reports/{PASSPORT}/{NAME}?signature={ID_NO}&expires={STREET}"),
        served.http.delete(f"/v1/update-hst/{PASSPORT}"),
        served.http.get(f"/hstexists?idNo={PASSPORT}"),
    ]
    return answers


@pytest.mark.rule("G2", "G15")
def test_the_canary_is_said_nowhere_but_in_an_answer(served: Served) -> None:
    deployment = served.deployment
    refusals = turned_away(served)
    well = played(served, callers(deployment))
    assert sum(answer.status_code == 200 for answer in well) > len(CALLS) / 2
    assert ID_NO in well[8].text, "the canary has not been seen at all"
    refusals += played(served, callers(deployment), "cut") + played(served, callers(deployment), "warped")
    with out_of_reach(deployment.databases):
        refusals += played(served, callers(deployment))
    for broken in (refused_rows, missing_tables):
        who = callers(deployment)
        with broken(served):
            refusals += played(served, who)
    who = callers(deployment)
    deployment.engine.dispose()
    with out_of_reach(Databases(deployment.databases.internet, deployment.databases.intranet)):
        down = played(served, who, "at once")
    assert {answer.status_code for answer in down} <= {401, 500, 503}
    assert {answer.status_code for answer in refusals} >= {400, 401, 403, 404, 405, 500}

    given = [answer.text for answer in (*refusals, *down) if answer.status_code >= 400]
    kept = [repr(rows_of(deployment.engine, table)) for table in KEPT]
    said = served.log_file.read_text()
    for place in (said, served.http.get("/metrics").text, *kept, *given):
        assert not [leak for leak in LEAKS if leak.lower() in place.lower()], place
    described = served.http.get("/openapi.json").json()["paths"]
    assert set(described) <= {line.get("path") for line in served.log()}
    assert "7654321q" not in said.lower()
    assert "Traceback" in said
